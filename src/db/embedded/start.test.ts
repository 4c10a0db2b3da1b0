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

async function start(path = dataDir, log = (_line: string) => {}): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataDir: path, log });
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

describe('a server that is killed', () => {
  test('is started again, under the same address and with its data', async () => {
    const lines: string[] = [];
    const server = await start(dataDir, (line) => lines.push(line));
    await query(server, 'create table kept as select 1 as one');
    for (let kills = 1; kills <= 2; kills++) {
      const pid = await serverPid();
      expect(await commandLine(pid)).toContain(`postgres -D ${join(dataDir, 'postgres')} `);
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => expect(lines).toHaveLength(2 * kills), { timeout: 20_000 });
      expect(lines.at(-2)).toContain('PostgreSQL ended unexpectedly (SIGKILL) and is started again');
      expect(lines.at(-1)).toBe('PostgreSQL is back.');
      expect(await query(server, 'select * from kept')).toEqual([{ one: 1 }]);
      expect(await serverPid()).not.toBe(pid);
    }
    await server.stop();
    expect(await readdir(dataDir)).not.toContain('server.lock');
    expect(await query(await start(), 'select * from kept')).toEqual([{ one: 1 }]);
  });

  test('waits for a backend that outlives it', async () => {
    const server = await start();
    const client = new Client({ connectionString: server.connectionString });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    process.kill(rows[0]!.pid, 'SIGSTOP');
    process.kill(await serverPid(), 'SIGKILL');
    const log = () => readFile(join(dataDir, 'postgres.log'), 'utf8');
    await vi.waitFor(async () => expect(await log()).toContain('pre-existing shared memory block'), {
      timeout: 10_000,
    });
    await expect(query(server, 'select 1')).rejects.toThrow();
    process.kill(rows[0]!.pid, 'SIGCONT');
    await vi.waitFor(async () => expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]), {
      timeout: 10_000,
    });
    await client.end().catch(() => undefined);
  });

  test('is not started again after a stop that comes meanwhile', async () => {
    const server = await start();
    process.kill(await serverPid(), 'SIGKILL');
    await server.stop();
    expect(await readdir(dataDir)).not.toContain('server.lock');
    const { size } = await stat(join(dataDir, 'postgres.log'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await stat(join(dataDir, 'postgres.log'))).size).toBe(size);
  });

  test('and can not start is given up with the reason', { timeout: 90_000 }, async () => {
    const lines: string[] = [];
    const server = await start(dataDir, (line) => lines.push(line));
    await rm(join(dataDir, 'postgres/global/pg_control'));
    process.kill(await serverPid(), 'SIGKILL');
    expect(await server.failed).toMatch(/8 starts in a row have failed\. [^]*postgres\.log[^]*pg_control/);
    expect(lines).toContain('PostgreSQL does not start; the next attempt is in 5 s.');
    await server.stop();
    expect(await readdir(dataDir)).not.toContain('server.lock');
  });
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
