import { sql } from 'kysely';
import { Stripe } from 'stripe';
import { onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { findMeter } from '../../src/metering/meter.sql.ts';
import { usageOf } from '../../src/metering/usage.sql.ts';
import { clientConfig } from '../support/account.ts';
import { type Ended, serverInfo, startServer, temporaryFolder, usance } from './command.ts';

/** The month that was so long ago that no event of it is taken any more, and the one before it. */
export const NEXT = Temporal.Now.plainDateISO('UTC').toPlainYearMonth().subtract({ months: 3 });
export const MONTH = NEXT.subtract({ months: 1 });
const LONG_DAYS = 200;
/** Each test starts a server and half a dozen commands. */
export const LIMIT_MS = 120_000;

export function at(month: Temporal.PlainYearMonth, rest: string): number {
  return Temporal.Instant.from(`${month.toString()}-${rest}Z`).epochMilliseconds / 1000;
}

export type Shop = Awaited<ReturnType<typeof openShop>>;

/** A server of its own, because dropping a month concerns all accounts; it takes old events until told otherwise. */
export async function openShop() {
  const dataFolder = await temporaryFolder();
  const { url, secretKey } = await startServer({ USANCE_DATA_DIR: dataFolder });
  const database = openDatabase(serverInfo(dataFolder).databaseUrl, { maxConnections: 2 });
  onTestFinished(() => database.close());
  const stripe = new Stripe(secretKey, clientConfig(url));
  const { rows } = await sql<{ id: string }>`select id from accounts order by livemode`.execute(database.kysely);
  const [accountId = '', otherId = ''] = rows.map((row) => row.id);
  const shop = { dataFolder, url, secretKey, database, stripe, accountId, otherId, out: await temporaryFolder() };
  await takeOldEvents(shop.database, LONG_DAYS);
  return shop;
}

export async function takeOldEvents({ kysely }: Database, days: number): Promise<void> {
  await sql`
    insert into metering_settings
      (account_id, repeated_identifiers, max_event_age_days, correction_hours, max_customer_combinations,
       max_hourly_combinations)
    select id, 'refuse', ${days}, 24, 100, 10000 from accounts
    on conflict (account_id) do update set max_event_age_days = excluded.max_event_age_days
  `.execute(kysely);
  await sql`update accounts set cache_epoch = cache_epoch + 1`.execute(kysely);
}

async function newMeter({ stripe, database }: Shop, event_name: string, formula: string, window?: 'hour' | 'day') {
  const meter = await stripe.billing.meters.create({
    display_name: event_name,
    event_name,
    default_aggregation: { formula: 'sum' },
    ...(window && { event_time_window: window }),
  });
  await sql`update meters set formula = ${formula} where id = ${meter.id}`.execute(database.kysely);
  await sql`update accounts set cache_epoch = cache_epoch + 1`.execute(database.kysely);
  return meter;
}

type Event = { event_name: string; customer: string; value: string; timestamp: number; identifier?: string };

export async function send({ stripe }: Pick<Shop, 'stripe'>, { customer, value, ...event }: Event, extra = {}) {
  await stripe.billing.meterEvents.create({
    ...event,
    payload: { stripe_customer_id: customer, value, ...extra },
  });
}

export function exportEvents({ dataFolder }: Shop, ...args: string[]): Promise<Ended> {
  return usance(['events', 'export', ...args], { USANCE_DATA_DIR: dataFolder }).ended;
}

export function importEvents({ dataFolder }: Shop, file: string, account: string): Promise<Ended> {
  return usance(['events', 'import', file, '--account', account, '--restart'], { USANCE_DATA_DIR: dataFolder }).ended;
}

/** The other account with the same customers and meters, so that events of this one mean the same there. */
export async function copyShop({ database, accountId, otherId }: Shop): Promise<void> {
  await database.kysely.connection().execute(async (connection) => {
    for (const table of ['customers', 'meters']) {
      const source = sql.table(table);
      await sql`create temp table copied as select * from ${source} where account_id = ${accountId}`.execute(
        connection,
      );
      await sql`update copied set account_id = ${otherId}`.execute(connection);
      await sql`insert into ${source} select * from copied`.execute(connection);
      await sql`drop table copied`.execute(connection);
    }
    await sql`update accounts set cache_epoch = cache_epoch + 1`.execute(connection);
  });
}

/** Every bucket of an account: what all usage is told from, but for the edges. */
export async function buckets({ database }: Shop, accountId: string) {
  const { rows } = await sql`
    select s.meter_id, s.customer_id, m.minute_at, m.event_count::text, m.value_sum::text, m.last_value::text
    from usage_series s join usage_minutes m on m.series_id = s.id
    where s.account_id = ${accountId} and m.event_count > 0
    order by 1, 2, 3
  `.execute(database.kysely);
  return rows.map((row) => JSON.stringify(row));
}

export async function usage(
  { database }: Shop,
  accountId: string,
  meterId: string,
  customer: string,
  from: number,
  to: number,
) {
  const scope = { db: database.kysely, account: { id: accountId } };
  const meter = await findMeter(scope, meterId);
  const period = {
    start: Temporal.Instant.fromEpochMilliseconds(from * 1000),
    end: Temporal.Instant.fromEpochMilliseconds(to * 1000),
  };
  return String(await usageOf(scope, meter!, customer, period));
}

/** Two months of events of all kinds of meters, awkward texts among them; one event is cancelled. */
export async function play(shop: Shop) {
  const [tokens, level, seats] = [
    await newMeter(shop, 'tokens', 'sum'),
    await newMeter(shop, 'level, "last"', 'last'),
    await newMeter(shop, 'seats', 'count', 'hour'),
  ];
  const { id: customer } = await shop.stripe.customers.create({ name: 'Jenny' });
  const day = (rest: string) => at(MONTH, rest);
  await send(shop, { event_name: 'tokens', customer, value: '10.500000000001', timestamp: day('03T10:00:59') });
  await send(
    shop,
    { event_name: 'tokens', customer, value: '-2', timestamp: day('03T10:00:10') },
    { note: 'a "b",\nc' },
  );
  await send(shop, { event_name: 'tokens', customer, value: '7', timestamp: day('28T23:59:59') }, { __proto___: 'ä' });
  await send(shop, { event_name: 'tokens', customer, value: '100', timestamp: at(NEXT, '01T00:00:00') });
  // Of the same second the one received last wins, which an import must not turn round.
  for (const value of ['5', '3', '4'])
    await send(shop, { event_name: 'level, "last"', customer, value, timestamp: day('04T00:00:00') });
  for (const value of ['1', '2'])
    await send(shop, { event_name: 'seats', customer, value, timestamp: day('04T07:10:00') });
  await send(shop, {
    event_name: 'tokens',
    customer,
    value: '999',
    timestamp: day('05T00:00:00'),
    identifier: 'wrong',
  });
  await shop.stripe.billing.meterEventAdjustments.create({
    event_name: 'tokens',
    type: 'cancel',
    cancel: { identifier: 'wrong' },
  });
  return { customer, tokens, level, seats };
}

/** Empties the other account's usage, so that the same file can be imported again. */
export async function forget({ database, otherId }: Shop): Promise<void> {
  for (const table of ['meter_events', 'usage_minutes', 'usage_hours', 'usage_values', 'meter_event_identifiers']) {
    await sql`
      delete from ${sql.table(table)} where series_id in (select id from usage_series where account_id = ${otherId})
    `.execute(database.kysely);
  }
}

export function monthOf(month: Temporal.PlainYearMonth): Temporal.Instant {
  return Temporal.Instant.from(`${month.toString()}-01T00:00:00Z`);
}

/** Sends events of now, one after the other, until asked how many there were; each must be taken. */
export function keepSending(shop: Shop, customer: string): () => Promise<number> {
  const over = new AbortController();
  let sent = 0;
  const sending = (async () => {
    while (!over.signal.aborted) {
      const timestamp = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
      await send(shop, { event_name: 'tokens', customer, value: '1', timestamp });
      sent++;
    }
  })();
  return async () => {
    over.abort();
    await sending;
    return sent;
  };
}

export function partition(): string {
  return `meter_events_${MONTH.toString().replace('-', '_')}`;
}
