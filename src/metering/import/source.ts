import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { IMPORT_BLOCK_BYTES } from '../../limits.ts';
import { gunzipIfNeeded } from './gunzip.ts';
import { ImportFileError, type ImportFormat } from './row.ts';
import type { Identify } from './row_reader.ts';

/** Small, because what was inflated of a chunk is in memory: deflate makes at most a thousand bytes of one. */
const CHUNK_BYTES = 32 * 1024;

/** Where the bytes of an import come from. */
export type ImportSource = {
  readonly format: ImportFormat;
  /** Bytes as they are stored; undefined for a stream, which can be read once only. */
  readonly size: number | undefined;
  /** Reads from the first byte; `onRead` is told how many bytes came. */
  open(onRead?: (bytes: number) => void): AsyncIterable<Buffer>;
};

const FORMATS: Readonly<Record<string, ImportFormat>> = { csv: 'csv', json: 'json', jsonl: 'jsonl', ndjson: 'jsonl' };

/** The format that the name of a file tells, with or without `.gz`. */
export function formatOfName(name: string): ImportFormat | undefined {
  return FORMATS[/\.([a-z]+)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase() ?? ''];
}

/** A file as it is now: what is added to it while it is read is not of this import. */
export async function fileSource(path: string, format: ImportFormat): Promise<ImportSource> {
  const { size } = await stat(path);
  return {
    format,
    size,
    // The end is inclusive, so a file of no bytes can't be said that way.
    open: (onRead) =>
      counted(size === 0 ? noChunks() : createReadStream(path, { end: size - 1, highWaterMark: CHUNK_BYTES }), onRead),
  };
}

/** Bytes that come once, as from a pipe. */
export function streamSource(stream: AsyncIterable<Buffer>, format: ImportFormat): ImportSource {
  return { format, size: undefined, open: (onRead) => counted(stream, onRead) };
}

async function* noChunks(): AsyncGenerator<Buffer> {}

async function* counted(chunks: AsyncIterable<Buffer>, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onRead?.(chunk.length);
    yield chunk;
  }
}

/**
 * What the chunks hold, without gzip, in blocks that are worth a write each, from the byte `from` on. After damage all
 * that came before it is told, then the error thrown.
 */
export async function* contentBlocks(chunks: AsyncIterable<Buffer>, from = 0): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  let toSkip = from;
  try {
    for await (const chunk of gunzipIfNeeded(chunks)) {
      const part = chunk.subarray(Math.min(toSkip, chunk.length));
      toSkip -= chunk.length - part.length;
      parts.push(part);
      size += part.length;
      if (size < IMPORT_BLOCK_BYTES) continue;
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
    }
  } catch (error) {
    if (size > 0) yield Buffer.concat(parts);
    throw error;
  }
  if (size > 0) yield Buffer.concat(parts);
}

/** Half of a sha256: no two files share it by chance. */
const IDENTITY_CHARACTERS = 32;

/**
 * What a file holds, as a hash in hexadecimal: a file is the same under another name and gzipped or not, and one that
 * differs by a byte is another. Throws an ImportFileError when its gzip is damaged or there is more than `maxBytes`.
 */
export async function contentIdentity(chunks: AsyncIterable<Buffer>, maxBytes = Infinity): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const part of gunzipIfNeeded(chunks)) {
    hash.update(part);
    size += part.length;
    if (size > maxBytes) throw new ImportFileError(`The file holds more than ${maxBytes} bytes.`);
  }
  return hash.digest('hex').slice(0, IDENTITY_CHARACTERS);
}

/** Identifiers for rows of a file that have none: the same file gives the same, another file others. */
export function rowIdentifiers(identity: string): Identify {
  return (offset) => `import_${identity}_${offset}`;
}
