import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startEmbedded } from '../../src/db/embedded/start.ts';
import { pidExists } from '../../src/db/embedded/processes.ts';
import { call } from './api.ts';
import {
  cleanEnvironment,
  isListening,
  postgresPid,
  readBanner,
  run,
  serverInfo,
  startServer,
  temporaryFolder,
  usance,
} from './command.ts';

const PASSWORD = 'pa55word-of-the-database';

/** Nothing of a server is left: no PostgreSQL, no file that says where it runs. */
async function expectNothingRuns(dataFolder: string): Promise<void> {
  await vi.waitFor(() => expect(postgresPid(dataFolder)).toBeUndefined(), { timeout: 15_000 });
  const left = await readdir(dataFolder);
  expect(left).not.toContain('server.json');
  expect(left).not.toContain('server.lock');
}

describe('a setting that is wrong ends the start with a sentence', () => {
  const database = `postgresql://alice:${PASSWORD}@`;
  test.each([
    ['PORT', 'http', "PORT must be a number from 0 to 65535, not 'http'."],
    ['PORT', '70000', "PORT must be a number from 0 to 65535, not '70000'."],
    ['LOG_LEVEL', 'loud', "LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not 'loud'."],
    [
      'USANCE_SECRET_KEY',
      'sk_live_abcdefgh',
      'USANCE_SECRET_KEY must be sk_test_ followed by 8 to 200 letters, digits or underscores.',
    ],
    ['DATABASE_URL', `mysql://alice:${PASSWORD}@127.0.0.1/usance`, 'DATABASE_URL must start with postgresql://.'],
    [
      'DATABASE_URL',
      `postgresql://alice:${PASSWORD}%@127.0.0.1:x/usance`,
      'DATABASE_URL cannot be read: special characters in it must be percent-encoded.',
    ],
    [
      'DATABASE_URL',
      `${database}127.0.0.1:1/usance`,
      'Cannot use the database usance at 127.0.0.1:1 as alice: nothing listens there.',
    ],
    [
      'DATABASE_URL',
      `${database}localhost:1/usance`,
      'Cannot use the database usance at localhost:1 as alice: nothing listens there.',
    ],
    [
      'DATABASE_URL',
      `${database}nowhere.invalid/usance`,
      'Cannot use the database usance at nowhere.invalid:5432 as alice: there is no such host.',
    ],
    [
      'DATABASE_URL',
      `${database}localhost/usance?host=/nowhere`,
      'Cannot use the database usance at /nowhere as alice: nothing listens there.',
    ],
    ['HOST', '192.0.2.1', 'HOST 192.0.2.1 is no address of this machine.'],
    ['HOST', 'nowhere.invalid', 'HOST nowhere.invalid is no address of this machine.'],
  ])('%s=%s', async (name, value, sentence) => {
    const dataFolder = await temporaryFolder();
    const ended = await usance(['start'], { PORT: '0', USANCE_DATA_DIR: dataFolder, [name]: value }).ended;
    expect(ended).toEqual({ code: 1, signal: null, stdout: '', stderr: `usance: ${sentence}\n` });
    expect(await readdir(dataFolder)).not.toContain('server.json');
  });
});

test('a port that is taken ends the start with a sentence, and PostgreSQL with it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const dataFolder = await temporaryFolder();
  const ended = await usance(['start'], { PORT: String(port), USANCE_DATA_DIR: dataFolder }).ended;
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toBe(
    `usance: Port ${port} on 127.0.0.1 is in use. Stop what listens there, or choose another with PORT=….\n`,
  );
  await expectNothingRuns(dataFolder);
  // The failed start may have made the accounts; their key must not be lost with it.
  const later = await startServer({ USANCE_DATA_DIR: dataFolder });
  expect(await call(later, 'GET', '/v1/customers')).toMatchObject({ status: 200 });
});

