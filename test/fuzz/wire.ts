import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FuzzRequest } from './requests.ts';

/** The first answer on a connection; undefined where it was closed without one. */
export type WireAnswer = { readonly status: number; readonly text: string };

/** An answer that takes longer is none. */
const ANSWER_LIMIT_MS = 20_000;
/** How long to listen where no answer need come. */
const PATIENCE_MS = 150;
const PAUSE_MS = 20;

/** Sends a request in its manner on a connection of its own, and reads the first answer to it. */
export async function sendRaw(port: number, request: FuzzRequest): Promise<WireAnswer | undefined> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  // A server may close while we send: what was read until then is what counts.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect');
    const answer = readAnswer(socket, request.mustAnswer ? ANSWER_LIMIT_MS : PATIENCE_MS + ANSWER_LIMIT_MS / 100);
    await write(socket, request);
    return await answer;
  } finally {
    socket.resetAndDestroy();
  }
}

async function write(socket: Socket, { bytes, manner }: FuzzRequest): Promise<void> {
  const middle = Math.floor(bytes.length / 2);
  if (manner === 'in pieces') {
    socket.write(bytes.subarray(0, middle));
    await sleep(PAUSE_MS);
    socket.write(bytes.subarray(middle));
  } else if (manner === 'cut off') {
    socket.end(bytes.subarray(0, middle));
  } else if (manner === 'half closed') {
    socket.end(bytes);
  } else {
    socket.write(bytes);
  }
}

async function readAnswer(socket: Socket, limitMs: number): Promise<WireAnswer | undefined> {
  let text = '';
  const read = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (isWhole(text)) resolve();
    });
    socket.on('end', resolve);
    socket.on('close', resolve);
  });
  const limit = new AbortController();
  await Promise.race([read, sleep(limitMs, undefined, { signal: limit.signal }).catch(() => {})]);
  limit.abort();
  const [, status] = /^(?:HTTP\/1\.1 100 [^\r]*\r\n\r\n)?HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
  return status === undefined ? undefined : { status: Number(status), text: text.slice(0, 2_000) };
}

/** True when the first answer has come with all of its body. */
function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  const [, length] = /content-length: (\d+)/i.exec(text.slice(0, Math.max(head, 0))) ?? [];
  return length !== undefined && text.length >= head + 4 + Number(length);
}
