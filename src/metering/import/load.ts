import assert from 'node:assert/strict';
import { MAX_IMPORT_BLOCKS_AHEAD, MAX_IMPORT_WRITE_EVENTS } from '../../limits.ts';
import type { ImportOutcome } from '../record_event.ts';
import type { RowBlock } from './read_rows.ts';
import type { EventRow, ImportPosition, RejectedRow, Row } from './row.ts';

export type ImportCounts = {
  readonly counted: number;
  readonly duplicates: number;
  /** How many rows were rejected, by code. */
  readonly rejected: Readonly<Record<string, number>>;
};

export const NOTHING_COUNTED: ImportCounts = { counted: 0, duplicates: 0, rejected: {} };

export function countRejected({ rejected }: ImportCounts): number {
  return Object.values(rejected).reduce((sum, rows) => sum + rows, 0);
}

export type ImportOptions = {
  /** Answers when the fate of each event is durable. */
  write(rows: readonly EventRow[]): Promise<readonly ImportOutcome[]>;
  /**
   * Called block by block, in the order of the file: every row up to `position` is settled. `counts` are those of all
   * blocks, `rows` of this one. The next call waits for it.
   */
  settled(
    counts: ImportCounts,
    rows: { readonly total: number; readonly rejected: readonly RejectedRow[] },
    position: ImportPosition,
  ): Promise<void> | void;
  /** What an earlier run counted of the same file. */
  readonly counts?: ImportCounts;
  /** Ends the import after the writes in flight. */
  readonly stop?: AbortSignal;
};

/**
 * Loads the rows, one write at a time and in the order of the file, because of two events of one window the one received
 * last counts; the next blocks are read meanwhile. When the reading fails, what was read is settled first; when a write
 * fails, what comes before it in the file. Answers false when it was stopped before the end.
 */
export async function loadEvents(blocks: AsyncIterable<RowBlock>, options: ImportOptions): Promise<boolean> {
  const loading: Promise<Loaded>[] = [];
  let counts = options.counts ?? NOTHING_COUNTED;
  const settleOldest = async () => {
    try {
      const loaded = await (loading.shift() as Promise<Loaded>);
      counts = add(counts, loaded);
      await options.settled(counts, loaded, loaded.position);
    } catch (error) {
      // What follows a block that failed stays unsettled: a later run must find the gap.
      await Promise.allSettled(loading.splice(0));
      throw error;
    }
  };
  try {
    for await (const block of blocks) {
      if (loading.length === MAX_IMPORT_BLOCKS_AHEAD) await settleOldest();
      if (options.stop?.aborted === true) return false;
      loading.push(loadBlock(block, options, loading.at(-1)));
      // Its failure is told when its turn comes; until then nobody waits for it.
      loading.at(-1)?.catch(() => {});
    }
  } finally {
    while (loading.length > 0) await settleOldest();
  }
  return true;
}

type Loaded = {
  readonly total: number;
  readonly counted: number;
  readonly duplicates: number;
  readonly rejected: readonly RejectedRow[];
  readonly position: ImportPosition;
};

/** Writes a block after the one before it; what follows a block that failed is not written. */
async function loadBlock(
  { rows, position }: RowBlock,
  { write }: ImportOptions,
  before: Promise<Loaded> | undefined,
): Promise<Loaded> {
  const events = rows.filter((row) => !isRejected(row)) as EventRow[];
  await before;
  const outcomes: ImportOutcome[] = [];
  for (let from = 0; from < events.length; from += MAX_IMPORT_WRITE_EVENTS) {
    outcomes.push(...(await write(events.slice(from, from + MAX_IMPORT_WRITE_EVENTS))));
  }
  assert.equal(outcomes.length, events.length, 'each event has an outcome');
  const refused = events.flatMap((row, index) => refusal(row, outcomes[index] as ImportOutcome));
  const countOf = (kind: ImportOutcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  return {
    total: rows.length,
    counted: countOf('counted'),
    duplicates: countOf('duplicate'),
    rejected: [...rows.filter(isRejected), ...refused].sort((a, b) => a.line - b.line),
    position,
  };
}

function isRejected(row: Row): row is RejectedRow {
  return 'code' in row;
}

function refusal({ line, text }: EventRow, outcome: ImportOutcome): RejectedRow[] {
  return outcome.kind === 'rejected' ? [{ line, text, code: outcome.code, message: outcome.message }] : [];
}

function add(counts: ImportCounts, { counted, duplicates, rejected }: Loaded): ImportCounts {
  const byCode = { ...counts.rejected };
  for (const { code } of rejected) byCode[code] = (byCode[code] ?? 0) + 1;
  return { counted: counts.counted + counted, duplicates: counts.duplicates + duplicates, rejected: byCode };
}
