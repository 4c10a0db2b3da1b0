import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type BenchServer = { readonly port: number; readonly secretKey: string; stop(): Promise<void> };

const SECRET_KEY = 'sk_test_benchbenchbench';

/** The product as users start it, in a process of its own, on the embedded PostgreSQL in a temporary folder. */
export async function startUsance(): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'usance-bench-'));
  await chmod(dataDir, 0o755);
  const script = new URL('../bin/usance.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, 'start'], {
    env: { ...process.env, PORT: '0', USANCE_DATA_DIR: dataDir, USANCE_SECRET_KEY: SECRET_KEY, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = await untilReady(join(dataDir, 'server.json'));
  return {
    port: Number(new URL(url).port),
    secretKey: SECRET_KEY,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function untilReady(file: string): Promise<string> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { url: string }).url;
    await sleep(100);
  }
  throw new Error('The server did not start within 60 s');
}

/**
 * The reference: a bare HTTP server in a process of its own that reads the same body and answers as many bytes. Nothing
 * that speaks HTTP on this runtime can be faster.
 */
export async function startBareServer(): Promise<BenchServer> {
  const child = spawn(process.execPath, [new URL('./bare.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data) => resolve(Number(String(data)))),
  );
  return {
    port,
    secretKey: SECRET_KEY,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
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
