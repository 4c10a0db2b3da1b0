import type { ImportOutcome } from '../record_event.ts';
import { type Checkpoint, readCheckpoint, removeCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { type ImportCounts, loadEvents, NOTHING_COUNTED } from './load.ts';
import { readRows } from './read_rows.ts';
import { RejectedFile } from './rejected_file.ts';
import { type EventRow, ImportFileError, type ImportPosition, START } from './row.ts';
import { contentBlocks, contentIdentity, type ImportSource, rowIdentifiers } from './source.ts';

/** 4 MiB of the file: what a run that dies reads again is less than a second's work. */
const BLOCKS_OF_A_CHECKPOINT = 16;

export type ImportFileOptions = {
  readonly source: ImportSource;
  /** Answers when the fate of each event is durable. */
  write(rows: readonly EventRow[]): Promise<readonly ImportOutcome[]>;
  /** Where rejected rows go, as an absolute path. */
  readonly rejectedPath: string;
  /** Where to keep how far the file with this identity has come; undefined: nowhere. */
  checkpointPath(identity: string): string | undefined;
  /** Begin anew also where an earlier run was stopped. */
  readonly restart: boolean;
  /** Ends the import after the writes in flight. */
  readonly stop: AbortSignal;
  readonly listener: ImportListener;
};

/** Who wants to know how it goes. */
type ImportListener = {
  /** The file is read once to know it again, then to load it, from `position` on. */
  begin(phase: 'identify' | 'load', position: ImportPosition): void;
  /** Bytes of the file as it is stored. */
  read(bytes: number): void;
  /** So many more rows are settled. */
  settled(rows: number): void;
};

export type ImportResult = {
  /** Those of the earlier runs that this one went on from are in it. */
  readonly counts: ImportCounts;
  /** Every row up to here is settled. */
  readonly position: ImportPosition;
  /** False when it was stopped, or failed, before the end. */
  readonly isComplete: boolean;
  /** What it failed for. */
  readonly failure: unknown;
};

/**
 * Imports a file. Repeating it counts nothing twice: an event without an identifier gets one from the file's content and
 * its place there, and a run that was stopped or killed is gone on from.
 */
export async function importFile(options: ImportFileOptions): Promise<ImportResult> {
  const { source, listener } = options;
  listener.begin('identify', START);
  const identity = await identify(options);
  if (options.stop.aborted) return { counts: NOTHING_COUNTED, position: START, isComplete: false, failure: undefined };
  const path = identity === undefined ? undefined : options.checkpointPath(identity);
  const earlier =
    path === undefined || options.restart ? undefined : await readCheckpoint(path, source.format, options.rejectedPath);
  const state = earlier ?? {
    format: source.format,
    position: START,
    counts: NOTHING_COUNTED,
    rejected: { path: options.rejectedPath, bytes: 0 },
  };
  listener.begin('load', state.position);
  return await load(options, state, identity, path);
}

/** Undefined when the file can't be read whole beforehand: from a pipe, or because its gzip is damaged. */
async function identify({ source, stop, listener }: ImportFileOptions): Promise<string | undefined> {
  if (source.size === undefined) return undefined;
  const onRead = (bytes: number) => {
    stop.throwIfAborted();
    listener.read(bytes);
  };
  try {
    return await contentIdentity(source.open(onRead));
  } catch (error) {
    if (error instanceof ImportFileError || stop.aborted) return undefined;
    throw error;
  }
}

async function load(
  { source, write, stop, listener }: ImportFileOptions,
  from: Checkpoint,
  identity: string | undefined,
  checkpointPath: string | undefined,
): Promise<ImportResult> {
  let state = from;
  let unsavedBlocks = 0;
  let result: Pick<ImportResult, 'isComplete' | 'failure'>;
  const save = async () => {
    if (checkpointPath !== undefined) await writeCheckpoint(checkpointPath, state);
    unsavedBlocks = 0;
  };
  const rejected = await RejectedFile.open(from.rejected.path, from.rejected.bytes);
  const blocks = readRows(
    contentBlocks(
      source.open((bytes) => listener.read(bytes)),
      from.position.offset,
    ),
    {
      format: source.format,
      from: from.position,
      identify: identity === undefined ? undefined : rowIdentifiers(identity),
    },
  );
  try {
    const isComplete = await loadEvents(blocks, {
      write,
      stop,
      counts: from.counts,
      async settled(counts, rows, position) {
        await rejected.add(rows.rejected);
        state = { ...state, counts, position, rejected: { path: rejected.path, bytes: rejected.bytes } };
        listener.settled(rows.total);
        if (++unsavedBlocks >= BLOCKS_OF_A_CHECKPOINT) await save();
      },
    });
    result = { isComplete, failure: undefined };
  } catch (failure) {
    result = { isComplete: false, failure };
  } finally {
    await rejected.close();
  }
  if (!result.isComplete) await save();
  else if (checkpointPath !== undefined) await removeCheckpoint(checkpointPath);
  return { ...result, counts: state.counts, position: state.position };
}
