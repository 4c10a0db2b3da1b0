import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { type Cluster, SHUTDOWN_SECONDS } from './cluster.ts';
import { CANNOT_CONNECT_NOW, DATABASE_MISSING, createDatabase, isRefusal, tryConnection } from './database.sql.ts';
import type { Listen } from './listen.ts';
import { asUser, hasCode, run } from './processes.ts';
import { serverArgs } from './settings.ts';
import { startWatcher } from './watcher.ts';

/** A `postgres` process that we started. `exit` is undefined while it runs, then says how it ended. */
export type Server = { exit: string | undefined; ended: Promise<void>; stop(): Promise<void> };

/** Longer logs are set aside once, as `postgres.log.1`, at the next start. */
const MAX_LOG_BYTES = 10_000_000;

/** A restart after a power cut replays up to max_wal_size; when even a slow disk is done, something else is wrong. */
const READY_SECONDS = 600;

const POLL_MILLISECONDS = 20;

/** Opens the log for appending. The server gets it already open, so its user need not reach the folder. */
export async function openLog(path: string, { user }: Cluster): Promise<FileHandle> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size > MAX_LOG_BYTES) await rename(path, `${path}.1`);
  const file = await open(path, 'a+', 0o600);
  if (user) await file.chown(user.uid, user.gid);
  return file;
}

/** Starts `postgres` and its watcher, without waiting until it accepts connections. */
export function spawnServer(cluster: Cluster, binaries: Binaries, listen: Listen, log: FileHandle): Server {
  const { folder, user } = cluster;
  const watcher = startWatcher({
    clusterFolder: folder,
    pgCtl: binaries.pgCtl,
    user,
    temporaryFolder: listen.temporaryFolder,
    graceSeconds: SHUTDOWN_SECONDS,
  });
  // Detached: a Ctrl-C in the terminal is for Usance, which drains its requests before it stops the server.
  const child = spawn(binaries.postgres, serverArgs(folder, listen.settings), {
    ...asUser(user),
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  if (child.pid !== undefined) watcher.watch(child.pid);
  child.unref();
  const server: Server = {
    exit: undefined,
    ended: new Promise((resolve) => {
      const end = (how: string) => {
        server.exit = how;
        resolve(watcher.dismiss());
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    }),
    stop: () => stopServer(server, child, binaries, folder),
  };
  return server;
}

/** Fast shutdown: open transactions are rolled back, connections closed. Without a checkpoint when that takes too long. */
async function stopServer(server: Server, child: ChildProcess, binaries: Binaries, folder: string): Promise<void> {
  child.ref();
  if (server.exit === undefined && process.platform === 'win32') {
    // There, kill ends a process without a word.
    await run(binaries.pgCtl, ['stop', '-m', 'fast', '-D', folder]);
  }
  if (server.exit === undefined) child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), SHUTDOWN_SECONDS * 1000);
  await server.ended;
  clearTimeout(timer);
}

/**
 * Waits until the database `usance` answers, creating it in a fresh cluster; throws when the server ends instead, or
 * `stopping` aborts.
 */
export async function untilReady(
  server: Server,
  listen: Listen,
  log: (line: string) => void,
  stopping?: AbortSignal,
): Promise<void> {
  const started = Date.now();
  let told = false;
  for (;;) {
    stopping?.throwIfAborted();
    if (server.exit !== undefined) throw new Error(`PostgreSQL ended while it started (${server.exit})`);
    const problem = await tryConnection(listen.connectionString('usance')).catch((error: unknown) => error);
    if (problem === undefined) return;
    if (isRefusal(problem)) throw problem;
    if (hasCode(problem, DATABASE_MISSING)) await createDatabase(listen.connectionString('postgres'));
    else if (Date.now() - started > READY_SECONDS * 1000) {
      throw new Error(`PostgreSQL does not answer after ${READY_SECONDS} s`, { cause: problem });
    }
    if (!told && hasCode(problem, CANNOT_CONNECT_NOW) && Date.now() - started > 2000) {
      told = true;
      log('PostgreSQL recovers from a crash; this can take a minute.');
    }
    await sleep(POLL_MILLISECONDS);
  }
}

/** The end of the log from the byte `from` on. */
export async function lastLines(log: FileHandle, from: number): Promise<string> {
  const { size } = await log.stat();
  const start = Math.max(from, size - 8000);
  const { buffer, bytesRead } = await log.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.toString('utf8', 0, bytesRead).trim().split('\n').slice(-15).join('\n');
}
