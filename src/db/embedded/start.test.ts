import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { platformPackage, usableBinaries } from './binaries.ts';
import { type Cluster, ensureCluster } from './cluster.ts';
import { listenOnLoopback } from './listen.ts';
import { commandLine, pidExists } from './processes.ts';
import { openLog, spawnServer, untilReady } from './server.ts';
import { type EmbeddedPostgres, startEmbedded } from './start.ts';
import { serverUser } from './user.ts';

let folder: string;
let dataDir: string;
let running: EmbeddedPostgres[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usance-start-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
  running = [];
});
afterEach(async () => {
  for (const server of running) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(path = dataDir): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataDir: path });
  running.push(server);
  return server;
}

async function query(server: { connectionString: string }, text: string): Promise<Record<string, unknown>[]> {
  const pool = new Pool({ connectionString: server.connectionString });
  // The server may be stopped while the pool still takes leave of it.
  pool.on('error', () => undefined);
  try {
    return (await pool.query<Record<string, unknown>>(text)).rows;
  } finally {
    await pool.end();
  }
}

async function serverPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

describe('a data folder', () => {
  test('is made at the first start and found again at a later one', async () => {
    const begin = performance.now();
    const first = await start();
    const firstMilliseconds = performance.now() - begin;
    expect(first.version).toMatch(/^18\.\d+$/);
    await query(first, 'create table kept as select 42 as answer');
    const pid = await serverPid();
    await Promise.all([first.stop(), first.stop()]);
    expect(pidExists(pid)).toBe(false);
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.log', 'postgres.socket']);

    const again = performance.now();
    const later = await start();
    const laterMilliseconds = performance.now() - again;
    expect(await query(later, 'select answer from kept')).toEqual([{ answer: 42 }]);
    // Ten times what it takes on a machine that has nothing else to do.
    expect(firstMilliseconds).toBeLessThan(10_000);
    expect(laterMilliseconds).toBeLessThan(3000);
  });

  test('has a durable, private server that the environment does not change', async () => {
    for (const [name, value] of Object.entries({ PGPORT: '1', PGSSLMODE: 'require', PGDATA: '/nowhere' })) {
      vi.stubEnv(name, value);
    }
    try {
      const server = await start();
      const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'jit', 'TimeZone'];
      const settings = await query(
        server,
        `select ${names.map((name) => `current_setting('${name}') as "${name}"`).join(', ')},
           pg_encoding_to_char(encoding) as encoding, datcollate, current_user as me, current_database() as here
         from pg_database where datname = 'usance'`,
      );
      const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };
      const place = { TimeZone: 'UTC', encoding: 'UTF8', datcollate: 'C', me: 'usance', here: 'usance' };
      expect(settings).toEqual([{ ...durable, ...place, listen_addresses: '', jit: 'off' }]);
      expect((await stat(join(dataDir, 'postgres.socket'))).mode & 0o777).toBe(0o700);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('with a long path gets its socket elsewhere, and that is removed again', async () => {
    const long = join(folder, 'x'.repeat(80), 'data');
    const server = await start(long);
    const socket = new URL(server.connectionString).searchParams.get('host')!;
    expect(socket.length).toBeLessThan(80);
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    await expect(stat(socket)).rejects.toThrow('ENOENT');
  });

  test('whose first start was interrupted is made anew', async () => {
    await mkdir(join(dataDir, 'postgres.init-abcdef/base'), { recursive: true });
    await mkdir(join(dataDir, 'postgres'));
    await start();
    expect(await readdir(dataDir)).not.toContain('postgres.init-abcdef');
  });

  test('of which two starts at once want to be the first goes to exactly one', async () => {
    const attempts = await Promise.allSettled([1, 2, 3].map(() => start()));
    expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    const refused = attempts.find((attempt) => attempt.status === 'rejected');
    expect(String(refused?.reason)).toContain(`pid ${process.pid}`);
    expect(String(refused?.reason)).toContain(`data folder ${dataDir} is in use`);
  });
});

describe('a start that cannot succeed', () => {
  test('names both versions and the ways out when the database is of another version', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres/PG_VERSION'), '17\n');
    if (process.geteuid?.() === 0) {
      await expect(start()).rejects.toThrow('belongs to root');
      for (const path of ['postgres', 'postgres/PG_VERSION']) await chown(join(dataDir, path), 65534, 65534);
    }
    await expect(start()).rejects.toThrow(/PostgreSQL 17, but.*PostgreSQL 18.*pg_upgrade.*dump.*USANCE_DATA_DIR/);
    expect(await readdir(dataDir)).not.toContain('server.lock');
  });

  test('leaves files alone that are no database', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres/letter.txt'), 'Dear');
    await expect(start()).rejects.toThrow('holds files, but no PostgreSQL database');
    expect(await readFile(join(dataDir, 'postgres/letter.txt'), 'utf8')).toBe('Dear');
  });

  test('shows the last lines of the log when the server ends at once', async () => {
    await (await start()).stop();
    await rm(join(dataDir, 'postgres/global/pg_control'));
    await expect(start()).rejects.toThrow(/ended while it started[^]*postgres\.log[^]*pg_control/);
    expect(await readdir(dataDir)).not.toContain('server.lock');
  });
});

test('a server that dies is reported, and its data is there at the next start', async () => {
  const server = await start();
  await query(server, 'create table kept as select 1 as one');
  const pid = await serverPid();
  expect(await commandLine(pid)).toContain(`postgres -D ${join(dataDir, 'postgres')} `);
  process.kill(pid, 'SIGKILL');
  expect(await server.failed).toContain('ended unexpectedly (SIGKILL)');
  await server.stop();
  expect(await query(await start(), 'select * from kept')).toEqual([{ one: 1 }]);
});

test('a backend that outlives its killed server is waited for', async () => {
  const server = await start();
  const pid = await serverPid();
  const client = new Client({ connectionString: server.connectionString });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  process.kill(rows[0]!.pid, 'SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await server.stop();
  const restarted = start();
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.kill(rows[0]!.pid, 'SIGCONT');
  expect(await query(await restarted, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('pre-existing shared memory block');
  await client.end().catch(() => undefined);
});

test('without Unix sockets the server listens on loopback and wants its password', async () => {
  await mkdir(dataDir);
  const user = await serverUser(join(dataDir, 'postgres'));
  const cluster: Cluster = { folder: join(dataDir, 'postgres'), ...(user ? { user } : {}) };
  const binaries = await usableBinaries(await platformPackage(), dataDir, user);
  const listen = await listenOnLoopback(dataDir, cluster);
  await ensureCluster(cluster, binaries, listen);
  const log = await openLog(join(dataDir, 'postgres.log'), cluster);
  const server = spawnServer(cluster, binaries, listen, log);
  try {
    await untilReady(server, listen, () => undefined);
    const connectionString = listen.connectionString('usance');
    expect(await query({ connectionString }, 'select 1 as one')).toEqual([{ one: 1 }]);
    const wrong = { connectionString: connectionString.replace(/:[0-9a-f]{48}@/, ':guess@') };
    await expect(query(wrong, 'select 1')).rejects.toThrow('password authentication failed');
  } finally {
    await server.stop();
    await log.close();
  }
});
