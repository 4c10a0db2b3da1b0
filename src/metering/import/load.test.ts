import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MAX_IMPORT_WRITE_EVENTS } from '../../limits.ts';
import { type ImportCounts, loadEvents } from './load.ts';
import type { RowBlock } from './read_rows.ts';
import { type EventRow, type Row, START } from './row.ts';

function event(line: number): EventRow {
  return {
    line,
    text: `row ${line}`,
    input: { eventName: 'a', payload: {}, identifier: `i${line}`, timestampMs: undefined },
  };
}

/** Blocks of two events each. */
async function* blocksOf(count: number, failAt?: number): AsyncGenerator<RowBlock> {
  for (let n = 0; n < count; n++) {
    if (n === failAt) throw new Error('can not read on');
    yield { rows: [event(2 * n + 1), event(2 * n + 2)], position: { ...START, line: 2 * n + 2 } };
  }
}

/** Collects what `settled` tells. */
function listener() {
  const told: { counts: ImportCounts; rejected: number[]; line: number }[] = [];
  return {
    told,
    settled(counts: ImportCounts, rows: { rejected: readonly { line: number }[] }, { line }: { line: number }) {
      told.push({ counts, rejected: rows.rejected.map((row) => row.line), line });
    },
  };
}

test('rows are written one write after the other, in the order of the file, and settled so', async () => {
  const { told, settled } = listener();
  let running = 0;
  let most = 0;
  const written: number[] = [];
  const write = async (rows: readonly EventRow[]) => {
    most = Math.max(most, ++running);
    written.push(...rows.map(({ line }) => line));
    await sleep(rows[0]!.line % 3 === 0 ? 10 : 1);
    running--;
    return rows.map(({ line }) =>
      line % 5 === 0
        ? ({ kind: 'rejected', code: 'no_meter', message: 'No meter.' } as const)
        : ({ kind: line % 2 === 0 ? 'duplicate' : 'counted' } as const),
    );
  };
  expect(await loadEvents(blocksOf(20), { write, settled })).toBe(true);
  expect(most).toBe(1);
  expect(written).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  expect(told.map(({ line }) => line)).toEqual(Array.from({ length: 20 }, (_, n) => 2 * n + 2));
  expect(told.flatMap(({ rejected }) => rejected)).toEqual([5, 10, 15, 20, 25, 30, 35, 40]);
  expect(told.at(-1)?.counts).toEqual({ counted: 16, duplicates: 16, rejected: { no_meter: 8 } });
});

test('a write that fails ends the import; nothing behind it is written or settled', async () => {
  const { told, settled } = listener();
  const written: number[] = [];
  const write = async (rows: readonly EventRow[]) => {
    await sleep(1);
    if (rows[0]!.line === 5) throw new Error('the database is gone');
    written.push(rows[0]!.line);
    return rows.map(() => ({ kind: 'counted' }) as const);
  };
  await expect(loadEvents(blocksOf(9), { write, settled })).rejects.toThrow('the database is gone');
  expect(told.map(({ line }) => line)).toEqual([2, 4]);
  expect(written).toEqual([1, 3]);
});

test('when the reading fails, what was read is settled first', async () => {
  const { told, settled } = listener();
  const write = async (rows: readonly EventRow[]) => rows.map(() => ({ kind: 'counted' }) as const);
  await expect(loadEvents(blocksOf(9, 5), { write, settled })).rejects.toThrow('can not read on');
  expect(told.at(-1)).toMatchObject({ line: 10, counts: { counted: 10 } });
});

test('stopped, it settles what was read and reads no more', async () => {
  const { told, settled } = listener();
  const stop = new AbortController();
  let written = 0;
  const write = async (rows: readonly EventRow[]) => {
    written += rows.length;
    if (written === 6) stop.abort();
    await sleep(1);
    return rows.map(() => ({ kind: 'counted' }) as const);
  };
  expect(await loadEvents(blocksOf(9), { write, settled, stop: stop.signal })).toBe(false);
  expect(told.at(-1)?.counts.counted).toBe(written);
  // The block that is being written, and two that were read meanwhile.
  expect(written).toBeLessThanOrEqual(10);
});

test('a block of many small rows is more than one write; rows that can not be read are in none', async () => {
  const { told, settled } = listener();
  const bad: Row = { line: 3, text: 'x', code: 'invalid_csv', message: 'x' };
  const rows = [
    event(1),
    event(2),
    bad,
    ...Array.from({ length: 2 * MAX_IMPORT_WRITE_EVENTS }, (_, n) => event(n + 4)),
  ];
  const sizes: number[] = [];
  const write = async (events: readonly EventRow[]) => {
    sizes.push(events.length);
    return events.map(({ line }) =>
      line === 2 || line === 4
        ? ({ kind: 'rejected', code: 'b', message: 'b' } as const)
        : ({ kind: 'counted' } as const),
    );
  };
  async function* one(): AsyncGenerator<RowBlock> {
    yield { rows, position: START };
  }
  await loadEvents(one(), { write, settled });
  expect(sizes).toEqual([MAX_IMPORT_WRITE_EVENTS, MAX_IMPORT_WRITE_EVENTS, 2]);
  expect(told[0]?.rejected).toEqual([2, 3, 4]);
});
