import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { insist } from './client.ts';
import { type Random, seeded } from './random.ts';
import { type Rig, startRig, type Victim } from './rig.ts';

const SERVERS = 2;
const VICTIMS: readonly Victim[] = ['server', 'server', 'both'];
const DAYS = 30;
const LIMIT_MS = 60_000;

type Options = { readonly seed: number; readonly subscriptions: number; readonly months: number };

/** Of the kills, how many came while work was left. */
export type MonthEnds = Options & { readonly kills: number; readonly cutOff: number };

/**
 * Ends the periods of many subscriptions at once, in wall time, several times, and kills one of two servers, or PostgreSQL as
 * well, while they are renewed and while their drafts are finalized and charged. Throws where an invoice, an event or a
 * charge is missing or there twice.
 */
export async function endMonths(options: Options): Promise<MonthEnds> {
  const random = seeded(options.seed);
  const rig = await startRig('crash-month-end', SERVERS);
  const counts = { kills: 0, cutOff: 0 };
  try {
    await prepare(rig, options.subscriptions);
    for (let month = 1; month <= options.months; month++) {
      for (const step of [END_PERIODS, END_DRAFTS]) {
        await onDatabase(rig, step);
        const isCutOff = await killInTheMiddle(rig, random);
        counts.kills++;
        if (isCutOff) counts.cutOff++;
        await untilNothingIsDue(rig);
      }
      await check(rig, month, options.subscriptions);
    }
    return { ...options, ...counts };
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nThe same choices again: CRASH_SEED=${options.seed}`, { cause });
  } finally {
    await rig.stop();
  }
}

/** Customers with a card and a subscription to a seat of 9 USD every 30 days, which has been paid. */
async function prepare(rig: Rig, count: number): Promise<void> {
  const address = () => rig.servers[0]!;
  const create = async (path: string, params: object) => await insist(address, 'POST', path, { ...params });
  const price = await create('/v1/prices', {
    currency: 'usd',
    unit_amount: 900,
    recurring: { interval: 'day', interval_count: DAYS },
    product_data: { name: 'Seat' },
  });
  const method = { payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' } };
  const one = async () => {
    const { id: customer } = await create('/v1/customers', method);
    await create('/v1/subscriptions', { customer, items: [{ price: price.id }] });
  };
  for (let made = 0; made < count; made += 4) await Promise.all(Array.from({ length: 4 }, one));
}

/** Moves all that there is of subscriptions so far into the past that their periods have just ended. */
const END_PERIODS = `
  with moved as (
    update subscription_items
    set current_period_start_at = current_period_start_at - interval '${DAYS} days',
        current_period_end_at = current_period_end_at - interval '${DAYS} days'
    returning subscription_id
  ), anchored as (
    update subscriptions set billing_cycle_anchor = billing_cycle_anchor - interval '${DAYS} days'
  )
  update due_work set due_at = now() - interval '1 second', attempt_at = now() - interval '1 second'
  where kind = 'renew_subscription' and object_id in (select subscription_id from moved)`;

/** An hour later, as far as drafts are concerned. */
const END_DRAFTS = `
  with moved as (
    update invoices set automatically_finalizes_at = now() - interval '1 second' where status = 'draft' returning id
  )
  update due_work set due_at = now() - interval '1 second', attempt_at = now() - interval '1 second'
  where kind = 'finalize_invoice' and object_id in (select id from moved)`;

const COUNT_DUE = 'select count(*)::int as due from due_work where due_at <= now()';

async function onDatabase<T extends pg.QueryResultRow>(rig: Rig, statement: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: rig.servers[0]!.databaseUrl });
  client.on('error', () => {});
  await client.connect();
  return await client
    .query<T>(statement)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

/** Waits until some of the work is done, or for a moment, and kills. True: some was left. */
async function killInTheMiddle(rig: Rig, random: Random): Promise<boolean> {
  const [before] = await onDatabase<{ due: number }>(rig, COUNT_DUE);
  for (const limit = performance.now() + 3_000; performance.now() < limit; await sleep(5)) {
    const [now] = await onDatabase<{ due: number }>(rig, COUNT_DUE);
    if (now!.due !== before!.due) break;
  }
  await sleep(random.between(0, 60));
  const [left] = await onDatabase<{ due: number }>(rig, COUNT_DUE);
  await rig.kill(random.pick(VICTIMS), random.between(0, SERVERS - 1));
  await rig.recover();
  return left!.due > 0;
}

async function untilNothingIsDue(rig: Rig): Promise<void> {
  for (const limit = performance.now() + LIMIT_MS; performance.now() < limit; await sleep(100)) {
    // What failed with the database is tried again a minute later: now will do.
    await onDatabase(rig, 'update due_work set attempt_at = now() where due_at <= now() and attempt_at > now()');
    const [{ due } = { due: 1 }] = await onDatabase<{ due: number }>(rig, COUNT_DUE);
    if (due === 0) return;
  }
  throw new Error(`Work was still due after ${LIMIT_MS} ms`);
}

/** Each subscription has an invoice for each period, with a number, its events, and a charge, and none of these twice. */
async function check(rig: Rig, months: number, subscriptions: number): Promise<void> {
  const wanted = subscriptions * (months + 1);
  const [found] = await onDatabase<Record<string, number>>(
    rig,
    `select
      (select count(*)::int from invoices) as invoices,
      (select count(*)::int from invoices where status = 'paid' and amount_paid = 900) as paid,
      (select coalesce(sum(own), 0)::int from (select count(*) as own from invoices group by subscription_id) as each
        where own = ${months + 1}) as each_subscription,
      (select count(distinct number)::int from invoices) as numbers,
      (select count(*)::int from test_gateway_charges where outcome ->> 'result' = 'succeeded') as charges,
      (select count(*)::int from charges where status = 'succeeded') as own_charges,
      (select count(*)::int from events where type = 'invoice.created') as created,
      (select count(*)::int from events where type = 'invoice.finalized') as finalized,
      (select count(*)::int from events where type = 'invoice.paid') as told_paid,
      (select count(distinct (type, object_id))::int from events where type in ('invoice.created', 'invoice.finalized', 'invoice.paid')) / 3 as told`,
  );
  const wrong = Object.entries(found!).filter(([, count]) => count !== wanted);
  if (wrong.length > 0)
    throw new Error(`Month ${months}: instead of ${wanted}: ${JSON.stringify(Object.fromEntries(wrong))}`);
}
