import type { FileHandle } from 'node:fs/promises';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries, platformPackage, usableBinaries } from './binaries.ts';
import { type Cluster, SHUTDOWN_SECONDS, awaitPreviousServer, ensureCluster, placeCluster } from './cluster.ts';
import { type Listen, listenOnLoopback, listenOnSocket, removeSocket } from './listen.ts';
import { takeLock } from './lock.ts';
import { type Server, lastLines, openLog, spawnServer, untilReady } from './server.ts';
import { supervise } from './supervise.ts';

/** A running server: its database `usance` for `pg`, its version such as `18.4`, and its fast, complete shutdown. */
export type EmbeddedPostgres = {
  connectionString: string;
  version: string;
  /**
   * A server that ends without `stop` is started again, under the same connection string. Resolves with a sentence when
   * it does not become ready again.
   */
  failed: Promise<string>;
  stop(): Promise<void>;
};

/** `dataDir` is made when missing; `log` gets the rare line that an operator should see. */
export type EmbeddedOptions = { dataDir: string; log?: (line: string) => void };

/**
 * Starts the embedded PostgreSQL of a data folder, making its database at the first start, and resolves when it
 * accepts connections. It ends with this process, however this process ends. Throws an `Error` that says what to do
 * when the folder is in use, belongs to another version or user, or the server does not start.
 */
export async function startEmbedded({ dataDir, log = () => undefined }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  await mkdir(dataDir, { recursive: true });
  const folder = await realpath(dataDir);
  await using resources = new AsyncDisposableStack();
  resources.defer(await takeLock(join(folder, 'server.lock'), inUse(folder)));

  const cluster = await placeCluster(folder);
  if (cluster.folder !== join(folder, 'postgres')) {
    // Two data folders can lead to one cluster, for example when one is a copy of the other with its link.
    resources.defer(await takeLock(`${cluster.folder}.lock`, inUse(cluster.folder)));
  }
  const binaries = await usableBinaries(await platformPackage(), folder, cluster.user);
  await awaitPreviousServer(cluster.folder, log);
  const listen = await (process.platform === 'win32' ? listenOnLoopback(folder, cluster) : listenOnSocket(cluster));
  if (listen.temporaryFolder) {
    const temporaryFolder = listen.temporaryFolder;
    resources.defer(() => rm(temporaryFolder, { recursive: true, force: true }));
  }
  await ensureCluster(cluster, binaries, listen);

  const logPath = join(folder, 'postgres.log');
  const logFile = await openLog(logPath, cluster);
  resources.defer(() => logFile.close());
  const launching = { cluster, binaries, listen, logFile, logPath, log };
  const supervisor = supervise(await launch(launching), {
    launch: (stopping) => relaunch(launching, stopping),
    log,
    logPath,
  });
  resources.defer(() => supervisor.stop());

  const running = resources.move();
  let stopped: Promise<void> | undefined;
  return {
    connectionString: listen.connectionString('usance'),
    version: binaries.version,
    failed: supervisor.failed,
    stop: () => (stopped ??= running.disposeAsync()),
  };
}

type Launch = {
  cluster: Cluster;
  binaries: Binaries;
  listen: Listen;
  logFile: FileHandle;
  logPath: string;
  log: (line: string) => void;
};

/** Starts the server again after a death that left everything where it was. */
async function relaunch(launching: Launch, stopping: AbortSignal): Promise<Server> {
  // By now their pids may belong to strangers, whom the new server would take for the old one.
  await awaitPreviousServer(launching.cluster.folder, launching.log);
  await removeSocket(launching.listen);
  return await launch(launching, stopping);
}

/**
 * Starts the server and waits until it is ready; throws with the last lines of its log when it is not, and also, once
 * the server is gone again, when `stopping` aborts.
 */
async function launch(launching: Launch, stopping?: AbortSignal): Promise<Server> {
  const { cluster, binaries, listen, logFile, logPath, log } = launching;
  const deadline = Date.now() + SHUTDOWN_SECONDS * 1000;
  for (;;) {
    stopping?.throwIfAborted();
    const { size } = await logFile.stat();
    const server = spawnServer(cluster, binaries, listen, logFile);
    try {
      await untilReady(server, listen, log, stopping);
      return server;
    } catch (cause) {
      await server.stop();
      const lines = await lastLines(logFile, size);
      // Backends outlive a killed server until they notice, and hold its shared memory for so long.
      const retry = lines.includes('pre-existing shared memory block') && Date.now() < deadline;
      const problem = cause instanceof Error ? cause.message : String(cause);
      if (!retry) throw new Error(`${problem}. The end of ${logPath}:\n${lines}`, { cause });
    }
    await sleep(100);
  }
}

function inUse(folder: string): (pid: number) => Error {
  return (pid) =>
    new Error(
      `The data folder ${folder} is in use by another Usance server, pid ${pid}: stop that one, ` +
        'or set USANCE_DATA_DIR to another folder.',
    );
}