test('the key of the first start is kept for its user alone and told by every later start', async () => {
  const dataFolder = await temporaryFolder();
  const first = await startServer({ USANCE_DATA_DIR: dataFolder });
  expect(first.secretKey).toMatch(/^sk_test_[A-Za-z0-9]{24}$/);
  expect(await readFile(join(dataFolder, 'secret_key'), 'utf8')).toBe(`${first.secretKey}\n`);
  for (const name of ['secret_key', 'server.json']) {
    expect((await stat(join(dataFolder, name))).mode & 0o777, name).toBe(0o600);
  }
  process.kill(first.command.pid, 'SIGTERM');
  expect(await first.command.ended).toMatchObject({ code: 0, stderr: '' });
  await expectNothingRuns(dataFolder);

  const later = await startServer({ USANCE_DATA_DIR: dataFolder });
  expect(later.secretKey).toBe(first.secretKey);
  expect(await call(later, 'GET', '/v1/customers')).toMatchObject({ status: 200, body: { data: [] } });
});

test('USANCE_SECRET_KEY is the key at the first start and at a later one, where it joins the others', async () => {
  const dataFolder = await temporaryFolder();
  const keys = ['sk_test_chosenAtFirst', 'sk_test_chosenLater'] as const;
  for (const key of keys) {
    const server = await startServer({ USANCE_DATA_DIR: dataFolder, USANCE_SECRET_KEY: key });
    expect(server.secretKey).toBe(key);
    expect((await call(server, 'POST', '/v1/customers', { name: key })).status).toBe(200);
    process.kill(server.command.pid, 'SIGTERM');
    expect((await server.command.ended).code).toBe(0);
  }
  const { url, secretKey } = await startServer({ USANCE_DATA_DIR: dataFolder });
  expect(secretKey).toBe(keys[1]);
  for (const key of keys) {
    const { body } = await call({ url, secretKey: key }, 'GET', '/v1/customers');
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual([keys[1], keys[0]]);
  }
});

test('a second server on a data folder is refused and the first one serves on', async () => {
  const dataFolder = await temporaryFolder();
  const first = await startServer({ USANCE_DATA_DIR: dataFolder });
  const second = await usance(['start'], { PORT: '0', USANCE_DATA_DIR: dataFolder }).ended;
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(
    new RegExp(`^usance: The data folder ${dataFolder} is in use by another Usance server, pid ${first.command.pid}: `),
  );
  expect(serverInfo(dataFolder)).toMatchObject({ pid: first.command.pid, url: first.url });
  expect((await call(first, 'GET', '/v1/customers')).status).toBe(200);
});

test('the embedded PostgreSQL gives way to DATABASE_URL and comes back, each with its own data and key', async () => {
  const dataFolder = await temporaryFolder();
  const external = await startEmbedded({ dataDir: await temporaryFolder() });
  onTestFinished(() => external.stop());
  const settings = { USANCE_DATA_DIR: dataFolder };
  const elsewhere = { ...settings, DATABASE_URL: external.connectionString };
  const stop = async (server: { command: { pid: number; ended: Promise<{ code: number | null }> } }) => {
    process.kill(server.command.pid, 'SIGTERM');
    expect((await server.command.ended).code).toBe(0);
  };

  const embedded = await startServer(settings);
  await call(embedded, 'POST', '/v1/customers', { name: 'Embedded' });
  await stop(embedded);

  const away = await startServer(elsewhere);
  expect(away.secretKey).not.toBe(embedded.secretKey);
  expect((await call({ ...away, secretKey: embedded.secretKey }, 'GET', '/v1/customers')).status).toBe(401);
  expect((await call(away, 'GET', '/v1/customers')).body.data).toEqual([]);
  expect(postgresPid(dataFolder)).toBeUndefined();
  // The demo plays against the server that runs, not with the key of the database that does not.
  expect(await usance(['demo'], settings).ended).toMatchObject({ code: 0, stderr: '' });
  await stop(away);

  // Of a database elsewhere the key is known to the first start only.
  const silent = usance(['start'], { PORT: '0', ...elsewhere });
  await silent.until(/npx usance keys create/);
  expect(silent.stdout()).not.toContain('sk_test_');
  await stop({ command: silent });

  const back = await startServer(settings);
  expect(back.secretKey).toBe(embedded.secretKey);
  const { body } = await call(back, 'GET', '/v1/customers');
  expect(body.data).toMatchObject([{ name: 'Embedded' }]);
});

