import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { newSecretKey } from '../accounts/key.ts';
import { type Config, readConfig } from '../config.ts';
import { buildDashboard } from '../dashboard/build.ts';
import { type EmbeddedPostgres, startEmbedded } from '../db/embedded/start.ts';
import { SHUTDOWN_MILLISECONDS } from '../limits.ts';
import { type RunningServer, startServer } from '../main.ts';
import { explainDatabase, explainListening } from './explain.ts';
import { readSecretKey, removeSecretKey, removeServerInfo, writeSecretKey, writeServerInfo } from './runtime.ts';
import { stopRequests, untilAborted } from './stop.ts';

/** Requests in flight are cut off before this; what they left running in the database is then abandoned. */
const STOP_MILLISECONDS = SHUTDOWN_MILLISECONDS + 2_000;

export type LocalServer = {
  readonly url: string;
  /** The key of the default test account, when it is known. */
  readonly secretKey: string | undefined;
  /** Where the first user chooses a password, while there is none. */
  readonly loginUrl: string | undefined;
  /** Resolves with a sentence if the embedded PostgreSQL ended and can't be started again: nothing works any more. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
};

/**
 * Starts PostgreSQL (unless DATABASE_URL names one) and the server on it. `say` prints a line of progress.
 * Throws an Error whose message tells the operator what to mend.
 */
export async function startLocalServer(config: Config, say: (line: string) => void): Promise<LocalServer> {
  await buildDashboard(say);
  const embedded =
    config.databaseUrl === undefined ? await startEmbedded({ dataDir: config.dataDir, log: say }) : undefined;
  const databaseUrl = config.databaseUrl ?? embedded?.connectionString ?? '';
  let server: RunningServer | undefined;
  try {
    const firstKey = await keepFirstKey(config);
    server = await startServer({
      databaseUrl,
      host: config.host,
      port: config.port,
      secretKey: config.secretKey,
      publicUrl: config.publicUrl,
      firstKey: firstKey?.secretKey,
      clockLimits: config.clockLimits,
      log: pino({ level: config.logLevel, base: null }, pino.destination(2)),
    });
    const secretKey = await knownKey(config, server.createdKey, firstKey);
    // Last, because whoever finds it may use everything else.
    await writeServerInfo(config.dataDir, { url: server.url, databaseUrl, secretKey });
    const running = server;
    const failed = embedded?.failed ?? new Promise<never>(() => {});
    const loginUrl = server.loginToken && loginUrlOf(config.publicUrl ?? server.url, server.loginToken);
    return { url: server.url, secretKey, loginUrl, failed, stop: () => stopAll(config, running, embedded) };
  } catch (error) {
    await server?.stop();
    await embedded?.stop();
    throw explainListening(error, config.host, config.port) ?? explainDatabase(error, databaseUrl) ?? error;
  }
}

type FirstKey = { readonly secretKey: string; readonly isNew: boolean } | undefined;

/**
 * The key that the default test account gets if this is the first start, on disk before the account is made: a start
 * that fails in between, because the port is taken, must not lose it.
 */
async function keepFirstKey(config: Config): Promise<FirstKey> {
  if (config.databaseUrl !== undefined || config.secretKey !== undefined) return undefined;
  const kept = await readSecretKey(config.dataDir);
  if (kept !== undefined) return { secretKey: kept, isNew: false };
  const secretKey = newSecretKey(false);
  await writeSecretKey(config.dataDir, secretKey);
  return { secretKey, isNew: true };
}

/** The key of the default test account, if it is known: only the embedded database's is kept for later starts. */
async function knownKey(
  config: Config,
  createdKey: string | undefined,
  firstKey: FirstKey,
): Promise<string | undefined> {
  if (config.databaseUrl !== undefined) return createdKey ?? config.secretKey;
  // The accounts were there already, with a key that is not known here.
  if (firstKey?.isNew === true && createdKey === undefined) await removeSecretKey(config.dataDir);
  if (createdKey !== undefined) await writeSecretKey(config.dataDir, createdKey);
  return createdKey ?? config.secretKey ?? (await readSecretKey(config.dataDir));
}

async function stopAll(config: Config, server: RunningServer, embedded: EmbeddedPostgres | undefined) {
  await removeServerInfo(config.dataDir);
  // A query that never ends would keep the pool, and with it the process, for ever.
  await Promise.race([server.stop(), sleep(STOP_MILLISECONDS, undefined, { ref: false })]);
  await embedded?.stop();
}

/** `usance start`: runs until SIGTERM or SIGINT, then drains. Exit code 1 when its PostgreSQL is gone for good. */
export async function start(): Promise<void> {
  const config = readConfig(process.env);
  // Whoever reads our output may end first, and that must not cut a stop short.
  process.stdout.on('error', () => {});
  // Listened for before anything starts, so that an early Ctrl-C leaves nothing behind.
  const stopped = stopRequests();
  const server = await startLocalServer(config, (line) => console.log(line));
  if (!stopped.aborted) console.log(banner(server));
  const failure = await Promise.race([untilAborted(stopped), server.failed]);
  if (failure !== undefined) console.error(`usance: ${failure}`);
  await server.stop();
  console.log('Stopped.');
  // An abandoned query on a database elsewhere still holds its connection.
  process.exit(failure === undefined ? 0 : 1);
}

/** What stands behind `#` no browser sends, so that no log on the way keeps it. */
export function loginUrlOf(baseUrl: string, token: string): string {
  return `${baseUrl}/login#${token}`;
}

function banner({ url, secretKey, loginUrl }: LocalServer): string {
  const key = secretKey === undefined ? '' : `  Secret key of the test account   ${secretKey}\n`;
  const dashboard = loginUrl === undefined ? url : `${loginUrl}   (choose a password; works once)`;
  return `
Usance is ready at ${url}

${key}  Dashboard                        ${dashboard}

${secretKey === undefined ? KEYLESS_STEPS : stepsWith(url, secretKey)}
Stop it with Ctrl-C.
`;
}

const KEYLESS_STEPS = `Make a key for it in another terminal:

  npx usance keys create
`;

function stepsWith(url: string, secretKey: string): string {
  return `Three things to try next, in another terminal:

  npm run demo
  curl ${url}/v1/customers -u "${secretKey}:" -d name="Jenny Rosen"
  npx stripe billing meters list --api-base ${url} --api-key ${secretKey}
`;
}
