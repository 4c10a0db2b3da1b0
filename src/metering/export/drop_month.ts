import type { Database } from '../../db/pool.ts';
import {
  type ArchivedMonth,
  countTakenOut,
  type CutPoint,
  dropTakenOut,
  findArchivedMonths,
  type MonthCount,
  putBack,
  takeOut,
} from './archive.sql.ts';

/**
 * Drops the raw events of a month whose export is durable and holds `exported`; those that the cut points need stay.
 * What was counted stays counted: minutes, hours and values are not touched. Throws, and leaves the month as it was,
 * when it holds anything else than what was exported.
 */
export async function dropMonth(
  database: Database,
  month: Temporal.PlainYearMonth,
  exported: MonthCount,
  cuts: readonly CutPoint[],
  now: Temporal.Instant,
): Promise<void> {
  await takeOut(database, month, exported, cuts, now);
  await finishDrop(database, { month, ...exported }, now);
}

/** Ends what runs that were cut off had begun. Returns the months that are dropped now. */
export async function finishDrops(database: Database, now: Temporal.Instant): Promise<Temporal.PlainYearMonth[]> {
  const unfinished = (await findArchivedMonths(database.kysely)).filter(({ droppedAt }) => droppedAt === null);
  for (const archived of unfinished) await finishDrop(database, archived, now);
  return unfinished.map(({ month }) => month);
}

async function finishDrop(
  database: Database,
  { month, counted, cancelled }: Omit<ArchivedMonth, 'droppedAt'>,
  now: Temporal.Instant,
): Promise<void> {
  const held = await countTakenOut(database, month);
  if (held !== undefined && (held.counted !== counted || held.cancelled !== cancelled)) {
    await putBack(database, month);
    throw new Error(
      `${month.toString()} changed during its export: it holds ${held.counted} events and ${held.cancelled} cancelled ` +
        `ones, the files ${counted} and ${cancelled}. Nothing was dropped. Remove its files and export it again.`,
    );
  }
  await dropTakenOut(database, month, now);
}
