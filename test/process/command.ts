import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** How a command ended: by an exit code, or by a signal. */
export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Command = {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits for a text on standard output or standard error. Throws when the command ends, or 60 s pass, without it. */
  until(text: RegExp): Promise<RegExpExecArray>;
  /** Ends with the command and everything that holds its output. */
  readonly ended: Promise<Ended>;
};

export type CommandOptions = {
  readonly cwd?: string;
  /** Replaces the environment that `cleanEnvironment` gives. */
  readonly env?: NodeJS.ProcessEnv;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
};

const UNTIL_LIMIT_MS = 60_000;
const alive = new Set<ChildProcess>();
// A run that is cut off must not leave servers behind.
process.on('exit', () => alive.forEach(killGroup));

/** Runs a program in a process group of its own, as a terminal does, and kills the group when the test has ended. */
export function run(program: string, args: readonly string[], options: CommandOptions = {}): Command {
  const child = spawn(program, args, {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? cleanEnvironment(),
    ...options.user,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    alive.delete(child);
    return { code, signal, ...output };
  });
  onTestFinished(async () => {
    if (alive.has(child)) killGroup(child);
    await ended;
  });
  const until = (text: RegExp) => waitForText(`${program} ${args.join(' ')}`, output, ended, text);
  return { pid: child.pid!, stdout: () => output.stdout, stderr: () => output.stderr, until, ended };
}

/** Runs `usance` from this checkout, on the Node that runs the tests. `settings` are environment variables. */
export function usance(args: readonly string[], settings: Readonly<Record<string, string>> = {}): Command {
  const env = { ...cleanEnvironment(), ...settings };
  return run(process.execPath, [join(ROOT, 'bin/usance.js'), ...args], { env });
}

/** A server in the foreground of a terminal. */
export type Server = { readonly command: Command; readonly url: string; readonly secretKey: string };

/** `usance start` on a free port, once it has printed its banner with a key. */
export async function startServer(settings: Readonly<Record<string, string>>): Promise<Server> {
  const command = usance(['start'], { PORT: '0', ...settings });
  return { command, ...(await readBanner(command)) };
}

/** The address and the key that the banner tells. */
export async function readBanner(command: Command): Promise<{ url: string; secretKey: string }> {
  await command.until(/Stop it with Ctrl-C/);
  const [, url = ''] = /ready at (\S+)/.exec(command.stdout()) ?? [];
  const [, secretKey = ''] = /Secret key of the test account +(\S+)/.exec(command.stdout()) ?? [];
  return { url, secretKey };
}

/**
 * The environment of a terminal in which nothing of Usance is set. Under `npm test` npm's settings and the folders of
 * this checkout are in it, which would make another clone run this one's Node.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(npm_|USANCE_|VITEST|NODE_OPTIONS$|NODE_ENV$|NODE_PATH$|DATABASE_URL$|PORT$|HOST$|LOG_LEVEL$|PG[A-Z]+$)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !/node_modules|node-gyp/.test(folder));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/**
 * A folder until the end of the test. Everybody may enter it: as root the server runs its PostgreSQL as another user.
 * Where it was a data folder, its PostgreSQL, which outlives a killed server by a moment, has ended before it goes.
 */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'usance-process-'));
  await chmod(folder, 0o755);
  onTestFinished(async () => {
    await vi.waitFor(() => expect(postgresPid(folder)).toBeUndefined(), { timeout: 20_000 });
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

/** What a running server tells of itself in its data folder. */
export function serverInfo(dataFolder: string): { pid: number; url: string; databaseUrl: string } {
  return JSON.parse(readFileSync(join(dataFolder, 'server.json'), 'utf8'));
}

/** The process that is the embedded PostgreSQL of a data folder, while there is one. */
export function postgresPid(dataFolder: string): number | undefined {
  const file = join(dataFolder, 'postgres/postmaster.pid');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

/** Whether anybody accepts connections there. */
export async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function waitForText(
  name: string,
  output: { readonly stdout: string; readonly stderr: string },
  ended: Promise<Ended>,
  text: RegExp,
): Promise<RegExpExecArray> {
  const limit = sleep(UNTIL_LIMIT_MS, true, { ref: false });
  const over = Promise.race([ended.then(() => true), limit]);
  for (;;) {
    const isOver = await Promise.race([over, sleep(20, false)]);
    const found = text.exec(output.stdout) ?? text.exec(output.stderr);
    if (found) return found;
    if (isOver) throw new Error(`No ${text} in what ${name} printed:\n${output.stdout}\n${output.stderr}`);
  }
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // All of the group has ended.
  }
}
