import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import { newId } from '../src/stripe/ids.ts';
import { type Bench, runBench } from './bench.ts';
import { copySubscription, scheduleOnClock, tidyUp } from './billing.sql.ts';
import { fillEvents } from './fill.ts';
import { readCpu, watchMemory } from './processes.ts';
import { report, round } from './results.ts';
import { clientOf, onDatabase, prepareSubject } from './subject.ts';
import { copyCustomer } from './subject.sql.ts';

/** Customers of the second clock. */
const CUSTOMERS = Number(process.env['BENCH_CUSTOMERS'] ?? 1_000);
const MONTHS = 3;
const DAY_MS = 86_400_000;

/** Advances of the same year, each by another customer on another clock; the median counts. */
const YEARS = 5;
const YEAR_LIMIT_SECONDS = 1;

const LIMITS = { USANCE_CLOCK_INTERVALS: 'unlimited', USANCE_CLOCK_CUSTOMERS: 'unlimited' };

/**
 * `npm run bench:clock`: one advance of a test clock over a year of a monthly subscription with daily usage, which is paid
 * each month; then one over three months of a thousand such customers whose invoices are sent.
 */
await runBench(async (bench) => {
  const catalog = await prepareSubject(bench.server, 1);
  const years: Year[] = [];
  for (let run = 0; run < YEARS; run++) years.push(await advanceYear(bench, catalog));
  const many = await advanceMany(bench, catalog);
  const median = (read: (year: Year) => number) =>
    years.map(read).toSorted((a, b) => a - b)[Math.floor(YEARS / 2)] ?? 0;
  const year = median(({ seconds: took }) => took);
  report('clock', bench.calibration, {
    year_seconds: round(year),
    year_cpu_seconds: {
      server: round(median(({ server }) => server)),
      postgres: round(median(({ postgres }) => postgres)),
    },
    ...many,
    reference: `${YEAR_LIMIT_SECONDS} s for the year`,
    ratio: round(YEAR_LIMIT_SECONDS / year),
  });
}, LIMITS);

/** Seconds until a clock has arrived, and of CPU in each process meanwhile. */
type Year = { readonly seconds: number; readonly server: number; readonly postgres: number };

type Catalog = { readonly meter: string; readonly price: string };

async function advanceYear({ server }: Bench, { meter, price }: Catalog): Promise<Year> {
  const stripe = clientOf(server);
  const [from, to] = spanOf({ years: 1 });
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(from) });
  const customer = await stripe.customers.create({ name: 'Year', test_clock: clock.id });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price }],
    default_payment_method: method.id,
  });
  await fillEvents(server, { meter, customers: [customer.id], events: 365 * 40, from, to });
  await onDatabase(server.databaseUrl, tidyUp);
  const before = readCpu(server.pid);
  const took = await advance(stripe, clock.id, to);
  const after = readCpu(server.pid);
  const { data } = await stripe.invoices.list({ customer: customer.id, limit: 100 });
  const paid = data.filter(({ status, total }) => status === 'paid' && total > 0);
  if (paid.length !== 12) throw new Error(`${paid.length} of 12 invoices are paid`);
  return { seconds: took, server: after.server - before.server, postgres: after.postgres - before.postgres };
}

async function advanceMany({ server }: Bench, { meter, price }: Catalog) {
  const stripe = clientOf(server);
  const [from, to] = spanOf({ months: MONTHS });
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(from) });
  const customer = await stripe.customers.create({ name: 'Many', email: 'many@example.com', test_clock: clock.id });
  const sent = { collection_method: 'send_invoice', days_until_due: 30 } as const;
  const template = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }], ...sent });
  const customers = Array.from({ length: CUSTOMERS }, () => newId('customer'));
  const copies = { customers, subscriptions: customers.map(() => newId('subscription')) };
  const end = new Date((template.items.data[0]?.current_period_end ?? 0) * 1000);
  await onDatabase(server.databaseUrl, async (db) => {
    await copyCustomer(db, customer.id, customers);
    await copySubscription(db, template.id, copies, { start: from, end });
    await scheduleOnClock(db, copies);
  });
  const days = (to.getTime() - from.getTime()) / DAY_MS;
  await fillEvents(server, { meter, customers, events: CUSTOMERS * days, from, to, isEven: true });
  await onDatabase(server.databaseUrl, tidyUp);
  const before = readCpu(server.pid);
  const memory = watchMemory(server.pid);
  const took = await advance(stripe, clock.id, to);
  const after = readCpu(server.pid);
  const invoices = CUSTOMERS * MONTHS;
  const each = (spent: number) => Math.round((spent * 1e6) / invoices);
  return {
    customers: CUSTOMERS,
    months: MONTHS,
    many_seconds: round(took),
    invoices_per_second: Math.round(invoices / took),
    cpu_us_per_invoice: {
      server: each(after.server - before.server),
      postgres: each(after.postgres - before.postgres),
    },
    peak_megabytes: memory.stop(),
  };
}

/** A span that is over, with the hour for which the last draft stays open. */
function spanOf(length: { years?: number; months?: number }): [Date, Date] {
  const now = Temporal.Now.zonedDateTimeISO('UTC').startOfDay();
  const from = now.subtract({ ...length, days: 1 });
  const to = from.add({ ...length, hours: 2 });
  return [new Date(from.epochMilliseconds), new Date(to.epochMilliseconds)];
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}

/** Seconds from asking for it until the clock has arrived. */
async function advance(stripe: Stripe, id: string, to: Date): Promise<number> {
  const startedAt = performance.now();
  await stripe.testHelpers.testClocks.advance(id, { frozen_time: seconds(to) });
  for (;;) {
    const { status } = await stripe.testHelpers.testClocks.retrieve(id);
    if (status === 'internal_failure') throw new Error('The clock broke down');
    if (status === 'ready') return (performance.now() - startedAt) / 1000;
    await sleep(50);
  }
}