test('a database that refuses the password, the name or the user says so without the password', async () => {
  const database = await startEmbedded({ dataDir: await temporaryFolder() });
  const admin = new pg.Client({ connectionString: database.connectionString });
  onTestFinished(async () => {
    await admin.end();
    await database.stop();
  });
  await admin.connect();
  await admin.query(`create role alice login password 'right'`);
  await requirePasswords(admin);

  const socket = new URL(database.connectionString).searchParams.get('host')!;
  const start = (user: string, name: string) =>
    usance(['start'], {
      PORT: '0',
      USANCE_DATA_DIR: '/nowhere',
      DATABASE_URL: `postgresql://${user}@localhost/${name}?host=${encodeURIComponent(socket)}`,
    }).ended;
  const refused = (stderr: string) => ({ code: 1, signal: null, stdout: '', stderr: `usance: ${stderr}\n` });
  expect(await start(`alice:${PASSWORD}`, 'usance')).toEqual(
    refused(`Cannot use the database usance at ${socket} as alice: password authentication failed for user "alice".`),
  );
  expect(await start('alice:right', 'nope')).toEqual(
    refused(`Cannot use the database nope at ${socket} as alice: database "nope" does not exist.`),
  );
  const begin = performance.now();
  expect(await start('alice:right', 'usance')).toEqual(
    refused(`Cannot use the database usance at ${socket} as alice: permission denied for schema public.`),
  );
  // An idle connection that is left open would keep the process for 10 s.
  expect(performance.now() - begin).toBeLessThan(8000);
});

/** From now on everybody but the connection that is open needs a password. */
async function requirePasswords(admin: pg.Client): Promise<void> {
  await admin.query(`do $$ begin execute format('copy (select %L) to %L', 'local all alice scram-sha-256',
    current_setting('hba_file')); end $$`);
  await admin.query('select pg_reload_conf()');
  await vi.waitFor(async () => {
    const { rows } = await admin.query('select user_name from pg_hba_file_rules');
    expect(rows).toEqual([{ user_name: ['alice'] }]);
  });
}

/** Holds the table until `release`, so that whatever reads or writes it stays in flight. */
async function holdTable(databaseUrl: string, table: string) {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A server that is stopped at once cuts this connection too.
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  await client.query(`begin; lock table ${table} in access exclusive mode`);
  return { release: () => client.query('rollback') };
}

async function blockedQueries(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(`select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`);
  await client.end();
  return rows[0].n;
}

