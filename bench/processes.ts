import { readdirSync, readFileSync } from 'node:fs';

/** proc(5) counts CPU time in ticks of USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds since their start of a server's Node process and of all PostgreSQL processes below it. */
export type CpuReading = { readonly server: number; readonly postgres: number };

type Stat = { readonly pid: number; readonly parent: number; readonly name: string; readonly seconds: number };

/**
 * Reads the CPU time of a server and of the PostgreSQL that it started, from `/proc`. Zeros where there is none: the
 * figures of who uses the cores then are missing, and nothing else.
 */
export function readCpu(serverPid: number): CpuReading {
  const all = allStats();
  const server = all.find(({ pid }) => pid === serverPid)?.seconds ?? 0;
  const postgres = descendants(all, serverPid)
    .filter(({ name }) => name === 'postgres')
    .reduce((sum, { seconds }) => sum + seconds, 0);
  return { server, postgres };
}

/** Resident memory in megabytes of 1,000,000 bytes; 0 where the system does not tell. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return (Number(kilobytes ?? 0) * 1024) / 1e6;
}

/** Watches the resident memory of a process; `stop` tells the largest that was seen, in megabytes. */
export function watchMemory(pid: number): { stop(): number } {
  let peak = residentMegabytes(pid);
  const timer = setInterval(() => (peak = Math.max(peak, residentMegabytes(pid))), 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(Math.max(peak, residentMegabytes(pid)));
    },
  };
}

function allStats(): Stat[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
}

function readStat(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold spaces.
  const match = /^\d+ \((.*)\) (.*)$/s.exec(text);
  if (match === null) return undefined;
  const fields = (match[2] ?? '').split(' ').map(Number);
  const name = match[1] ?? '';
  // User and system time of its own; of the postmaster also those of the children that ended, such as a vacuum.
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
  return { pid, parent: fields[1] ?? 0, name, seconds: ticks / TICKS_PER_SECOND };
}

function descendants(all: readonly Stat[], pid: number): Stat[] {
  const children = all.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendants(all, child.pid)]);
}

/** Empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
