import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** The account that the server's processes run as when Usance itself runs as root. */
export type ServerUser = { name: string; uid: number; gid: number };

/** What a short-lived program did: `output` is its stdout followed by its stderr. */
export type Outcome = { ok: boolean; output: string };

/** How `spawn` starts a program as `user`; without one it runs as the current user. */
export function asUser(user: ServerUser | undefined): {
  uid?: number;
  gid?: number;
  cwd: string;
  env: NodeJS.ProcessEnv;
} {
  // The working directory may be closed to `user`, and PG* or LC_* variables of the shell would change the server.
  const env = process.platform === 'win32' ? process.env : { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  const cwd = process.platform === 'win32' ? process.cwd() : '/';
  return user === undefined ? { cwd, env } : { uid: user.uid, gid: user.gid, cwd, env };
}

/** Runs a program to its end. Never throws: a program that cannot be started is an outcome that is not ok. */
export function run(file: string, args: string[], user?: ServerUser): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { ...asUser(user), windowsHide: true }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      resolve({ ok: error === null, output: output === '' && error !== null ? error.message : output });
    });
  });
}

/**
 * A text that no other process gets, even when the kernel gives `pid` out again: boot and start time on Linux, start
 * time on macOS. `undefined` where the system does not tell (Windows, a hidden `/proc`) or the process is gone.
 */
export async function startMark(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxStartMark(pid);
  if (process.platform === 'win32') return undefined;
  const { ok, output } = await run('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
  if (!ok) return undefined;
  return output.startsWith('Z') ? ZOMBIE : output.replace(/^\S+\s+/, '');
}

/** A killed process whose parent has not collected it yet still has a pid, but holds nothing any more. */
const ZOMBIE = 'zombie';

async function linuxStartMark(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name in parentheses may hold spaces; after it come the state (field 3) and the start time (22).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return ZOMBIE;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** True while the process that had `mark` lives. Where the system gives no mark, any process with that pid counts. */
export async function isRunning(pid: number, mark: string | undefined): Promise<boolean> {
  const current = await startMark(pid);
  if (current !== undefined && mark !== undefined) return current === mark;
  if (current === ZOMBIE) return false;
  return pidExists(pid);
}

/** True when some process has that pid, also one that belongs to another user. */
export function pidExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** The command line of a process, its arguments joined by spaces; `undefined` when the system does not tell. */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
    return raw?.replaceAll('\0', ' ');
  }
  const { ok, output } = await run('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return ok ? `${output} ` : undefined;
}

/** True for an error of the system, or of PostgreSQL, with that code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
