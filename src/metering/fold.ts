import type { Queryable } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { FOLD_DELAY_MINUTES } from '../limits.ts';
import { startOfDay, startOfHour } from '../time/instant.ts';
import { type Fold, foldBuckets, holdBuckets, prepareFold, type SeriesBucket } from './fold.sql.ts';

/*
 * Folding: minutes of hours that are over become hours, and hours of days that are over days, so that a month is 30 rows
 * to read and not 43,200.
 *
 * What readers rely on (usage.sql.ts): in every snapshot, an hour none of whose minutes is unfolded stands in usage_hours
 * as the sum of its minutes. It holds because
 *
 * 1. Whoever changes or adds a minute leaves it with `folded = false`, in the same transaction (ingest.sql.ts).
 * 2. One statement of `foldBuckets` locks the minutes of an hour that it sees, in their newest versions; computes the hour
 *    from exactly those; and marks exactly those. Its transaction shows readers the hour and the marks at once.
 * 3. Of the folds of one series only one runs at a time: each holds the row of the series, and takes the snapshot of
 *    `foldBuckets` after it got hold of it. So it sees all that earlier folds saw, and nobody else sets `folded = true`.
 *
 * The interleavings, all at READ COMMITTED, of a fold F and an ingest I on one hour:
 * - I has updated a minute and not committed. F waits for its lock and then gets I's version: it is part of the hour.
 * - F holds the lock of a minute that I wants to update. I waits, gets F's version, adds to it, and marks it unfolded:
 *   from I's commit on readers take the minutes, until the next fold. The hour is stale, and nobody reads it.
 * - I inserts a minute and commits after the snapshot of F. F neither counts nor marks it: it is there as unfolded, and
 *   readers take the minutes. A reader that sees F and not yet I finds an hour that is the sum of all minutes it sees.
 * - I inserts a minute and commits before the snapshot of F, but after F chose its hours. F sees it, counts and marks it.
 * - A fold G of the same series finds it held and leaves it out. If it comes later it replaces the hour, also where F
 *   did not see a minute that G sees. The snapshot before the hold would not do: F could then count fewer minutes than G,
 *   whose commit it had not seen, marked, and put its smaller hour over G's.
 *
 * Folds and ingest take minutes in the order of series and time, a fold takes series before minutes, and ingest takes no
 * series: they don't wait in circles.
 *
 * Hours of days that are over become days in the same way, and readers rely on the same: a day none of whose minutes is
 * unfolded, and none of whose hours, stands in usage_days as the sum of its hours. Only folds write hours, each leaves them
 * with `folded = false`, and the folds of a series, of either kind, hold its row: so a fold of days meets nobody.
 */

/** Where a pass begins: before all series and times. */
const BEGINNING: SeriesBucket = { seriesId: 0, at: Temporal.Instant.fromEpochMilliseconds(0) };

/**
 * Folds all hours that are over at `now`, a slice in each transaction, until none is left; hours whose series another
 * process is folding are left to it. Returns how many hours it folded. Stops between slices when `signal` aborts.
 */
export async function foldUsage(db: Queryable, now: Temporal.Instant, signal?: AbortSignal): Promise<number> {
  return await foldAll(db, 'minutes into hours', startOfHour(now.subtract({ minutes: FOLD_DELAY_MINUTES })), signal);
}

/** The same of days, from hours that are folded. A day is over when its last hour can be folded. */
export async function foldDays(db: Queryable, now: Temporal.Instant, signal?: AbortSignal): Promise<number> {
  return await foldAll(db, 'hours into days', startOfDay(now.subtract({ minutes: FOLD_DELAY_MINUTES })), signal);
}

async function foldAll(
  db: Queryable,
  fold: Fold,
  before: Temporal.Instant,
  signal: AbortSignal | undefined,
): Promise<number> {
  let folded = 0;
  let next: SeriesBucket | undefined = BEGINNING;
  while (next !== undefined) {
    if (signal?.aborted === true) break;
    const slice: Slice = await foldSlice(db, fold, next, before);
    folded += slice.folded;
    next = slice.next;
  }
  return folded;
}

type Slice = { readonly folded: number; readonly next: SeriesBucket | undefined };

async function foldSlice(db: Queryable, fold: Fold, start: SeriesBucket, before: Temporal.Instant): Promise<Slice> {
  return await inTransaction(db, async (transaction) => {
    await prepareFold(transaction);
    const picked = await holdBuckets(transaction, fold, start, before);
    const held = picked.filter((bucket) => bucket.held);
    if (held.length > 0) await foldBuckets(transaction, fold, held);
    const last = picked.at(-1);
    return { folded: held.length, next: last && { ...last, at: last.at.add({ hours: HOURS_OF[fold] }) } };
  });
}

const HOURS_OF: Readonly<Record<Fold, number>> = { 'minutes into hours': 1, 'hours into days': 24 };
