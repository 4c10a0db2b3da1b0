import { createGunzip, type Gunzip } from 'node:zlib';
import { ImportFileError } from './row.ts';

/** The chunks with gzip undone, if their first bytes say that they are gzip. */
export async function* gunzipIfNeeded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  try {
    for (let size = 0; size < 2;) {
      const { value, done } = await source.next();
      if (done === true) break;
      first.push(value);
      size += value.length;
    }
    const start = Buffer.concat(first);
    const all = prepend(start, source);
    yield* start[0] === 0x1f && start[1] === 0x8b ? gunzip(all) : all;
  } finally {
    await source.return?.();
  }
}

async function* prepend(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/**
 * Not a pipeline: a stream that fails throws away what it holds, and all that comes before the damage is to be had.
 * Throws an ImportFileError at the damage.
 */
async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createGunzip();
  const ready: Buffer[] = [];
  inflate.on('data', (bytes: Buffer) => ready.push(bytes));
  let damage: Error | undefined;
  inflate.on('error', (error) => (damage = error));
  const ended = new Promise<void>((resolve) => inflate.on('close', resolve));
  try {
    for await (const chunk of chunks) {
      await write(inflate, chunk);
      yield* ready.splice(0);
      if (damage !== undefined) break;
    }
    inflate.end();
    await ended;
    yield* ready.splice(0);
  } finally {
    inflate.destroy();
  }
  if (damage !== undefined) throw new ImportFileError(`The gzip is damaged: ${damage.message}.`);
}

/** Resolves when the chunk is inflated, or can't be: then `inflate` tells its error and closes, without an answer here. */
async function write(inflate: Gunzip, chunk: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    inflate.once('close', resolve);
    inflate.write(chunk, () => {
      inflate.off('close', resolve);
      resolve();
    });
  });
}
