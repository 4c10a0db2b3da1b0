import type { Writable } from 'node:stream';

const TERMINAL_INTERVAL_MILLISECONDS = 200;
const LOG_INTERVAL_MILLISECONDS = 5_000;
const BAR_CHARACTERS = 24;

/** Tells how an import goes: a bar that moves on a terminal, else a line every few seconds. */
export class ImportProgress {
  readonly #out: Writable & { isTTY?: boolean };
  readonly #totalBytes: number | undefined;
  readonly #timer: NodeJS.Timeout;
  #label = '';
  #startedMs = performance.now();
  #bytes = 0;
  #rows = 0;

  /** `totalBytes` is undefined where nobody knows it. */
  constructor(out: Writable & { isTTY?: boolean }, totalBytes: number | undefined) {
    this.#out = out;
    this.#totalBytes = totalBytes;
    const interval = out.isTTY === true ? TERMINAL_INTERVAL_MILLISECONDS : LOG_INTERVAL_MILLISECONDS;
    this.#timer = setInterval(() => this.#print(), interval).unref();
  }

  /** Begins something else, from the first byte. */
  begin(label: string): void {
    this.#label = label;
    this.#startedMs = performance.now();
    this.#bytes = 0;
    this.#rows = 0;
  }

  read(bytes: number): void {
    this.#bytes += bytes;
  }

  settled(rows: number): void {
    this.#rows += rows;
  }

  /** Rows that were settled since `begin`, and how long it took. */
  get sofar(): { rows: number; seconds: number } {
    return { rows: this.#rows, seconds: (performance.now() - this.#startedMs) / 1000 };
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#out.isTTY === true) this.#out.write('\r\u001b[K');
  }

  #print(): void {
    const line = describeProgress({
      label: this.#label,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      ...this.sofar,
    });
    this.#out.write(this.#out.isTTY === true ? `\r${line}\u001b[K` : `${line}\n`);
  }
}

type State = {
  readonly label: string;
  readonly bytes: number;
  readonly totalBytes: number | undefined;
  readonly rows: number;
  readonly seconds: number;
};

/** As `Importing [######------------------] 25%  500,000 rows  100,000 rows/s  0:15 left`. */
export function describeProgress({ label, bytes, totalBytes, rows, seconds }: State): string {
  const part = totalBytes === undefined ? undefined : Math.min(bytes / Math.max(totalBytes, 1), 1);
  const filled = Math.round((part ?? 0) * BAR_CHARACTERS);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_CHARACTERS - filled)}] ${Math.floor((part ?? 0) * 100)}%`;
  const left =
    part === undefined || part === 0 || part === 1 ? [] : [`${duration((seconds * (1 - part)) / part)} left`];
  const counted = rows === 0 ? [] : [`${count(rows)} rows`, `${count(rate(rows, seconds))} rows/s`];
  return [`${label}${part === undefined ? '' : ` ${bar}`}`, ...counted, ...left].join('  ');
}

export function rate(rows: number, seconds: number): number {
  return Math.round(rows / Math.max(seconds, 0.001));
}

export function count(whole: number): string {
  return whole.toLocaleString('en-US');
}

/** As `1:02:03` or `0:15`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const tail = String(rest).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
