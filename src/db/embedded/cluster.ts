import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries, SHARED_FOLDER } from './binaries.ts';
import type { Listen } from './listen.ts';
import { type ServerUser, commandLine, pidExists, run } from './processes.ts';
import { canEnter, serverUser } from './user.ts';

/** Where a cluster is (`folder`, without links; it may not exist yet) and who runs it (nobody else but us when absent). */
export type Cluster = { folder: string; user?: ServerUser };

/** A fast shutdown ends with a checkpoint of at most shared_buffers; 30 s is enough for that on a slow disk. */
export const SHUTDOWN_SECONDS = 30;

/**
 * Finds the data folder's cluster, or chooses where it will be: `<dataDir>/postgres`, or, when the server's user cannot
 * get there (a clone under root's 0700 home), a folder of its own that `<dataDir>/postgres` links to.
 */
export async function placeCluster(dataDir: string): Promise<Cluster> {
  const path = join(dataDir, 'postgres');
  const present = await lstat(path).catch(() => undefined);
  const user = await serverUser(path);
  if (!present) return withUser((await canEnter(dataDir, user)) ? path : await placeElsewhere(path, user!), user);
  const folder = await realpath(path).catch((cause: unknown) => {
    throw new Error(
      `${path} links to a database that is not there any more. Restore it, or remove the link to start without data.`,
      { cause },
    );
  });
  if (await canEnter(dirname(folder), user)) return withUser(folder, user);
  throw new Error(
    `PostgreSQL runs as ${user?.name}, who may not enter ${dirname(folder)}: let that user in, or move the data ` +
      'folder and set USANCE_DATA_DIR to it.',
  );
}

function withUser(folder: string, user: ServerUser | undefined): Cluster {
  return user === undefined ? { folder } : { folder, user };
}

/** Makes an empty folder that `user` can reach, and `path` a link to it. */
async function placeElsewhere(path: string, user: ServerUser): Promise<string> {
  const parent = join(SHARED_FOLDER, 'clusters');
  try {
    await mkdir(parent, { recursive: true, mode: 0o755 });
    const folder = await mkdtemp(`${parent}/`);
    await chown(folder, user.uid, user.gid);
    if (!(await canEnter(folder, user))) throw new Error(`${user.name} may not enter ${folder} either`);
    // The link comes before the database is made, so that an interrupted first start finds its way back here.
    await symlink(folder, path);
    return folder;
  } catch (cause) {
    throw new Error(
      `PostgreSQL runs as ${user.name}, who may not enter ${dirname(path)}, and ${parent} cannot be used instead: ` +
        'set USANCE_DATA_DIR to a folder that this user may enter.',
      { cause },
    );
  }
}

/** Makes the cluster unless it is there. Throws when it was made by another major version of PostgreSQL. */
export async function ensureCluster(cluster: Cluster, binaries: Binaries, listen: Listen): Promise<void> {
  await removeDrafts(cluster.folder);
  const made = await readFile(join(cluster.folder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (made === undefined) return createCluster(cluster, binaries, listen);
  if (made.trim() === binaries.major) return;
  throw new Error(
    `The database in ${cluster.folder} was made by PostgreSQL ${made.trim()}, but this Usance runs PostgreSQL ` +
      `${binaries.major}. Upgrade it with pg_upgrade, or dump it with PostgreSQL ${made.trim()} and restore it, ` +
      'or set USANCE_DATA_DIR to another folder.',
  );
}

/** Runs initdb in a draft folder that gets its name last: a cluster that has its name is complete. */
async function createCluster(cluster: Cluster, binaries: Binaries, listen: Listen): Promise<void> {
  const { folder, user } = cluster;
  const entries = await readdir(folder).catch(() => []);
  if (entries.length > 0) throw new Error(`${folder} holds files, but no PostgreSQL database: move them away.`);
  const draft = await mkdtemp(`${folder}.init-`);
  try {
    if (user) await chown(draft, user.uid, user.gid);
    // initdb syncs what it wrote. That is 0.1 s of its 0.6 s here, and the price of surviving a power cut.
    // Locale C needs neither ICU nor the machine's locales, and sorts the same everywhere.
    const args = ['-D', draft, '--username=usance', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    const { ok, output } = await run(binaries.initdb, [...args, ...listen.initdbArgs], user);
    if (!ok) throw new Error(`initdb could not make the database in ${folder}:\n${output}`);
    await chmod(draft, 0o700);
    await rename(draft, folder);
    await syncFolder(dirname(folder));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes what first starts left that were killed. */
async function removeDrafts(folder: string): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    // An initdb that outlived its parent may still write here for a moment; then the next start removes the rest.
    if (path.startsWith(`${folder}.init-`)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Makes a rename in the folder survive a power cut. Windows cannot open folders and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Waits until no server runs on the cluster. Call it with the data folder's lock: a server that is still there lost
 * its Usance to a crash, so it is told to shut down, and throws when it has not after `SHUTDOWN_SECONDS`.
 */
export async function awaitPreviousServer(folder: string, log: (line: string) => void): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid');
  const pid = Number.parseInt((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]!, 10);
  // PostgreSQL itself removes the file of a dead server, after it made sure that none of its backends lives on.
  if (!(pid > 0) || !pidExists(pid)) return;
  if (await isServerOf(pid, folder)) {
    log(`Waiting for the PostgreSQL of an earlier start, pid ${pid}, to shut down.`);
    await shutDown(pid, folder);
  } else {
    // The pid went to another program, which PostgreSQL would take for its own server and refuse to start.
    await rm(pidFile, { force: true });
  }
}

async function shutDown(pid: number, folder: string): Promise<void> {
  const deadline = Date.now() + SHUTDOWN_SECONDS * 1000;
  process.kill(pid, 'SIGINT');
  while (await isServerOf(pid, folder)) {
    if (Date.now() > deadline) {
      throw new Error(`The PostgreSQL of an earlier start, pid ${pid}, still runs on ${folder}: stop it first.`);
    }
    await sleep(20);
  }
}

async function isServerOf(pid: number, folder: string): Promise<boolean> {
  const line = await commandLine(pid);
  // Without a command line to look at, taking a stranger for the server is the safe mistake.
  if (line === undefined) return pidExists(pid);
  return line.includes(`postgres -D ${folder} `) || line.includes(`postgres.exe -D ${folder} `);
}
