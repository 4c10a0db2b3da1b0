import { openDatabase } from '../src/db/pool.ts';
import { ensurePartition, monthOf } from '../src/metering/partition.sql.ts';
import { ensureSeries } from '../src/metering/series.sql.ts';
import { dropIndexes, fillSlice, finishFill, type Owner, prepareSession, type Slice } from './fill.sql.ts';
import type { BenchServer } from './server.ts';
import { onDatabase } from './subject.ts';
import { testAccount } from './subject.sql.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Hours that one statement writes. */
const SLICE_HOURS = 6;

const CONNECTIONS = 2;

export type Fill = {
  readonly meter: string;
  readonly customers: readonly string[];
  readonly events: number;
  readonly from: Date;
  readonly to: Date;
  /** All customers get as many; else the first get the most. */
  readonly isEven?: boolean;
};

/**
 * Stores events spread over a time by SQL, all tables as ingest would have left them. Answers the series numbers
 * of the customers, in their order.
 */
export async function fillEvents(server: BenchServer, fill: Fill): Promise<number[]> {
  const owner = await prepareOwner(server, fill);
  const indexes = await onDatabase(server.databaseUrl, dropIndexes);
  const left = slicesOf(fill);
  const write = () =>
    onDatabase(server.databaseUrl, async (db) => {
      await prepareSession(db);
      for (let slice = left.shift(); slice !== undefined; slice = left.shift()) await fillSlice(db, owner, slice);
    });
  await Promise.all(Array.from({ length: CONNECTIONS }, write));
  await onDatabase(server.databaseUrl, (db) => finishFill(db, indexes));
  return [...owner.series];
}

async function prepareOwner(server: BenchServer, { meter, customers, from, to, isEven = false }: Fill): Promise<Owner> {
  const accountId = await onDatabase(server.databaseUrl, testAccount);
  const database = openDatabase(server.databaseUrl, { maxConnections: 1 });
  try {
    const now = Temporal.Instant.fromEpochMilliseconds(to.getTime());
    const keys = customers.map((customerId) => ({ accountId, meterId: meter, customerId, dimensions: '{}' }));
    const series = await ensureSeries(database.kysely, keys, now);
    const months = new Set<string>();
    for (let at = from.getTime(); at < to.getTime(); at += DAY_MS) months.add(monthOf(at));
    for (const month of months.add(monthOf(to.getTime()))) await ensurePartition(database.kysely, month);
    return { accountId, series: series.filter((id) => id !== undefined), isEven };
  } finally {
    await database.close();
  }
}

/** Cut on hours, so that each minute and each hour is whole in one of them. */
function slicesOf({ from, to, events }: Fill): Slice[] {
  const cuts = [from.getTime()];
  const first = Math.ceil(from.getTime() / HOUR_MS) * HOUR_MS;
  for (let at = first; at < to.getTime(); at += SLICE_HOURS * HOUR_MS) cuts.push(at);
  const each = events / (to.getTime() - from.getTime());
  return cuts.map((cut, index) => {
    const end = cuts[index + 1] ?? to.getTime();
    return { from: new Date(cut), to: new Date(end), events: Math.round((end - cut) * each) };
  });
}
