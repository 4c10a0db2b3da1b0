import { connect } from 'node:net';

/** What one run of the load saw. Latencies in milliseconds. */
export type LoadResult = {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
};

export type LoadOptions = {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly path: string;
  readonly secretKey: string;
  /** The form of request `n`. */
  readonly form: (n: number) => string;
  readonly headers?: (n: number) => string;
};

/**
 * Keeps every connection busy with one request at a time. Written on bare sockets, because an HTTP client would take
 * more of the two cores than the server that is measured.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let failures = 0;
  let sent = 0;
  const startedAt = performance.now();
  const until = startedAt + options.seconds * 1000;
  const next = () => (performance.now() < until ? sent++ : undefined);
  const done = (ok: boolean, milliseconds: number) => {
    if (!ok) failures++;
    latencies.push(milliseconds);
  };
  await Promise.all(Array.from({ length: options.connections }, () => keepBusy(options, next, done)));
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    failures,
    seconds: round(seconds),
    perSecond: Math.round(latencies.length / seconds),
    p50: round(latencies[Math.floor(latencies.length * 0.5)] ?? 0),
    p99: round(latencies[Math.floor(latencies.length * 0.99)] ?? 0),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

async function keepBusy(
  options: LoadOptions,
  next: () => number | undefined,
  done: (ok: boolean, milliseconds: number) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(options.port, '127.0.0.1');
    let sentAt = 0;
    let received = '';
    const send = () => {
      const n = next();
      if (n === undefined) {
        socket.end();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(requestText(options, n));
    };
    socket.setNoDelay(true);
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!isWhole(received)) return;
      done(received.startsWith('HTTP/1.1 200'), performance.now() - sentAt);
      received = '';
      send();
    });
  });
}

function requestText(options: LoadOptions, n: number): string {
  const body = options.form(n);
  return (
    `POST ${options.path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${options.secretKey}\r\n` +
    `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
    `${options.headers?.(n) ?? ''}\r\n${body}`
  );
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
  return text.length >= end + 4 + length;
}
