import type { Queryable } from '../db/pool.ts';
import { IDENTIFIER_DAYS, SWEEP_PAGES, VERIFY_DIFFERENCES } from '../limits.ts';
import { startOfHour } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import {
  allowNestedLoops,
  danglingIdentifiers,
  type DifferenceRow,
  differingBuckets,
  differingValues,
  identifierPages,
  inSnapshot,
  seriesRuns,
  storedMonths,
  unidentifiedEvents,
  type VerifySlice,
} from './verify.sql.ts';

/** Something that is stored otherwise than the raw events say; `at` is the minute, the hour, or the event's own time. */
export type Difference = DifferenceRow & {
  readonly kind: 'minute' | 'hour' | 'day' | 'value' | 'event without identifier' | 'identifier without event';
};

/** What to check: an account or all of them; of times only the hours that lie in, or are cut by, `[from, to)`. */
export type VerifyOptions = {
  readonly accountId?: string | undefined;
  readonly from?: Temporal.Instant | undefined;
  readonly to?: Temporal.Instant | undefined;
  readonly now: Temporal.Instant;
};

export type VerifyListener = {
  difference(difference: Difference): void;
  /** Of one slice and kind only the first 1,000 differences are told. */
  moreDifferences(): void;
  /** After each part of the work. */
  progress(done: number, total: number): void;
};

/** While a long run goes on, the sweep forgets identifiers that were young enough at its start. */
const SWEEP_SLACK_DAYS = 1;

/**
 * Recomputes every minute, hour and value bucket from the raw events, and compares raw events with their identifiers in
 * both directions. Each slice (some series in one month) is read in a snapshot of its own, so that writers are neither
 * seen half nor held up, and old rows are kept for no longer than that. Months whose raw events were dropped can't be
 * checked and are left out.
 */
export async function verifyUsage(db: Queryable, options: VerifyOptions, listener: VerifyListener): Promise<void> {
  const months = (await storedMonths(db)).flatMap((month) => cut(month, options));
  const runs = await seriesRuns(db, options.accountId);
  const slices = months.flatMap((period) => runs.map((run) => ({ ...run, period })));
  const pages = await identifierPages(db);
  const pageSlices = Array.from({ length: Math.ceil(pages / SWEEP_PAGES) }, (_, index) => index * SWEEP_PAGES);
  const total = slices.length + pageSlices.length;
  const since = options.now.subtract({ hours: (IDENTIFIER_DAYS - SWEEP_SLACK_DAYS) * 24 });
  const tell = (kind: Difference['kind'], rows: readonly DifferenceRow[]) => {
    for (const row of rows) listener.difference({ kind, ...row });
    if (rows.length === VERIFY_DIFFERENCES) listener.moreDifferences();
  };
  for (const [index, slice] of slices.entries()) {
    await verifySlice(db, slice, options.accountId, since, tell);
    listener.progress(index + 1, total);
  }
  for (const [index, from] of pageSlices.entries()) {
    const range = { from, to: from + SWEEP_PAGES };
    const rows = await inSnapshot(db, (snapshot) =>
      danglingIdentifiers(snapshot, range, options.accountId, months, since),
    );
    tell('identifier without event', rows);
    listener.progress(slices.length + index + 1, total);
  }
}

async function verifySlice(
  db: Queryable,
  slice: VerifySlice,
  accountId: string | undefined,
  since: Temporal.Instant,
  tell: (kind: Difference['kind'], rows: readonly DifferenceRow[]) => void,
): Promise<void> {
  await inSnapshot(db, async (snapshot) => {
    // The month may have been exported and dropped since the beginning.
    if (!(await storedMonths(snapshot)).some((month) => contains(month, slice.period))) return;
    // Of one account there is little to compare, and the tables may be large.
    await allowNestedLoops(snapshot, accountId !== undefined);
    tell('minute', await differingBuckets(snapshot, slice, accountId, 'minute'));
    tell('hour', await differingBuckets(snapshot, slice, accountId, 'hour'));
    tell('day', await differingBuckets(snapshot, { ...slice, period: wholeDays(slice.period) }, accountId, 'day'));
    await allowNestedLoops(snapshot, true);
    tell('value', await differingValues(snapshot, slice, accountId));
    tell('event without identifier', await unidentifiedEvents(snapshot, slice, accountId, since));
  });
}

function contains(month: Period, { start }: Period): boolean {
  return Temporal.Instant.compare(month.start, start) <= 0 && Temporal.Instant.compare(start, month.end) < 0;
}

/** The whole hours of a month that are asked for. */
function cut(month: Period, { from, to }: VerifyOptions): Period[] {
  const start = from === undefined ? month.start : later(month.start, startOfHour(from));
  const end =
    to === undefined ? month.end : earlier(month.end, to.round({ smallestUnit: 'hour', roundingMode: 'ceil' }));
  return Temporal.Instant.compare(start, end) < 0 ? [{ start, end }] : [];
}

function wholeDays({ start, end }: Period): Period {
  const day = { smallestUnit: 'hour', roundingIncrement: 24 } as const;
  return { start: start.round({ ...day, roundingMode: 'ceil' }), end: end.round({ ...day, roundingMode: 'floor' }) };
}

function later(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) > 0 ? a : b;
}

function earlier(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? a : b;
}
