import { basename, dirname, join, resolve } from 'node:path';
import { listAccounts } from '../accounts/account.sql.ts';
import type { Database } from '../db/pool.ts';
import { wallTime } from '../main.ts';
import {
  type CutPoint,
  findArchivedMonths,
  findMonths,
  type MonthCount,
  monthStart,
  oldestChange,
} from '../metering/export/archive.sql.ts';
import { dropMonth, finishDrops } from '../metering/export/drop_month.ts';
import { requireFree } from '../metering/export/durable_file.ts';
import { exportEvents, exportName, type ExportOptions } from '../metering/export/export_events.ts';
import { openPeriodEdges } from '../subscriptions/cut_points.sql.ts';
import { withDatabase } from './database.ts';
import { count } from './import_progress.ts';

/** What `usance events export` takes. */
export type ExportCommandOptions = {
  before: string;
  format: string;
  out: string;
  account?: string;
  drop: boolean;
  gzip: boolean;
};

/** What to export, once the options make sense. */
type Plan = ExportOptions & {
  readonly before: Temporal.Instant;
  readonly accountId: string | undefined;
  readonly drops: boolean;
  readonly out: string;
};

const EARLIEST = Temporal.Instant.from('0001-01-01T00:00:00Z');

/**
 * `usance events export`: a file a month and account, `OUT/ACCOUNT/meter_events_YYYY_MM.FORMAT`, or, where `--out` is
 * the name of such a file, one for all time of one account. With `--drop` each month is dropped when all of its files
 * are durable. Throws for what can't be done, before anything is written.
 */
export async function exportEventsCommand(options: ExportCommandOptions): Promise<void> {
  const plan = readPlan(options);
  await withDatabase(async (database) => {
    const accountIds = await chooseAccounts(database, plan.accountId);
    const [accountId] = accountIds;
    if (isFile(plan) && accountId !== undefined) await exportToFile(database, plan, accountId);
    else await exportMonths(database, plan, accountIds);
  });
}

function readPlan({ before, format, out, account, drop, gzip }: ExportCommandOptions): Plan {
  if (format !== 'csv' && format !== 'jsonl' && format !== 'parquet') {
    throw new Error(`--format must be csv, jsonl or parquet, not '${format}'.`);
  }
  if (gzip && format === 'parquet') throw new Error('--gzip is for csv and jsonl: Parquet is compressed in itself.');
  const plan = { before: readBefore(before), format, gzip, accountId: account, drops: drop, out } as const;
  if (drop && account !== undefined) {
    throw new Error('--drop drops the events of all accounts, so it exports them all: leave out --account.');
  }
  if (isFile(plan) && drop) throw new Error('--drop writes a file for each month: give a folder as --out.');
  if (isFile(plan) && account === undefined) {
    throw new Error('A file holds the events of one account: say which with --account, or give a folder as --out.');
  }
  return plan;
}

function isFile(plan: Pick<Plan, 'out' | keyof ExportOptions>): boolean {
  return plan.out.endsWith(exportName('', plan));
}

/** The first instant that is not exported any more. */
function readBefore(text: string): Temporal.Instant {
  try {
    if (/^\d{4}-\d{2}$/.test(text)) return monthStart(Temporal.PlainYearMonth.from(text));
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
      return Temporal.PlainDate.from(text).toZonedDateTime('UTC').toInstant();
    }
  } catch {
    // A date that no calendar has: told as the others.
  }
  throw new Error(`--before must be a month or a date such as 2026-09 or 2026-09-15, not '${text}'.`);
}

async function chooseAccounts({ kysely }: Database, wanted: string | undefined): Promise<string[]> {
  const ids = (await listAccounts(kysely)).map(({ id }) => id);
  if (wanted === undefined) return ids;
  if (ids.includes(wanted)) return [wanted];
  throw new Error(`No such account: ${wanted}. There are: ${ids.join(', ')}`);
}

async function exportToFile({ pool }: Database, plan: Plan, accountId: string): Promise<void> {
  const path = resolve(plan.out);
  const stem = basename(path).slice(0, -exportName('', plan).length);
  requireFree(path);
  const range = { accountId, from: EARLIEST, to: plan.before };
  const result = await exportEvents(pool, range, { folder: dirname(path), stem }, plan);
  for (const file of result.files) console.log(`${count(file.events)} events  ${file.path}`);
  if (result.files.length === 0) console.log('There are no such events, so no file was written.');
}

async function exportMonths(database: Database, plan: Plan, accountIds: readonly string[]): Promise<void> {
  if (plan.drops) {
    await checkAge(database, plan.before);
    for (const month of await finishDrops(database, wallTime())) {
      console.log(`${month.toString()}  dropped, as an earlier run had begun`);
    }
  }
  const months = await findMonths(database.kysely);
  if (months.every((month) => Temporal.Instant.compare(monthStart(month), plan.before) >= 0)) {
    console.log(`There are no events before ${plan.before.toString().slice(0, 10)}: nothing was written.`);
    return;
  }
  const archived = new Set((await findArchivedMonths(database.kysely)).map(({ month }) => month.toString()));
  for (const month of months) {
    if (Temporal.Instant.compare(monthStart(month), plan.before) >= 0) continue;
    if (archived.has(month.toString())) {
      console.log(`${month.toString()}  was exported and dropped before`);
      continue;
    }
    const held = await exportMonth(database, plan, accountIds, month);
    const end = monthStart(month.add({ months: 1 }));
    if (!plan.drops) continue;
    if (Temporal.Instant.compare(end, plan.before) > 0) {
      console.log(`${month.toString()}  stays: only its part before the given date was exported`);
      continue;
    }
    await dropMonth(database, month, held, await cutPoints(database, month), wallTime());
    console.log(`${month.toString()}  dropped`);
  }
}

/** The files of a month, one an account; tells what they hold together. */
async function exportMonth(
  { pool }: Database,
  plan: Plan,
  accountIds: readonly string[],
  month: Temporal.PlainYearMonth,
): Promise<MonthCount> {
  const stem = `meter_events_${month.toString().replace('-', '_')}`;
  const end = monthStart(month.add({ months: 1 }));
  const to = Temporal.Instant.compare(end, plan.before) < 0 ? end : plan.before;
  let held = { counted: 0n, cancelled: 0n };
  for (const accountId of accountIds) {
    const folder = join(resolve(plan.out), accountId);
    const { files, counted, cancelled } = await exportEvents(
      pool,
      { accountId, from: monthStart(month), to },
      { folder, stem },
      plan,
    );
    for (const file of files) console.log(`${month.toString()}  ${count(file.events)} events  ${file.path}`);
    held = { counted: held.counted + BigInt(counted), cancelled: held.cancelled + BigInt(cancelled) };
  }
  return held;
}

/** Only what can't change any more may go. */
async function checkAge({ kysely }: Database, before: Temporal.Instant): Promise<void> {
  const oldest = await oldestChange(kysely, wallTime());
  if (Temporal.Instant.compare(before, oldest) <= 0) return;
  throw new Error(
    `--drop can go up to ${oldest.toString().slice(0, 10)} now: events of that age and their corrections are still ` +
      'taken (the longest max_event_age_days and correction_hours of all accounts).',
  );
}

/** Whose single events of a month are needed yet. */
async function cutPoints({ kysely }: Database, month: Temporal.PlainYearMonth): Promise<CutPoint[]> {
  return await openPeriodEdges(kysely, { start: monthStart(month), end: monthStart(month.add({ months: 1 })) });
}
