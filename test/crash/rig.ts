import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { commandLine } from '../../src/db/embedded/processes.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';

const POSTGRES_PROGRAM = fileURLToPath(new URL('postgres.ts', import.meta.url));
const RECOVERY_LIMIT_MS = 60_000;
const POLL_MS = 20;

/** Who dies by SIGKILL. `both` is one server and PostgreSQL. */
export type Victim = 'server' | 'postgres' | 'both';

/** Running servers and their PostgreSQL. */
export type Rig = {
  /** The servers; one that was killed keeps its place, and its address, until `recover` has started another. */
  readonly servers: readonly ServerProcess[];
  /** Kills at once, and tells nobody. `index` says which server. */
  kill(victim: Victim, index: number): Promise<void>;
  /** Starts a killed server again, waits for the rest to come back by themselves, until every one is healthy. */
  recover(): Promise<void>;
  stop(): Promise<void>;
};

/** One server with its embedded PostgreSQL, or several on one PostgreSQL that DATABASE_URL names. */
export async function startRig(name: string, serverCount: number, env: Record<string, string> = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'usance-crash-'));
  // As root the server runs its PostgreSQL as another user.
  await chmod(folder, 0o755);
  const dataFolder = (index: number) => join(folder, `server-${index}`);
  const shared = serverCount === 1 ? undefined : await startPostgres(join(folder, 'shared'));
  const start = async (index: number) =>
    await startServer({ name: `${name}-${index}`, dataFolder: dataFolder(index), databaseUrl: shared?.url, env });
  for (let index = 0; index < serverCount; index++) await mkdir(dataFolder(index));
  const servers: ServerProcess[] = [];
  const dead = new Set<number>();
  for (let index = 0; index < serverCount; index++) servers.push(await start(index));
  const postgresFolder = shared === undefined ? dataFolder(0) : join(folder, 'shared');
  return {
    servers,
    async kill(victim, index) {
      if (victim !== 'postgres') {
        process.kill(servers[index]!.pid, 'SIGKILL');
        dead.add(index);
      }
      if (victim !== 'server') await killPostgres(postgresFolder);
    },
    async recover() {
      if (shared !== undefined) await untilConnected(shared.url);
      for (const index of dead) {
        await servers[index]!.exited;
        // Only forgets the process: it has ended.
        await servers[index]!.stop();
        servers[index] = await start(index);
        dead.delete(index);
      }
      for (const server of servers) await untilHealthy(server);
    },
    async stop() {
      for (const server of servers) await server.stop();
      await shared?.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Kills the postmaster of a data folder; its backends notice by themselves. Nothing happens when there is none now. */
export async function killPostgres(dataFolder: string): Promise<void> {
  const file = join(dataFolder, 'postgres/postmaster.pid');
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : NaN;
  // The file of a dead server may name a pid that is somebody else's by now.
  if (pid > 0 && (await commandLine(pid))?.includes('postgres -D ')) process.kill(pid, 'SIGKILL');
}

/** Waits until `GET /healthz` answers 200. */
export async function untilHealthy({ url }: { readonly url: string }): Promise<void> {
  const isHealthy = async () => (await fetch(`${url}/healthz`)).status === 200;
  await until(`${url} is healthy`, isHealthy);
}

async function untilConnected(connectionString: string): Promise<void> {
  await until('PostgreSQL accepts connections', async () => {
    const client = new pg.Client({ connectionString });
    client.on('error', () => {});
    await client.connect();
    await client.end();
    return true;
  });
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (const limit = performance.now() + RECOVERY_LIMIT_MS; performance.now() < limit; await sleep(POLL_MS)) {
    if (await check().catch(() => false)) return;
  }
  throw new Error(`Waited ${RECOVERY_LIMIT_MS} ms in vain until ${what}`);
}

/** PostgreSQL as a process of its own, on a folder that outlives it; `url` is for DATABASE_URL. */
export async function startPostgres(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, [POSTGRES_PROGRAM, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const printed = once(child.stdout!, 'data').then(([text]) => String(text).trim());
  const url = await Promise.race([printed, exited.then(() => undefined)]);
  if (url === undefined) throw new Error('PostgreSQL did not start');
  const stop = async () => {
    process.off('exit', endWithUs);
    child.kill('SIGTERM');
    await exited;
  };
  return { url, stop };
}
