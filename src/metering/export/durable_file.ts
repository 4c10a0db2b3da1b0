import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/**
 * Writes a file that is either there whole and durable, or not at all: under another name first, then synced, renamed
 * and its folder synced. Throws when the path is taken: an export never overwrites one that may be the only copy.
 */
export async function writeDurably(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  requireFree(path);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.partial`;
  const file = await open(draft, 'w');
  try {
    await write(file);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), constants.O_RDONLY);
  await folder.sync().finally(() => folder.close());
}

/** Throws when there is a file of that name. */
export function requireFree(path: string): void {
  if (existsSync(path))
    throw new Error(`${path} is there already, and an export overwrites nothing. Choose another --out.`);
}

/** Writes text to a file as it comes, as fast as the disk takes it; gzipped on demand. */
export async function writeText(file: FileHandle, text: AsyncIterable<string>, gzip: boolean): Promise<void> {
  const source = Readable.from(text, { objectMode: false });
  const sink = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) await file.writeFile(chunk);
  };
  await (gzip ? pipeline(source, createGzip(), sink) : pipeline(source, sink));
}
