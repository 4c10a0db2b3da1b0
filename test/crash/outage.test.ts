import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { serverInfo, startServer, temporaryFolder } from '../process/command.ts';
import { startServer as startQuietServer } from '../support/server-process.ts';
import { type Address, type Answer, call, insist } from './client.ts';
import { killPostgres, startPostgres, untilHealthy } from './rig.ts';

const METER = { display_name: 'T', event_name: 'tokens', default_aggregation: { formula: 'sum' } };

/** A connection of the test's own, whose end by somebody else is no error. */
async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

/** Stops a backend, so that it holds the memory that PostgreSQL needs: an outage as long as the test wants it. */
async function holdMemory(connectionString: string): Promise<() => void> {
  const client = await connect(connectionString);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  process.kill(rows[0]!.pid, 'SIGSTOP');
  let isHeld = true;
  const release = () => {
    if (isHeld) process.kill(rows[0]!.pid, 'SIGCONT');
    isHeld = false;
  };
  onTestFinished(release);
  return release;
}

/** Every request is answered, one of each kind at once, and also a crowd that is larger than the pools. */
async function expectUnavailable(server: Address, customer: string): Promise<void> {
  const payload = { stripe_customer_id: customer, value: '5' };
  const requests = (turn: number): Promise<Answer>[] => [
    call(server, 'GET', '/v1/customers', {}),
    call(server, 'POST', '/v1/customers', {}, `of-the-outage-${turn}`),
    call(server, 'POST', '/v1/billing/meter_events', { event_name: 'tokens', identifier: `event-${turn}`, payload }),
  ];
  const begin = performance.now();
  const alone = await Promise.all(requests(0));
  expect(performance.now() - begin).toBeLessThan(1000);
  const crowd = await Promise.all(Array.from({ length: 20 }, (_, turn) => requests(turn)).flat());
  for (const { status, headers, body } of [...alone, ...crowd]) {
    expect(status).toBe(503);
    expect(headers.get('stripe-should-retry')).toBe('true');
    expect(body.error.type).toBe('api_error');
  }
  expect((await fetch(`${server.url}/healthz`)).status).toBe(503);
}

async function usageOf(server: Address, meter: string, customer: string): Promise<number> {
  const end = Math.floor(Date.now() / 60_000) * 60 + 600;
  const params = { customer, start_time: end - 7200, end_time: end };
  const { data } = await insist(() => server, 'GET', `/v1/billing/meters/${meter}/event_summaries`, params);
  return data[0].aggregated_value;
}

test('while its PostgreSQL is away the server answers 503 at once, and it goes on when that is back', async () => {
  const dataFolder = await temporaryFolder();
  const server = await startServer({ USANCE_DATA_DIR: dataFolder });
  const { databaseUrl, pid } = serverInfo(dataFolder);
  const customer = await insist(() => server, 'POST', '/v1/customers', { name: 'Kept' });
  const meter = await insist(() => server, 'POST', '/v1/billing/meters', METER);
  const release = await holdMemory(databaseUrl);
  await killPostgres(dataFolder);
  await server.command.until(/PostgreSQL ended unexpectedly \(SIGKILL\) and is started again/);
  await expectUnavailable(server, customer.id);

  release();
  await untilHealthy(server);
  await server.command.until(/PostgreSQL is back/);
  expect(serverInfo(dataFolder).pid).toBe(pid);
  expect((await call(server, 'GET', `/v1/customers/${customer.id}`, {})).body.name).toBe('Kept');
  expect((await call(server, 'POST', '/v1/customers', {}, 'of-the-outage-0')).status).toBe(200);
  const payload = { stripe_customer_id: customer.id, value: '5' };
  await insist(() => server, 'POST', '/v1/billing/meter_events', {
    event_name: 'tokens',
    identifier: 'event-0',
    payload,
  });
  expect(await usageOf(server, meter.id, customer.id)).toBe(5);
});

test('with DATABASE_URL too: a PostgreSQL that was stopped and started again is used again', async () => {
  const folder = await temporaryFolder();
  let postgres = await startPostgres(folder);
  onTestFinished(() => postgres.stop());
  const server = await startQuietServer({ name: 'outage', databaseUrl: postgres.url });
  onTestFinished(() => server.stop());
  const customer = await insist(() => server, 'POST', '/v1/customers', {});
  const meter = await insist(() => server, 'POST', '/v1/billing/meters', METER);
  const payload = { stripe_customer_id: customer.id, value: '3' };
  await insist(() => server, 'POST', '/v1/billing/meter_events', { event_name: 'tokens', payload });
  await postgres.stop();
  await expectUnavailable(server, customer.id);
  postgres = await startPostgres(folder);
  await untilHealthy(server);
  expect(await usageOf(server, meter.id, customer.id)).toBe(3);
});

test('connections that PostgreSQL ended are no reason for a 500', async () => {
  const dataFolder = await temporaryFolder();
  const server = await startServer({ USANCE_DATA_DIR: dataFolder });
  const admin = await connect(serverInfo(dataFolder).databaseUrl);
  const statuses: number[] = [];
  for (let round = 0; round < 10; round++) {
    const list = () => call(server, 'GET', '/v1/customers', {});
    const create = () => call(server, 'POST', '/v1/customers', {}, crypto.randomUUID());
    await Promise.all(Array.from({ length: 5 }, list));
    const ended = admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'usance'`,
    );
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? list() : create())));
    await ended;
    statuses.push(...answers.map(({ status }) => status));
  }
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(statuses).toContain(200);
});

test('a request whose transaction PostgreSQL took with it answers 503, and its key settles it', async () => {
  const dataFolder = await temporaryFolder();
  const server = await startServer({ USANCE_DATA_DIR: dataFolder });
  const admin = await connect(serverInfo(dataFolder).databaseUrl);
  await admin.query('begin; lock table customers in exclusive mode');
  const params = { email: 'jenny@example.com' };
  const cut = call(server, 'POST', '/v1/customers', params, 'cut');
  await vi.waitFor(async () => {
    const { rows } = await admin.query(`select from pg_stat_activity where wait_event_type = 'Lock'`);
    expect(rows).toHaveLength(1);
  });
  await killPostgres(dataFolder);
  expect((await cut).status).toBe(503);
  const created = await insist(() => server, 'POST', '/v1/customers', params, 'cut');
  const replayed = await call(server, 'POST', '/v1/customers', params, 'cut');
  expect(replayed.headers.get('idempotent-replayed')).toBe('true');
  const { data } = (await call(server, 'GET', '/v1/customers', params)).body;
  expect(data.map(({ id }: { id: string }) => id)).toEqual([created.id]);
});

test('a PostgreSQL that can not be started again ends the server with the reason', { timeout: 90_000 }, async () => {
  const dataFolder = await temporaryFolder();
  const server = await startServer({ USANCE_DATA_DIR: dataFolder });
  await rm(join(dataFolder, 'postgres/global/pg_control'));
  await killPostgres(dataFolder);
  const { code, stderr } = await server.command.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('usance: PostgreSQL ended unexpectedly, and 8 starts in a row have failed.');
  expect(await readdir(dataFolder)).not.toContain('server.json');
  // It stays, as after every kill; the folder is removed when it is gone.
  await rm(join(dataFolder, 'postgres/postmaster.pid'));
});
