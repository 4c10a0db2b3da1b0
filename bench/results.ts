import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Calibration } from './calibrate.ts';

const FOLDER = new URL('./results/', import.meta.url);

/** Seconds of each measured stretch. */
export const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 10);

/**
 * Prints a benchmark's figures as one line of JSON, with what they depend on, and appends it to `results/`.
 * BENCH_RECORD=0 only prints: for tries while something else keeps the machine busy.
 */
export function report(bench: string, calibration: Calibration, figures: object): void {
  const line = JSON.stringify({
    bench,
    ...figures,
    seconds: SECONDS,
    calibration_rows_per_second: [calibration.oneConnection, calibration.twoConnections],
    date: new Date().toISOString(),
    commit: commit(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  });
  console.log(line);
  if (process.env['BENCH_RECORD'] === '0') return;
  mkdirSync(FOLDER, { recursive: true });
  appendFileSync(new URL(`${bench}.jsonl`, FOLDER), `${line}\n`);
}

/** The commit that was measured; `+` when the program differs from it. */
function commit(): string {
  const cwd = new URL('..', import.meta.url);
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src', 'migrations') && '+');
  } catch {
    // A copy without its history.
    return 'unknown';
  }
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
