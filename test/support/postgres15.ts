import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Where Debian's package `postgresql-15` puts its programs. */
const BIN = '/usr/lib/postgresql/15/bin';
const START_LIMIT_MS = 20_000;

/** Debian's PostgreSQL 15 is our oldest supported version and brings the `pg_dump` that the embedded binaries lack. */
export const hasPostgres15: boolean = existsSync(join(BIN, 'pg_dump'));

export type Cluster = {
  /** A superuser's connection to the empty database `postgres`, over a Unix socket. */
  readonly url: string;
  /** Runs one of PostgreSQL's programs against this cluster and answers its standard output. */
  run(program: 'pg_dump' | 'psql', args: string[]): Promise<string>;
  stop(): Promise<void>;
};

/**
 * Starts a throwaway PostgreSQL 15 in a temporary folder, without fsync and reachable by its Unix socket alone. As root
 * the server runs as the user `postgres`, or `nobody` where there is none: PostgreSQL refuses to run as root.
 */
export async function startPostgres15(): Promise<Cluster> {
  const identity = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'usance-pg15-'));
  if (identity) await chown(folder, identity.uid, identity.gid);
  const data = join(folder, 'data');
  const options = { ...identity, cwd: folder };
  await promisify(execFile)(
    join(BIN, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    options,
  );
  const settings = ['listen_addresses=', 'fsync=off', 'max_connections=100'].flatMap((setting) => ['-c', setting]);
  const server = spawn(join(BIN, 'postgres'), ['-D', data, '-k', folder, ...settings], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await ready(server, folder);
  return {
    url: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`,
    run: async (program, args) => {
      const connection = ['--host', folder, '--username', 'postgres', '--dbname', 'postgres'];
      const limits = { maxBuffer: 64 * 1024 * 1024 };
      return (await promisify(execFile)(join(BIN, program), [...connection, ...args], limits)).stdout;
    },
    stop: async () => {
      const exited = once(server, 'exit');
      server.kill('SIGINT');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server is ready when the file it keeps about itself says so; asking by connections would fill its log. */
async function ready(server: ChildProcess, folder: string): Promise<void> {
  let log = '';
  server.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const pidFile = join(folder, 'data', 'postmaster.pid');
  for (const deadline = performance.now() + START_LIMIT_MS; performance.now() < deadline; await sleep(50)) {
    if (server.exitCode !== null) break;
    if (existsSync(pidFile) && /^ready\s*$/m.test(readFileSync(pidFile, 'utf8'))) return;
  }
  server.kill('SIGKILL');
  throw new Error(`PostgreSQL 15 did not start:\n${log}`);
}

function unprivilegedUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user) throw new Error('PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody" here.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}
