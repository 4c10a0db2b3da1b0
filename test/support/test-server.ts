import { inject } from 'vitest';
import type { PostgresChoice, TestServer } from './server.ts';

const servers = new Map<PostgresChoice, Promise<TestServer>>();

/**
 * The server that all tests of the run share. Each test makes its own account (see account.ts), so that they run side by
 * side; `databaseUrl` is for tests below HTTP. Throws with the end of the server's log when it does not start.
 */
export function testServer(): Promise<TestServer> {
  const choice = inject('postgres');
  const server = servers.get(choice) ?? ask(choice);
  servers.set(choice, server);
  return server;
}

async function ask(choice: PostgresChoice): Promise<TestServer> {
  const response = await fetch(`${inject('serverBroker')}/${choice}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as TestServer;
}
