import { join } from 'node:path';
import type pg from 'pg';
import { writeDurably, writeText } from './durable_file.ts';
import { selectEvents, type ExportSelection, selectPayloadKeys } from './event_export.sql.ts';
import type { ExportedEvent } from './exported_event.ts';
import { writeParquet } from './parquet.ts';
import { csvText, type EventBatches, jsonlText } from './text_formats.ts';

type ExportFormat = 'csv' | 'jsonl' | 'parquet';

export type ExportOptions = {
  readonly format: ExportFormat;
  /** For the text formats; Parquet is compressed in itself. */
  readonly gzip: boolean;
};

/** A file that was written, and how many events it holds. */
type ExportedFile = { readonly path: string; readonly events: number };

/** What an export wrote: cancelled events stand in files of their own, or marked in Parquet. */
export type ExportResult = {
  readonly files: readonly ExportedFile[];
  /** Events that count. */
  readonly counted: number;
  readonly cancelled: number;
};

/** The name of a file of events, as `meter_events_2026_09.jsonl.gz`, or `….cancelled.jsonl.gz`. */
export function exportName(stem: string, { format, gzip }: ExportOptions, cancelled = false): string {
  return `${stem}${cancelled ? '.cancelled' : ''}.${format}${gzip ? '.gz' : ''}`;
}

/**
 * Writes the events of one account in `[from, to)` to `DIR/STEM.FORMAT`, in the order of their receipt. A format that
 * can be imported again holds only events that count; those that were cancelled stand beside it in
 * `STEM.cancelled.FORMAT`, so that no import counts them. A file without events is not written.
 */
export async function exportEvents(
  pool: pg.Pool,
  selection: Omit<ExportSelection, 'cancelled'>,
  to: { readonly folder: string; readonly stem: string },
  options: ExportOptions,
): Promise<ExportResult> {
  const path = (cancelled: boolean) => join(to.folder, exportName(to.stem, options, cancelled));
  if (options.format === 'parquet') {
    const tally = await writeOne(pool, { ...selection, cancelled: 'all' }, path(false), options);
    return resultOf([tally]);
  }
  const counted = await writeOne(pool, { ...selection, cancelled: false }, path(false), options);
  const cancelled = await writeOne(pool, { ...selection, cancelled: true }, path(true), options);
  return resultOf([counted, cancelled]);
}

type Tally = { readonly path: string; counted: number; cancelled: number };

function resultOf(tallies: readonly Tally[]): ExportResult {
  const sum = (read: (tally: Tally) => number) => tallies.reduce((total, tally) => total + read(tally), 0);
  return {
    files: tallies
      .map(({ path, counted, cancelled }) => ({ path, events: counted + cancelled }))
      .filter(({ events }) => events > 0),
    counted: sum(({ counted }) => counted),
    cancelled: sum(({ cancelled }) => cancelled),
  };
}

async function writeOne(
  pool: pg.Pool,
  selection: ExportSelection,
  path: string,
  options: ExportOptions,
): Promise<Tally> {
  const tally: Tally = { path, counted: 0, cancelled: 0 };
  const batches = tallied(selectEvents(pool, selection), tally);
  const first = await batches.next();
  if (first.done === true) return tally;
  const all = startingWith(first.value, batches);
  try {
    await writeDurably(path, async (file) => {
      if (options.format === 'parquet') return await writeParquet(file, selection.accountId, all);
      const text = options.format === 'jsonl' ? jsonlText(all) : csvText(all, await selectPayloadKeys(pool, selection));
      return await writeText(file, text, options.gzip);
    });
  } finally {
    // Closes the cursor, also where the path is taken and nobody has read on.
    await batches.return(undefined);
  }
  return tally;
}

type Batch = readonly ExportedEvent[];

async function* tallied(batches: EventBatches, tally: Tally): AsyncGenerator<Batch, undefined> {
  for await (const events of batches) {
    const cancelled = events.filter(({ cancelledAtMs }) => cancelledAtMs !== null).length;
    tally.cancelled += cancelled;
    tally.counted += events.length - cancelled;
    yield events;
  }
  return undefined;
}

async function* startingWith(first: Batch, rest: EventBatches): AsyncGenerator<Batch, void> {
  yield first;
  yield* rest;
}
