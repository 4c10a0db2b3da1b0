import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../src/stripe/ids.ts';
import { type Bench, runBench } from './bench.ts';
import {
  type Copies,
  copySubscription,
  countDueOf,
  forgetCollections,
  invoiceIds,
  makeDraftsDue,
  makeRenewalsDue,
  rememberAllEvents,
  tidyUp,
  writeAllAgain,
} from './billing.sql.ts';
import { fillEvents } from './fill.ts';
import { readCpu, watchMemory } from './processes.ts';
import { report, round } from './results.ts';
import { clientOf, onDatabase, prepareSubject } from './subject.ts';
import { copyCustomer } from './subject.sql.ts';

/** Subscriptions that are billed together, one set after the other on the same database. */
const SIZES = (process.env['BENCH_SIZES'] ?? '1000,10000,100000').split(',').map(Number);

/** Events of a customer in the period. */
const EVENTS_EACH = 10;

/** Days of usage, which ends with the period. */
const USAGE_DAYS = 26;
const DAY_MS = 86_400_000;

/** Invoices of a transaction of the reference, and its connections. */
const REFERENCE_BATCH = 200;
const REFERENCE_CONNECTIONS = 2;
const MAX_REFERENCE = 20_000;

/**
 * `npm run bench:billing`: the end of a month. The periods of subscriptions with a metered item each are over: the
 * background makes their drafts, and finalizes these as soon as their hour has passed, which it does here at once. Of
 * what follows, collection, nothing is measured.
 */
await runBench(async (bench) => {
  const template = await prepareTemplate(bench);
  const runs: Run[] = [];
  for (const size of SIZES) runs.push(await closeMonth(bench, template, size));
  const largest = runs.at(-1);
  const reference = await measureReference(bench);
  const ours = (run: Run) => cpuOf(run.cpu_us_per_draft) + cpuOf(run.cpu_us_per_invoice);
  report('billing', bench.calibration, {
    runs,
    seconds_of_largest: largest?.seconds,
    peak_megabytes: Math.max(...runs.map((run) => run.peak_megabytes)),
    reference: 'the same rows written in SQL alone, sets of 200 on two connections, subscriptions per second',
    reference_per_second: reference.perSecond,
    reference_cpu_us: reference.cpu,
    ratio: round((largest?.per_second ?? 0) / reference.perSecond),
    cpu_ratio: largest && round(reference.cpu / ours(largest)),
  });
});

function cpuOf({ server, postgres }: Run['cpu_us_per_draft']): number {
  return server + postgres;
}

type Template = { readonly id: string; readonly customer: string; readonly meter: string };

async function prepareTemplate({ server }: Bench): Promise<Template> {
  const { meter } = await prepareSubject(server, 1);
  const stripe = clientOf(server);
  // Some 20 dollars: less than 50 cents would go on to the balance, and need no payment.
  const { id: price } = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 4,
    recurring: { interval: 'month', usage_type: 'metered', meter },
    product_data: { name: 'Tokens' },
  });
  const customer = await stripe.customers.create({ name: 'Template', email: 'bench@example.com' });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
  return { id, customer: customer.id, meter };
}

type Run = Awaited<ReturnType<typeof closeMonth>>;

async function closeMonth(bench: Bench, template: Template, size: number) {
  const copies = await prepareSubscriptions(bench, template, size);
  const { server } = bench;
  const memory = watchMemory(server.pid);
  const renewal = await untilDone(bench, size, 'renew_subscription', (db) => makeRenewalsDue(db, copies));
  const finalization = await untilDone(bench, size, 'finalize_invoice', (db) => makeDraftsDue(db, copies));
  const peak = memory.stop();
  await onDatabase(server.databaseUrl, async (db) => {
    await forgetCollections(db);
    await tidyUp(db);
  });
  const seconds = size / renewal.perSecond + size / finalization.perSecond;
  return {
    subscriptions: size,
    seconds: round(seconds),
    per_second: Math.round(size / seconds),
    drafts_per_second: renewal.perSecond,
    cpu_us_per_draft: renewal.cpu,
    invoices_per_second: finalization.perSecond,
    cpu_us_per_invoice: finalization.cpu,
    peak_megabytes: peak,
  };
}

async function prepareSubscriptions(
  { server }: Bench,
  { id, customer, meter }: Template,
  size: number,
): Promise<Copies> {
  const customers = Array.from({ length: size }, () => newId('customer'));
  const copies = { customers, subscriptions: customers.map(() => newId('subscription')) };
  const end = new Date(Date.now() - 60_000);
  const start = new Date(end);
  start.setUTCMonth(start.getUTCMonth() - 1);
  await onDatabase(server.databaseUrl, async (db) => {
    await copyCustomer(db, customer, copies.customers);
    await copySubscription(db, id, copies, { start, end });
  });
  const from = new Date(end.getTime() - USAGE_DAYS * DAY_MS);
  await fillEvents(server, { meter, customers, events: size * EVENTS_EACH, from, to: end, isEven: true });
  return copies;
}

type Seen = { readonly left: number; readonly at: number; readonly cpu: ReturnType<typeof readCpu> };

/** Makes work due and watches it grow less: from the first that is seen to be done to the last. */
async function untilDone({ server }: Bench, size: number, kind: string, begin: (db: pg.ClientBase) => Promise<void>) {
  return await onDatabase(server.databaseUrl, async (db) => {
    await begin(db);
    const look = async (): Promise<Seen> => ({
      left: await countDueOf(db, kind),
      at: performance.now(),
      cpu: readCpu(server.pid),
    });
    let first = await look();
    while (first.left === size) first = await look();
    for (;;) {
      await sleep(50);
      const seen = await look();
      if (seen.left === 0) return rateOf(first, seen);
    }
  });
}

function rateOf(first: Seen, last: Seen) {
  const count = first.left - last.left;
  const each = (seconds: number) => Math.round((seconds * 1e6) / count);
  return {
    perSecond: Math.round((count * 1000) / (last.at - first.at)),
    cpu: { server: each(last.cpu.server - first.cpu.server), postgres: each(last.cpu.postgres - first.cpu.postgres) },
  };
}

async function measureReference({ server }: Bench) {
  const ids = await onDatabase(server.databaseUrl, async (db) => {
    await rememberAllEvents(db);
    return await invoiceIds(db, false, MAX_REFERENCE);
  });
  const count = ids.length;
  const before = readCpu(server.pid);
  const startedAt = performance.now();
  const drive = () =>
    onDatabase(server.databaseUrl, async (db) => {
      for (let batch = ids.splice(0, REFERENCE_BATCH); batch.length > 0; batch = ids.splice(0, REFERENCE_BATCH)) {
        await writeAllAgain(db, batch);
      }
    });
  await Promise.all(Array.from({ length: REFERENCE_CONNECTIONS }, drive));
  const perSecond = Math.round((count * 1000) / (performance.now() - startedAt));
  return { perSecond, cpu: Math.round(((readCpu(server.pid).postgres - before.postgres) * 1e6) / count) };
}
