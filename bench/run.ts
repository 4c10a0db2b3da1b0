import { randomUUID } from 'node:crypto';
import { Stripe } from 'stripe';
import { type LoadResult, runLoad } from './load.ts';
import { type BenchServer, startBareServer, startUsance } from './server.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 10);
const CONNECTIONS = 128;

/** Stripe's published limit of `POST /v1/billing/meter_events` in live mode, calls a second. */
const STRIPE_EVENTS_PER_SECOND = 1_000;

/** Events of the customer whose preview is measured. */
const PREVIEW_EVENTS = 1_000;

/** Two customers of one price: one gets the load of events, the other a thousand. */
type Subject = { customer: string; subscription: string; quietSubscription: string };

/** `npm run bench`: one JSON line a figure, the reference measured in the same run. See bench/README.md. */
async function main(): Promise<void> {
  const [usance, bare] = await Promise.all([startUsance(), startBareServer()]);
  try {
    const subject = await prepare(usance);
    await measureEvents(usance, bare, subject, true);
    await measureEvents(usance, bare, subject, false);
    await measurePreview(usance, bare, 'warm_invoice_preview', subject.quietSubscription);
    await measurePreview(usance, bare, 'warm_invoice_preview_after_a_flood_in_its_first_minute', subject.subscription);
  } finally {
    await Promise.all([usance.stop(), bare.stop()]);
  }
}

function report(line: object): void {
  console.log(JSON.stringify(line));
}

async function prepare({ port, secretKey }: BenchServer): Promise<Subject> {
  const stripe = new Stripe(secretKey, { host: '127.0.0.1', port, protocol: 'http', telemetry: false });
  const customer = await stripe.customers.create({ name: 'Bench' });
  const meter = await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 4,
    transform_quantity: { divide_by: 100, round: 'up' },
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    product_data: { name: 'Tokens' },
  });
  const quiet = await stripe.customers.create({ name: 'Quiet' });
  const subscribe = async (id: string) =>
    (await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] })).id;
  const subject = {
    customer: customer.id,
    subscription: await subscribe(customer.id),
    quietSubscription: await subscribe(quiet.id),
  };
  for (let sent = 0; sent < PREVIEW_EVENTS; sent += 50) {
    const payload = { stripe_customer_id: quiet.id, value: '7' };
    const send = () => stripe.billing.meterEvents.create({ event_name: 'tokens', payload });
    await Promise.all(Array.from({ length: 50 }, send));
  }
  return subject;
}

type EventLoad = { seconds: number; keyed: boolean };

function eventLoad({ port, secretKey }: BenchServer, { customer }: Subject, load: EventLoad): Promise<LoadResult> {
  const run = randomUUID();
  return runLoad({
    port,
    secretKey,
    connections: CONNECTIONS,
    seconds: load.seconds,
    path: '/v1/billing/meter_events',
    form: (n) => `event_name=tokens&payload[stripe_customer_id]=${customer}&payload[value]=${(n % 100) + 1}`,
    ...(load.keyed ? { headers: (n: number) => `idempotency-key: ${run}-${n}\r\n` } : {}),
  });
}

/** The two servers take turns, so that a slow moment of the machine meets both. */
async function measureEvents(usance: BenchServer, bare: BenchServer, subject: Subject, keyed: boolean): Promise<void> {
  await eventLoad(usance, subject, { seconds: 2, keyed });
  const first = await eventLoad(bare, subject, { seconds: SECONDS / 4, keyed });
  const ours = await eventLoad(usance, subject, { seconds: SECONDS, keyed });
  const second = await eventLoad(bare, subject, { seconds: SECONDS / 4, keyed });
  const reference = (first.perSecond + second.perSecond) / 2;
  if (ours.failures > 0) throw new Error(`${ours.failures} of ${ours.requests} events were refused`);
  report({
    bench: keyed ? 'single_meter_events_over_http' : 'single_meter_events_without_idempotency_key',
    connections: CONNECTIONS,
    events_per_second: ours.perSecond,
    p50_ms: ours.p50,
    p99_ms: ours.p99,
    bare_http_per_second: reference,
    ratio_to_bare_http: round(ours.perSecond / reference),
    ratio_to_stripe_limit: round(ours.perSecond / STRIPE_EVENTS_PER_SECOND),
  });
}

/** One request at a time. */
async function measurePreview(usance: BenchServer, bare: BenchServer, bench: string, subscription: string) {
  const previews = ({ port, secretKey }: BenchServer, seconds: number) =>
    runLoad({
      port,
      secretKey,
      connections: 1,
      seconds,
      path: '/v1/invoices/create_preview',
      form: () => `subscription=${subscription}`,
    });
  await previews(usance, 2);
  const ours = await previews(usance, SECONDS / 2);
  const reference = await previews(bare, SECONDS / 4);
  if (ours.failures > 0) throw new Error(`${ours.failures} of ${ours.requests} previews failed`);
  report({
    bench,
    requests: ours.requests,
    p50_ms: ours.p50,
    p99_ms: ours.p99,
    bare_http_p50_ms: reference.p50,
    ratio_to_bare_http_p50: round(ours.p50 / reference.p50),
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

await main();