describe('a stop', () => {
  test('by SIGTERM answers the requests in flight, and takes no new ones', async () => {
    const dataFolder = await temporaryFolder();
    const server = await startServer({ USANCE_DATA_DIR: dataFolder });
    const { databaseUrl } = serverInfo(dataFolder);
    const { body: customer } = await call(server, 'POST', '/v1/customers', { name: 'Before' });
    const { body: meter } = await call(server, 'POST', '/v1/billing/meters', {
      display_name: 'Tokens',
      event_name: 'tokens',
      default_aggregation: { formula: 'sum' },
    });
    const customers = await holdTable(databaseUrl, 'customers');
    const events = await holdTable(databaseUrl, 'meter_events');
    const payload = { stripe_customer_id: customer.id, value: '25' };
    const inFlight = [
      call(server, 'GET', '/v1/customers'),
      call(server, 'POST', '/v1/billing/meter_events', { event_name: 'tokens', payload }),
    ];
    await vi.waitFor(async () => expect(await blockedQueries(databaseUrl)).toBe(2), { timeout: 10_000 });

    process.kill(server.command.pid, 'SIGTERM');
    await server.command.until(/SIGTERM received, finishing requests in flight/);
    await vi.waitFor(async () => expect(await isListening(server.url)).toBe(false));
    await events.release();
    await customers.release();
    const released = performance.now();
    const [listed, counted] = await Promise.all(inFlight);
    expect(listed).toMatchObject({ status: 200, body: { data: [{ name: 'Before' }] } });
    expect(counted).toMatchObject({ status: 200, body: { payload } });
    expect(await server.command.ended).toMatchObject({ code: 0, stderr: '' });
    // The clients keep their connections open, and the server must not wait for those.
    expect(performance.now() - released).toBeLessThan(8000);
    await expectNothingRuns(dataFolder);

    const later = await startServer({ USANCE_DATA_DIR: dataFolder });
    const end = Math.floor(Date.now() / 60_000) * 60 + 60;
    const range = { customer: customer.id, start_time: end - 3600, end_time: end };
    const { body } = await call(later, 'GET', `/v1/billing/meters/${meter.id}/event_summaries`, range);
    expect(body.data).toMatchObject([{ aggregated_value: 25 }]);
  });

  test('waits for a request that is stuck until the database gives it up', { timeout: 60_000 }, async () => {
    const dataFolder = await temporaryFolder();
    const server = await startServer({ USANCE_DATA_DIR: dataFolder });
    await holdTable(serverInfo(dataFolder).databaseUrl, 'customers');
    const stuck = call(server, 'GET', '/v1/customers');
    await sleep(200);
    process.kill(server.command.pid, 'SIGTERM');
    const begin = performance.now();
    expect((await server.command.ended).code).toBe(0);
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(await stuck).toMatchObject({ status: 429, body: { error: { code: 'lock_timeout' } } });
    await expectNothingRuns(dataFolder);
  });

  test('by a second Ctrl-C happens at once; two signals of one Ctrl-C are no second', async () => {
    const dataFolder = await temporaryFolder();
    const server = await startServer({ USANCE_DATA_DIR: dataFolder });
    await holdTable(serverInfo(dataFolder).databaseUrl, 'customers');
    const cut = expect(call(server, 'GET', '/v1/customers')).rejects.toThrow('fetch failed');
    await sleep(200);
    // npm passes on what the terminal has already sent to the whole group.
    process.kill(server.command.pid, 'SIGINT');
    await sleep(20);
    process.kill(server.command.pid, 'SIGINT');
    await server.command.until(/SIGINT received, finishing requests in flight/);
    await sleep(1200);
    expect(server.command.stderr()).toBe('');
    process.kill(server.command.pid, 'SIGINT');
    expect(await server.command.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('Stopping at once') });
    await cut;
    await vi.waitFor(() => expect(postgresPid(dataFolder)).toBeUndefined(), { timeout: 15_000 });

    // What it left, its lock among it, is no obstacle.
    const again = await startServer({ USANCE_DATA_DIR: dataFolder });
    expect(again.secretKey).toBe(server.secretKey);
  });

  test.each([50, 400, 700, 1000, 1500])('%i ms after the start leaves nothing behind', async (milliseconds) => {
    const dataFolder = await temporaryFolder();
    const command = usance(['start'], { PORT: '0', USANCE_DATA_DIR: dataFolder });
    await sleep(milliseconds);
    const pid = postgresPid(dataFolder);
    process.kill(command.pid, 'SIGINT');
    const { code, signal, stderr } = await command.ended;
    // Before the program listens for signals, Ctrl-C ends it as it ends any program.
    expect(signal ?? code).toBe(signal === null ? 0 : 'SIGINT');
    expect(stderr).toBe('');
    await expectNothingRuns(dataFolder);
    if (pid !== undefined) expect(pidExists(pid)).toBe(false);
  });

  test('follows the end of the npm that started it, whose shell does not pass the signal on', async () => {
    const dataFolder = await temporaryFolder();
    const env = { ...cleanEnvironment(), PORT: '0', USANCE_DATA_DIR: dataFolder };
    const npm = run('npm', ['start'], { env });
    const { url } = await readBanner(npm);
    process.kill(npm.pid, 'SIGTERM');
    expect((await npm.ended).stdout).toMatch(/finishing requests in flight.*\n(.*\n)*Stopped\.\n$/);
    expect(await isListening(url)).toBe(false);
    await expectNothingRuns(dataFolder);
  });
});

test('without arguments it tells what it can do; a command that it has not is an error', async () => {
  const commands = /^ {2}start .*\n(.*\n)* {2}demo .*\n(.*\n)* {2}keys /m;
  const alone = await usance([]).ended;
  expect(alone.stdout + alone.stderr).toMatch(commands);
  expect(await usance(['--help']).ended).toMatchObject({ code: 0, stdout: expect.stringMatching(commands) });
  const nope = await usance(['nope']).ended;
  expect(nope).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^error: unknown command 'nope'/) });
  expect(nope.stderr).toMatch(commands);
  expect((await usance(['strat']).ended).stderr).toContain('(Did you mean start?)');
});
