import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { startPostgres15 } from './postgres15.ts';
import { startServer, type ServerProcess } from './server-process.ts';

/** Which PostgreSQL the shared server runs on: its own, or Debian's 15, the oldest that we support. */
export type PostgresChoice = 'embedded' | 'debian-15';

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- vitest merges this interface with its own.
  export interface ProvidedContext {
    serverBroker: string;
    postgres: PostgresChoice;
  }
}

export type TestServer = Pick<ServerProcess, 'url' | 'databaseUrl' | 'secretKey'>;

type Started = { readonly server: TestServer; stop(): Promise<void> };

/**
 * Vitest's global set-up: a run has one server for all its projects, started when the first test asks for it, so that
 * a run of pure tests starts none. Tests ask over HTTP, because they run in other processes.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<PostgresChoice, Promise<Started>>();
  const broker = createServer((request, response) => {
    const choice = request.url!.slice(1) as PostgresChoice;
    const start = started.get(choice) ?? startOn(choice);
    started.set(choice, start);
    start.then(
      ({ server }) => response.end(JSON.stringify(server)),
      (error: unknown) => response.writeHead(500).end((error as Error).message),
    );
  });
  broker.listen(0, '127.0.0.1');
  await once(broker, 'listening');
  project.provide('serverBroker', `http://127.0.0.1:${(broker.address() as AddressInfo).port}`);
  return async () => {
    broker.close();
    // A server that did not start has already told the test that asked.
    const running = await Promise.allSettled(started.values());
    for (const result of running) if (result.status === 'fulfilled') await result.value.stop();
  };
}

async function startOn(choice: PostgresChoice): Promise<Started> {
  if (choice === 'embedded') {
    const server = await startServer({ name: 'test-server', databaseUrl: process.env['TEST_DATABASE_URL'] });
    return { server, stop: () => server.stop() };
  }
  const cluster = await startPostgres15();
  try {
    const server = await startServer({ name: 'test-server-postgres-15', databaseUrl: cluster.url });
    return { server, stop: () => server.stop().finally(() => cluster.stop()) };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
