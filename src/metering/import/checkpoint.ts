import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ImportCounts } from './load.ts';
import type { ImportFormat, ImportPosition } from './row.ts';

/** How far the import of a file has come: everything up to `position` is durable. */
export type Checkpoint = {
  readonly format: ImportFormat;
  readonly position: ImportPosition;
  readonly counts: ImportCounts;
  /** Where the rejected rows up to `position` stand, and how many bytes they take there. */
  readonly rejected: { readonly path: string; readonly bytes: number };
};

/**
 * What an earlier run left at `path`; undefined when there is nothing to go on from, or when its rejected rows are
 * asked for elsewhere or are gone: then they must be found again.
 */
export async function readCheckpoint(
  path: string,
  format: ImportFormat,
  rejectedPath: string,
): Promise<Checkpoint | undefined> {
  const text = await orUndefined(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  const checkpoint = JSON.parse(text) as Checkpoint;
  const { rejected } = checkpoint;
  if (checkpoint.format !== format || rejected.path !== rejectedPath) return undefined;
  const size = (await orUndefined(stat(rejectedPath)))?.size ?? 0;
  return size >= rejected.bytes ? checkpoint : undefined;
}

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Renamed into place, so that a crash leaves the one before or this one.
  await writeFile(`${path}.new`, `${JSON.stringify(checkpoint)}\n`);
  await rename(`${path}.new`, path);
}

export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
