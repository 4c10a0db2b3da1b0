import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type BareServer = { readonly port: number; stop(): Promise<void> };

export type BenchServer = BareServer & {
  /** Of the Node process that serves. */
  readonly pid: number;
  readonly secretKey: string;
  readonly databaseUrl: string;
  readonly dataDir: string;
};

const SECRET_KEY = 'sk_test_benchbenchbench';
const COMMAND = new URL('../bin/usance.js', import.meta.url).pathname;

/** What the shim gives the Node that it starts. */
const SHIM_OPTIONS = ['--max-semi-space-size=8', '--max-old-space-size=1024'];

/** A filled database may have to write out gigabytes before it ends. */
const READY_LIMIT_MS = 60_000;

/**
 * The product as users start it, in a process of its own, on the embedded PostgreSQL in a temporary folder.
 * With BENCH_PROFILE=1 it writes a CPU profile when it stops, to a folder that is printed.
 */
export async function startUsance(variables: Readonly<Record<string, string>> = {}): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'usance-bench-'));
  await chmod(dataDir, 0o755);
  // The bench runs on the Node that the shim would choose, so the shim starts no other and the options reach the server.
  const child = spawn(process.execPath, [...SHIM_OPTIONS, ...(await profileOptions()), COMMAND, 'start'], {
    env: {
      ...process.env,
      ...variables,
      PORT: '0',
      USANCE_DATA_DIR: dataDir,
      USANCE_SECRET_KEY: SECRET_KEY,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = async () => {
    await end(child);
    await rm(dataDir, { recursive: true, force: true });
  };
  const info = await untilReady(child, join(dataDir, 'server.json')).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    pid: info.pid,
    port: Number(new URL(info.url).port),
    secretKey: SECRET_KEY,
    databaseUrl: info.databaseUrl,
    dataDir,
    stop,
  };
}

async function profileOptions(): Promise<string[]> {
  if (process.env['BENCH_PROFILE'] !== '1') return [];
  const folder = await mkdtemp(join(tmpdir(), 'usance-profile-'));
  console.error(`The server's CPU profile will be in ${folder}`);
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

type ServerInfo = { readonly pid: number; readonly url: string; readonly databaseUrl: string };

async function untilReady(child: ChildProcess, file: string): Promise<ServerInfo> {
  for (let waited = 0; waited < READY_LIMIT_MS; waited += 100) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return JSON.parse(text) as ServerInfo;
    if (child.exitCode !== null) throw new Error('The server ended before it was ready');
    await sleep(100);
  }
  throw new Error(`The server did not start within ${READY_LIMIT_MS} ms`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

/** Runs a command of `usance` against a server, and answers what it printed. Throws when it fails. */
export async function runCommand(server: BenchServer, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, USANCE_DATA_DIR: server.dataDir, DATABASE_URL: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`usance ${args.join(' ')} ended with ${String(code)}:\n${output}`);
  return output;
}

/**
 * The reference of single requests: a bare HTTP server in a process of its own that reads the same body and answers as
 * many bytes. Nothing that speaks HTTP on this runtime can be faster.
 */
export async function startBareServer(): Promise<BareServer> {
  const child = spawn(process.execPath, [new URL('./bare.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data) => resolve(Number(String(data)))),
  );
  return { port, stop: () => end(child) };
}

/** What `bare.ts` runs. */
export function serveBare(): void {
  const body = JSON.stringify({ object: 'billing.meter_event', filler: 'x'.repeat(200) });
  const server = createServer((request, response) => {
    request.on('data', () => {});
    request.on('end', () => response.writeHead(200, { 'content-length': body.length }).end(body));
  });
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}
