import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const EXTERNAL_KEY = 'sk_test_UsanceTestServer';

export type ServerOptions = {
  /** Names the log, `.usance/<name>.log`, which outlives the run. */
  readonly name: string;
  /** An external PostgreSQL; without it the server starts its embedded one. */
  readonly databaseUrl?: string | undefined;
  /** Where state lives; without it a temporary folder, removed by `stop`. A given folder is kept, for restarts. */
  readonly dataFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
};

export type ServerProcess = {
  /** As in `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly databaseUrl: string;
  /** The key of the default test account. */
  readonly secretKey: string;
  /** The process that serves, for signals; the command may have started it as a child. */
  readonly pid: number;
  /** Ends with the command: its exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  /** SIGTERM, then waits. Throws when the server has not ended after 20 s, and kills it. */
  stop(): Promise<void>;
};

/**
 * Starts the server as a user does, `usance start`, on a free port, and waits until it answers. Throws with the end of
 * its log when it does not within 60 s.
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const dataFolder = options.dataFolder ?? (await temporaryFolder());
  const infoFile = join(dataFolder, 'server.json');
  await rm(infoFile, { force: true });
  const logFile = join(ROOT, '.usance', `${options.name}.log`);
  const child = launch(logFile, {
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
    USANCE_DATA_DIR: dataFolder,
    ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl, USANCE_SECRET_KEY: EXTERNAL_KEY } : {}),
    ...options.env,
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const stop = async () => {
    process.off('exit', endWithUs);
    await terminate(child, exited, logFile);
    if (!options.dataFolder) await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    const info = await untilReady(child, infoFile, logFile);
    return { ...info, secretKey: keyOf(options, dataFolder), exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The embedded database's first key is kept in a file; an external one gets the key that we say. */
function keyOf({ databaseUrl, env }: ServerOptions, dataFolder: string): string {
  const chosen = env?.['USANCE_SECRET_KEY'] ?? (databaseUrl ? EXTERNAL_KEY : undefined);
  return chosen ?? readFileSync(join(dataFolder, 'secret_key'), 'utf8').trim();
}

/** World-readable down to the data: as root the server runs its PostgreSQL as another user. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'usance-test-'));
  await chmod(folder, 0o755);
  return folder;
}

function launch(logFile: string, settings: Record<string, string>): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const { DATABASE_URL: _, USANCE_SECRET_KEY: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(ROOT, 'bin/usance.js'), 'start'], {
    cwd: ROOT,
    env: { ...inherited, ...settings },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}

type ServerInfo = { readonly url: string; readonly databaseUrl: string; readonly pid: number };

async function untilReady(child: ChildProcess, infoFile: string, logFile: string): Promise<ServerInfo> {
  for (const deadline = performance.now() + START_LIMIT_MS; performance.now() < deadline; await sleep(50)) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (!existsSync(infoFile)) continue;
    const info = JSON.parse(readFileSync(infoFile, 'utf8')) as ServerInfo;
    const health = await fetch(`${info.url}/healthz`).catch(() => undefined);
    if (health?.status === 200) return info;
  }
  throw new Error(`The server did not start. The end of ${logFile}:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
}

async function terminate(child: ChildProcess, exited: Promise<number | null>, logFile: string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = sleep(STOP_LIMIT_MS, 'late' as const, { ref: false });
  if ((await Promise.race([exited, late])) !== 'late') return;
  child.kill('SIGKILL');
  throw new Error(
    `The server did not stop on SIGTERM. The end of ${logFile}:\n${readFileSync(logFile, 'utf8').slice(-4000)}`,
  );
}
