import { type Bench, runBench } from './bench.ts';
import { sumMinutes } from './billing.sql.ts';
import { fillEvents } from './fill.ts';
import { measure } from './measure.ts';
import type { RequestPlan } from './requests.ts';
import { report, round, SECONDS } from './results.ts';
import type { BenchServer } from './server.ts';
import { clientOf, onDatabase, prepareSubject } from './subject.ts';
import { backdateSubscription } from './subject.sql.ts';

const ITEMS = 20;

/** Of each meter of each customer, over the days of the period that have passed. */
const EVENTS = 1_000;
const CUSTOMERS = 10;
const DAYS = 20;
const DAY_MS = 86_400_000;

/** Requests a second of the latency that is promised: a dashboard's, not a flood's. */
const PER_SECOND = 20;

type Prepared = {
  readonly subscription: string;
  readonly young: string;
  readonly series: readonly number[];
  readonly from: Date;
};

/**
 * `npm run bench:preview`: previews of a subscription with 20 metered items of three tiers, one at a time and then from
 * two connections that are always busy.
 */
await runBench(async (bench) => {
  const { server, generator } = bench;
  const prepared = await prepare(bench);
  const planOf = (subscription: string): RequestPlan => {
    const path = '/v1/invoices/create_preview';
    return { kind: 'form', secretKey: server.secretKey, path, body: `subscription=${subscription}` };
  };
  const plan = planOf(prepared.subscription);
  await generator.run({ port: server.port, plan, connections: 2, seconds: 3 });
  const paced = await generator.run({
    port: server.port,
    plan,
    connections: 1,
    seconds: SECONDS,
    perSecond: PER_SECOND,
  });
  const alone = await measure(server, generator, { port: server.port, plan, connections: 1, seconds: SECONDS });
  const busy = await measure(server, generator, { port: server.port, plan, connections: 2, seconds: SECONDS / 2 });
  const young = await generator.run({
    port: server.port,
    plan: planOf(prepared.young),
    connections: 1,
    seconds: SECONDS / 2,
  });
  const reference = await measureReference(server, prepared);
  report('preview', bench.calibration, {
    items: ITEMS,
    previews_20_per_second_p50_ms: paced.p50Ms,
    previews_20_per_second_p99_ms: paced.p99Ms,
    one_at_a_time_p50_ms: alone.p50Ms,
    one_at_a_time_p99_ms: alone.p99Ms,
    day_old_period_p50_ms: young.p50Ms,
    day_old_period_p99_ms: young.p99Ms,
    two_connections_p50_ms: busy.p50Ms,
    two_connections_p99_ms: busy.p99Ms,
    two_connections_per_second: busy.requestsPerSecond,
    cpu_us_per_preview: alone.cpuMicroseconds,
    reference: 'the sums of the same usage by minute alone, one statement in SQL, ms',
    reference_ms: reference,
    ratio: round(reference / alone.p50Ms),
  });
});

async function prepare({ server }: Bench): Promise<Prepared> {
  const { customers } = await prepareSubject(server, CUSTOMERS);
  const [customer = ''] = customers;
  const to = new Date();
  const from = new Date(to.getTime() - DAYS * DAY_MS);
  const made = [];
  for (let index = 0; index < ITEMS; index++) made.push(await makeItem(server, index));
  const items = made.map(({ price }) => ({ price }));
  const { id } = await clientOf(server).subscriptions.create({ customer, items });
  const { id: young } = await clientOf(server).subscriptions.create({ customer, items });
  const series: number[] = [];
  for (const { meter } of made) {
    const [first = 0] = await fillEvents(server, { meter, customers, events: EVENTS * CUSTOMERS, from, to });
    series.push(first);
  }
  await onDatabase(server.databaseUrl, async (db) => {
    await backdateSubscription(db, id, from);
    await backdateSubscription(db, young, new Date(to.getTime() - DAY_MS));
  });
  return { subscription: id, young, series, from };
}

async function makeItem(server: BenchServer, index: number): Promise<{ meter: string; price: string }> {
  const stripe = clientOf(server);
  const meter = await stripe.billing.meters.create({
    display_name: `Meter ${index}`,
    event_name: `meter_${index}`,
    default_aggregation: { formula: 'sum' },
  });
  const price = await stripe.prices.create({
    currency: 'usd',
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 100, unit_amount: 5, flat_amount: 100 },
      { up_to: 10_000, unit_amount: 3 },
      { up_to: 'inf', unit_amount: 1 },
    ],
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    product_data: { name: `Product ${index}` },
  });
  return { meter: meter.id, price: price.id };
}

/** The median of as many runs as take a second. */
async function measureReference({ databaseUrl }: BenchServer, { series, from }: Prepared): Promise<number> {
  return await onDatabase(databaseUrl, async (db) => {
    const times: number[] = [];
    for (const startedAt = performance.now(); performance.now() < startedAt + 1_000;) {
      const before = performance.now();
      await sumMinutes(db, series, from);
      times.push(performance.now() - before);
    }
    return round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);
  });
}
