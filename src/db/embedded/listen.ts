import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHARED_FOLDER } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { canEnter } from './user.ts';

/** How the server is reached, and by nobody else. */
export type Listen = {
  initdbArgs: string[];
  settings: Record<string, string>;
  connectionString: (database: string) => string;
  /** Where the socket is, unless the server listens on loopback. */
  socketFolder?: string;
  /** A folder made for this start alone, to be removed after it. */
  temporaryFolder?: string;
};

/** The file name that PostgreSQL makes of the port inside the socket folder. */
const SOCKET_FILE = '/.s.PGSQL.5432';

/** Socket paths end at 103 bytes on macOS and 107 on Linux. */
const MAX_SOCKET_PATH_BYTES = 99;

/** Listens on a Unix socket in a folder that only the server's user (and root) can open. Call it before the server runs. */
export async function listenOnSocket(cluster: Cluster): Promise<Listen> {
  const { folder, temporary } = await socketFolder(cluster);
  return {
    initdbArgs: ['--auth-local=trust', '--auth-host=reject'],
    settings: { listen_addresses: '', unix_socket_directories: folder, unix_socket_permissions: '0700', port: '5432' },
    // Port and sslmode keep a PGPORT or PGSSLMODE of the shell out.
    connectionString: (database) =>
      `postgresql://usance@localhost:5432/${database}?host=${encodeURIComponent(folder)}&sslmode=disable`,
    socketFolder: folder,
    ...(temporary ? { temporaryFolder: folder } : {}),
  };
}

/** Removes the socket of a server that was killed, and its lock file, which names a pid; the folder stays. */
export async function removeSocket({ socketFolder: folder }: Listen): Promise<void> {
  if (folder === undefined) return;
  for (const suffix of ['', '.lock']) await rm(`${folder}${SOCKET_FILE}${suffix}`, { force: true });
}

/** Listens on loopback with a password that is made once and kept in the data folder: for systems without Unix sockets. */
export async function listenOnLoopback(dataDir: string, cluster: Cluster): Promise<Listen> {
  const file = join(dataDir, 'postgres.password');
  let password = await readFile(file, 'utf8').catch(() => undefined);
  if (!password) {
    password = randomBytes(24).toString('hex');
    await writeFile(file, password, { mode: 0o600 });
  }
  if (cluster.user) await chown(file, cluster.user.uid, cluster.user.gid);
  const port = await freePort();
  return {
    initdbArgs: ['--auth-local=scram-sha-256', '--auth-host=scram-sha-256', `--pwfile=${file}`],
    settings: { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port) },
    connectionString: (database) => `postgresql://usance:${password}@127.0.0.1:${port}/${database}?sslmode=disable`,
  };
}

/** Beside the cluster, where `psql` finds it again, or in a fresh short folder when that path is too long. */
async function socketFolder(cluster: Cluster): Promise<{ folder: string; temporary: boolean }> {
  const beside = `${cluster.folder}.socket`;
  // A socket's lock file names a pid, and a start after a crash must not trip over a stranger who got that pid.
  await rm(beside, { recursive: true, force: true });
  if (fits(beside)) {
    await mkdir(beside, { mode: 0o700 });
    await makePrivate(beside, cluster);
    return { folder: beside, temporary: false };
  }
  for (const parent of new Set([tmpdir(), '/tmp', SHARED_FOLDER])) {
    const folder = await mkdtemp(join(parent, 'usance-')).catch(() => undefined);
    if (folder === undefined) continue;
    await makePrivate(folder, cluster);
    if (fits(folder) && (await canEnter(folder, cluster.user))) return { folder, temporary: true };
    await rm(folder, { recursive: true });
  }
  throw new Error(`No place for PostgreSQL's socket: set USANCE_DATA_DIR to a folder with a shorter path.`);
}

function fits(folder: string): boolean {
  return Buffer.byteLength(folder + SOCKET_FILE) <= MAX_SOCKET_PATH_BYTES;
}

async function makePrivate(folder: string, { user }: Cluster): Promise<void> {
  await chmod(folder, 0o700);
  if (user) await chown(folder, user.uid, user.gid);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
