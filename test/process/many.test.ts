import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Cluster, hasPostgres15, startPostgres15 } from '../support/postgres15.ts';
import { call } from './api.ts';
import { cleanEnvironment, ROOT, temporaryFolder, usance } from './command.ts';

const PROCESSES = 20;
const SERVERS = 4;
const FIRST_START = fileURLToPath(new URL('first_start.ts', import.meta.url));
const MIGRATIONS = readdirSync(join(ROOT, 'migrations'))
  .filter((name) => /^\d{4}_.*\.sql$/.test(name))
  .sort();

if (!hasPostgres15)
  console.log('PostgreSQL 15 is not installed: many processes at once on one database are not tested.');

describe.skipIf(!hasPostgres15)('many processes on one new database', { timeout: 90_000 }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startPostgres15();
  });
  afterAll(() => cluster.stop());

  /** A new, empty database of the cluster. */
  async function newDatabase(name: string): Promise<{ url: string; query(sql: string): Promise<unknown[]> }> {
    await cluster.run('psql', ['-c', `create database ${name}`]);
    const url = cluster.url.replace('/postgres?', `/${name}?`);
    const client = new pg.Client({ connectionString: url });
    onTestFinished(() => client.end());
    await client.connect();
    return { url, query: async (sql) => (await client.query(sql)).rows };
  }

  test(`${PROCESSES} that begin at once migrate it once and make two accounts`, async () => {
    const database = await newDatabase('twenty');
    const env = { ...cleanEnvironment(), DATABASE_URL: database.url };
    const children = Array.from({ length: PROCESSES }, () =>
      spawn(process.execPath, [FIRST_START], { env, stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    onTestFinished(() => children.forEach((child) => child.kill('SIGKILL')));
    await Promise.all(children.map(({ stdout }) => once(stdout, 'readable')));
    const done = children.map(outcome);
    for (const child of children) child.stdin.end();
    const outcomes = await Promise.all(done);

    expect(outcomes.filter(({ migrations }) => migrations.length > 0)).toHaveLength(1);
    expect(outcomes.flatMap(({ migrations }) => migrations)).toEqual(MIGRATIONS);
    expect(outcomes.filter(({ createdKey }) => createdKey !== undefined)).toHaveLength(1);
    expect(await database.query('select name from migrations order by name')).toEqual(
      MIGRATIONS.map((name) => ({ name })),
    );
    expect(await database.query('select livemode from accounts order by livemode')).toEqual([
      { livemode: false },
      { livemode: true },
    ]);
    expect(await database.query('select count(*)::int as keys from api_keys')).toEqual([{ keys: 1 }]);
  });

  test(`${SERVERS} servers that start at once all serve it, and are killed without harm to it`, async () => {
    const database = await newDatabase('four');
    const secretKey = 'sk_test_manyServers';
    const folders = await Promise.all(Array.from({ length: SERVERS }, temporaryFolder));
    const start = (folder: string) =>
      usance(['start'], {
        PORT: '0',
        USANCE_DATA_DIR: folder,
        DATABASE_URL: database.url,
        USANCE_SECRET_KEY: secretKey,
      });
    const servers = folders.map(start);
    const urls = await Promise.all(servers.map(async ({ until }) => (await until(/ready at (\S+)/))[1]!));

    await call({ url: urls[0]!, secretKey }, 'POST', '/v1/customers', { name: 'Seen by all' });
    for (const url of urls) {
      expect((await call({ url, secretKey }, 'GET', '/v1/customers')).body.data).toMatchObject([
        { name: 'Seen by all' },
      ]);
    }
    expect(await database.query('select count(*)::int as accounts from accounts')).toEqual([{ accounts: 2 }]);
    expect(await database.query('select count(*)::int as keys from api_keys')).toEqual([{ keys: 1 }]);

    for (const { pid } of servers) process.kill(pid, 'SIGKILL');
    await Promise.all(servers.map(({ ended }) => ended));
    const again = start(folders[0]!);
    const [, url = ''] = await again.until(/ready at (\S+)/);
    expect((await call({ url, secretKey }, 'GET', '/v1/customers')).body.data).toHaveLength(1);
  });

  test('a database of a newer version is refused with a sentence and left alone', async () => {
    const database = await newDatabase('newer');
    const settings = { PORT: '0', USANCE_DATA_DIR: await temporaryFolder(), DATABASE_URL: database.url };
    const first = usance(['start'], settings);
    await first.until(/Stop it with Ctrl-C/);
    process.kill(first.pid, 'SIGTERM');
    expect((await first.ended).code).toBe(0);

    await database.query(`insert into migrations (name) values ('9998_more.sql'), ('9999_most.sql')`);
    const before = await database.query('select * from migrations order by name');
    const refusal =
      'usance: This database was migrated by a newer Usance (it has 9998_more.sql, 9999_most.sql). ' +
      'Start that version or a newer one.\n';
    for (const args of [['start'], ['keys', 'list'], ['demo']]) {
      const ended = await usance(args, settings).ended;
      expect(ended, args.join(' ')).toMatchObject({ code: 1, stderr: refusal });
    }
    expect(await database.query('select * from migrations order by name')).toEqual(before);
  });
});

async function outcome(child: ChildProcess): Promise<{ migrations: string[]; createdKey?: string }> {
  const [printed, [code]] = await Promise.all([text(child.stdout!), once(child, 'exit')]);
  expect(code).toBe(0);
  return JSON.parse(printed.replace('ready\n', ''));
}
