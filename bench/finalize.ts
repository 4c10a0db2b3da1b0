import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../src/stripe/ids.ts';
import { type Bench, runBench } from './bench.ts';
import {
  type Copies,
  copySubscription,
  countDue,
  countInvoices,
  giveCredit,
  invoiceIds,
  makeDraftsDue,
  makeRenewalsDue,
  rememberEvents,
  writeAgain,
} from './billing.sql.ts';
import { fillEvents } from './fill.ts';
import { readCpu } from './processes.ts';
import { report, round, SECONDS } from './results.ts';
import { clientOf, onDatabase, prepareSubject } from './subject.ts';

/** Subscriptions whose periods end at once; as many invoices of 3 lines. */
const INVOICES = Number(process.env['BENCH_INVOICES'] ?? 10_000);

/** Of these drafts so many are finalized by requests, the others by themselves. */
const BY_REQUEST = Math.ceil(INVOICES / 5);

const REQUEST_CONNECTIONS = 16;
const EVENTS_PER_METER = 10;
const DAYS = 31;
const DAY_MS = 86_400_000;

/** Invoices of a transaction of the reference, and its connections. */
const REFERENCE_BATCH = 200;
const REFERENCE_CONNECTIONS = 2;

/**
 * `npm run bench:finalize`: subscriptions whose periods are over become drafts, then invoices, in the background as in
 * real life; some are finalized by requests. Each has a licensed line, a metered one and one of a tier.
 */
await runBench(async (bench) => {
  const copies = await prepare(bench);
  const renewals = await until(bench, copies, makeRenewalsDue, ({ drafts, final }) => drafts + final);
  await untilIdle(bench);
  const requests = await finalizeByRequest(bench);
  const finalizations = await until(bench, copies, makeDraftsDue, ({ final }) => final);
  await untilIdle(bench);
  const reference = await measureReference(bench);
  report('finalize', bench.calibration, {
    invoices: INVOICES,
    lines_per_invoice: 3,
    invoices_per_second: finalizations.perSecond,
    cpu_us_per_invoice: finalizations.cpu,
    drafts_per_second: renewals.perSecond,
    cpu_us_per_draft: renewals.cpu,
    request_connections: REQUEST_CONNECTIONS,
    requests_per_second: requests.requestsPerSecond,
    requests_p50_ms: requests.p50Ms,
    requests_p99_ms: requests.p99Ms,
    cpu_us_per_request: requests.cpu,
    reference: 'the same rows written in SQL alone, sets of 200 on two connections, invoices per second',
    reference_per_second: reference,
    ratio: round(finalizations.perSecond / reference),
  });
});

async function prepare({ server }: Bench): Promise<Copies> {
  const { customers, meter, price } = await prepareSubject(server, INVOICES);
  const stripe = clientOf(server);
  const second = await stripe.billing.meters.create({
    display_name: 'Images',
    event_name: 'images',
    default_aggregation: { formula: 'sum' },
  });
  const recurring = { interval: 'month' } as const;
  const tiered = await stripe.prices.create({
    currency: 'usd',
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 1_000_000, unit_amount: 2 },
      { up_to: 'inf', unit_amount: 1 },
    ],
    recurring: { ...recurring, usage_type: 'metered', meter: second.id },
    product_data: { name: 'Images' },
  });
  const seats = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 900,
    recurring,
    product_data: { name: 'Seats' },
  });
  const template = await stripe.subscriptions.create({
    customer: (await stripe.customers.create({ name: 'Template', email: 'bench@example.com' })).id,
    items: [{ price: seats.id, quantity: 3 }, { price: price }, { price: tiered.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  const end = new Date(Date.now() - 60_000);
  const start = monthBefore(end);
  for (const id of [meter, second.id]) {
    const span = { from: new Date(end.getTime() - (DAYS - 5) * DAY_MS), to: end };
    await fillEvents(server, { meter: id, customers, events: INVOICES * EVENTS_PER_METER, ...span });
  }
  const copies = { customers, subscriptions: customers.map(() => newId('subscription')) };
  await onDatabase(server.databaseUrl, async (db) => {
    await copySubscription(db, template.id, copies, { start, end });
    await giveCredit(db, customers);
  });
  return copies;
}

function monthBefore(end: Date): Date {
  const start = new Date(end);
  start.setUTCMonth(start.getUTCMonth() - 1);
  return start;
}

/** Makes work due and watches how the count of what is done grows: from the first that is seen to the last. */
async function until(
  { server }: Bench,
  copies: Copies,
  begin: (db: pg.ClientBase, copies: Copies) => Promise<void>,
  doneOf: (counts: { drafts: number; final: number }) => number,
) {
  return await onDatabase(server.databaseUrl, async (db) => {
    const before = doneOf(await countInvoices(db));
    await begin(db, copies);
    let first = { done: before, at: performance.now(), cpu: readCpu(server.pid) };
    for (;;) {
      const done = doneOf(await countInvoices(db));
      if (first.done === before) first = { done, at: performance.now(), cpu: readCpu(server.pid) };
      if (done === INVOICES) return rateOf(first, readCpu(server.pid), done);
      await sleep(25);
    }
  });
}

type Seen = { readonly done: number; readonly at: number; readonly cpu: ReturnType<typeof readCpu> };

function rateOf(first: Seen, cpu: Seen['cpu'], done: number) {
  const count = Math.max(done - first.done, 1);
  const each = (seconds: number) => Math.round((seconds * 1e6) / count);
  return {
    perSecond: Math.round((count * 1000) / (performance.now() - first.at)),
    cpu: { server: each(cpu.server - first.cpu.server), postgres: each(cpu.postgres - first.cpu.postgres) },
  };
}

/** What was finalized is collected: waits until that is done, too. */
async function untilIdle({ server }: Bench): Promise<void> {
  await onDatabase(server.databaseUrl, async (db) => {
    while ((await countDue(db)) > 0) await sleep(200);
  });
}

async function finalizeByRequest({ server, generator }: Bench) {
  const ids = await onDatabase(server.databaseUrl, (db) => invoiceIds(db, true, BY_REQUEST));
  const paths = ids.map((id) => `/v1/invoices/${id}/finalize`);
  const plan = { kind: 'each', secretKey: server.secretKey, paths, body: 'auto_advance=false' } as const;
  const before = readCpu(server.pid);
  const job = { port: server.port, plan, connections: REQUEST_CONNECTIONS, seconds: SECONDS * 6 };
  const result = await generator.run(job);
  const after = readCpu(server.pid);
  const each = (seconds: number) => Math.round((seconds * 1e6) / result.requests);
  return {
    ...result,
    cpu: {
      generator: each(result.cpuSeconds),
      server: each(after.server - before.server),
      postgres: each(after.postgres - before.postgres),
    },
  };
}

async function measureReference({ server }: Bench): Promise<number> {
  const ids = await onDatabase(server.databaseUrl, async (db) => {
    await rememberEvents(db);
    return await invoiceIds(db, false, INVOICES);
  });
  const startedAt = performance.now();
  const drive = () =>
    onDatabase(server.databaseUrl, async (db) => {
      for (let batch = ids.splice(0, REFERENCE_BATCH); batch.length > 0; batch = ids.splice(0, REFERENCE_BATCH)) {
        await writeAgain(db, batch);
      }
    });
  const count = ids.length;
  await Promise.all(Array.from({ length: REFERENCE_CONNECTIONS }, drive));
  return Math.round((count * 1000) / (performance.now() - startedAt));
}
