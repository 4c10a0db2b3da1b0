import { pino } from 'pino';
import { type Config, readConfig } from '../config.ts';
import { startEmbedded } from '../db/embedded/start.ts';
import { type RunningServer, startServer } from '../main.ts';
import { readSecretKey, removeServerInfo, writeSecretKey, writeServerInfo } from './runtime.ts';

export type LocalServer = { readonly url: string; readonly secretKey: string | undefined; stop(): Promise<void> };

/** Starts PostgreSQL (unless DATABASE_URL names one) and the server on it. `say` prints a line of progress. */
export async function startLocalServer(config: Config, say: (line: string) => void): Promise<LocalServer> {
  const embedded =
    config.databaseUrl === undefined ? await startEmbedded({ dataDir: config.dataDir, log: say }) : undefined;
  const databaseUrl = config.databaseUrl ?? embedded?.connectionString ?? '';
  try {
    const server = await startServer({
      databaseUrl,
      host: config.host,
      port: config.port,
      secretKey: config.secretKey,
      log: pino({ level: config.logLevel, base: null }, pino.destination(2)),
    });
    if (embedded !== undefined && server.createdKey !== undefined) {
      await writeSecretKey(config.dataDir, server.createdKey);
    }
    // Last, because whoever finds it may use everything else.
    await writeServerInfo(config.dataDir, { pid: process.pid, url: server.url, databaseUrl });
    const secretKey = server.createdKey ?? (embedded === undefined ? config.secretKey : await readSecretKey(config));
    return { url: server.url, secretKey, stop: () => stopAll(config, server, embedded) };
  } catch (error) {
    await embedded?.stop();
    throw explain(error, config);
  }
}

async function stopAll(config: Config, server: RunningServer, embedded: { stop(): Promise<void> } | undefined) {
  await removeServerInfo(config.dataDir);
  await server.stop();
  await embedded?.stop();
}

function explain(error: unknown, config: Config): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new Error(
    `Port ${config.port} on ${config.host} is in use. Stop what listens there, or choose another with PORT=….`,
  );
}

/** `usance start`: runs until SIGTERM or SIGINT, then drains. */
export async function start(): Promise<void> {
  const config = readConfig(process.env);
  const stopped = new AbortController();
  // Installed before anything starts, so that an early Ctrl-C leaves nothing behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => onSignal(signal, stopped));
  const server = await startLocalServer(config, (line) => console.log(line));
  if (!stopped.signal.aborted) console.log(banner(server));
  await untilAborted(stopped.signal);
  await server.stop();
  console.log('Stopped.');
}

function onSignal(signal: string, stopped: AbortController): void {
  if (stopped.signal.aborted) {
    console.error('Stopping at once; requests in flight are cut off.');
    process.exit(1);
  }
  console.log(`\n${signal} received, finishing requests in flight (once more to stop at once).`);
  stopped.abort();
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function banner({ url, secretKey }: LocalServer): string {
  if (secretKey === undefined) {
    return `\nUsance is ready at ${url}\n\nMake a key for it in another terminal:\n\n  npx usance keys create\n`;
  }
  return `
Usance is ready at ${url}

  Secret key of the test account   ${secretKey}

Three things to try next, in another terminal:

  npm run demo
  curl ${url}/v1/customers -u "${secretKey}:" -d name="Jenny Rosen"
  npx stripe billing meters list --api-base ${url} --api-key ${secretKey}

Stop it with Ctrl-C.
`;
}
