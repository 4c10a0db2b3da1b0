import { Stripe } from 'stripe';
import { readConfig } from '../config.ts';
import { readServerInfo } from './runtime.ts';
import { startLocalServer } from './start.ts';

type Server = { url: string; secretKey: string; stop?: () => Promise<void> };

export type DemoOptions = {
  readonly rich: boolean;
  readonly customers: string;
  readonly months: string;
  readonly seed: string;
};

/**
 * `usance demo`: the guide of Alpaca AI, played with the official client against the running server or one of its own;
 * `--rich`: a year of that company.
 */
export async function demo({ rich: isRich, ...options }: DemoOptions): Promise<void> {
  const scale = {
    customers: readNumber('--customers', options.customers, [5, 2_000]),
    months: readNumber('--months', options.months, [1, 24]),
    seed: readNumber('--seed', options.seed, [1, 1_000_000]),
  };
  const server = await findServer(isRich);
  try {
    if (isRich) {
      console.log(`Filling the test account of ${server.url} with a company of its own (Ctrl-C to stop)\n`);
      const { playRich } = await import('./rich_demo/rich_demo.ts');
      const connectBy = (secretKey: string) => connect({ url: server.url, secretKey });
      await playRich({ stripe: connectBy(server.secretKey), connect: connectBy }, scale);
    } else {
      console.log(`Playing the usage-based billing guide against ${server.url}\n`);
      await play(connect(server));
    }
  } finally {
    await server.stop?.();
  }
}

function readNumber(name: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, not '${text}'.`);
}

/** One of its own lets all customers of the rich demo share a test clock. */
async function findServer(isRich: boolean): Promise<Server> {
  const config = readConfig(process.env);
  const running = await readServerInfo(config.dataDir);
  if (running !== undefined) {
    const secretKey = config.secretKey ?? running.secretKey;
    if (secretKey === undefined) throw new Error('A server runs here, but its key is unknown: set USANCE_SECRET_KEY.');
    return { url: running.url, secretKey };
  }
  console.log('No server runs here, so the demo starts its own.');
  const clockLimits = isRich ? { ...config.clockLimits, customers: Infinity } : config.clockLimits;
  const own = await startLocalServer({ ...config, port: 0, clockLimits }, () => {});
  if (own.secretKey !== undefined) return { url: own.url, secretKey: own.secretKey, stop: own.stop };
  await own.stop();
  throw new Error('The key of this database is unknown: set USANCE_SECRET_KEY.');
}

function connect({ url, secretKey }: Server): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(secretKey, { host: hostname, port: Number(port), protocol: 'http', telemetry: false });
}

async function step<T>(
  title: string,
  call: string,
  params: unknown,
  run: () => Promise<T>,
  show: (answer: T) => unknown,
) {
  console.log(`── ${title}`);
  console.log(`   stripe.${call}(${indent(params)})`);
  const answer = await run();
  console.log(`   → ${indent(show(answer))}\n`);
  return answer;
}

function indent(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n   ');
}

async function play(stripe: Stripe): Promise<void> {
  // A fresh event name, so that the demo can be played again and again.
  const eventName = `alpaca_ai_tokens_${Date.now().toString(36)}`;
  const meter = await createMeter(stripe, eventName);
  const price = await createPrice(stripe, meter.id);
  const first = await subscribe(stripe, price.id, 'John Doe');
  await sendUsage(stripe, eventName, first.customer, '25');
  await preview(stripe, first.subscription, 'Preview the invoice: 25 tokens are one package of 100');
  await sendUsage(stripe, eventName, first.customer, '3000');
  await preview(stripe, first.subscription, 'Preview again: 3,025 tokens are 31 packages, USD 1.24, visible at once');
  await summarize(stripe, meter.id, first.customer);
  const second = await subscribe(stripe, price.id, 'Jane Roe');
  await sendUsage(stripe, eventName, second.customer, '3000');
  await preview(stripe, second.subscription, 'Another customer, 3,000 tokens alone: 30 packages, USD 1.20');
}

async function createMeter(stripe: Stripe, eventName: string) {
  const params = {
    display_name: 'Alpaca AI tokens',
    event_name: eventName,
    default_aggregation: { formula: 'sum' as const },
    customer_mapping: { event_payload_key: 'stripe_customer_id', type: 'by_id' as const },
    value_settings: { event_payload_key: 'value' },
  };
  return await step(
    'Create a meter',
    'billing.meters.create',
    params,
    () => stripe.billing.meters.create(params),
    pickMeter,
  );
}

function pickMeter({ id, status, event_name }: Stripe.Billing.Meter) {
  return { id, status, event_name };
}

async function createPrice(stripe: Stripe, meter: string) {
  const params = {
    currency: 'usd',
    unit_amount: 4,
    billing_scheme: 'per_unit' as const,
    transform_quantity: { divide_by: 100, round: 'up' as const },
    recurring: { usage_type: 'metered' as const, interval: 'month' as const, meter },
    product_data: { name: 'Alpaca AI tokens' },
  };
  return await step(
    'Create a product and its price: 0.04 USD per 100 tokens, monthly',
    'prices.create',
    params,
    () => stripe.prices.create(params),
    ({ id, product, unit_amount, transform_quantity }) => ({ id, product, unit_amount, transform_quantity }),
  );
}

async function subscribe(stripe: Stripe, price: string, name: string) {
  const customer = await step(
    'Create a customer',
    'customers.create',
    { name },
    () => stripe.customers.create({ name }),
    ({ id }) => ({ id, name }),
  );
  const params = { customer: customer.id, items: [{ price }] };
  const subscription = await step(
    'Subscribe the customer',
    'subscriptions.create',
    params,
    () => stripe.subscriptions.create(params),
    ({ id, status, latest_invoice }) => ({ id, status, latest_invoice }),
  );
  return { customer: customer.id, subscription: subscription.id };
}

async function sendUsage(stripe: Stripe, eventName: string, customer: string, value: string): Promise<void> {
  const params = { event_name: eventName, payload: { stripe_customer_id: customer, value } };
  const send = () => stripe.billing.meterEvents.create(params);
  await step(
    `Send usage: ${value} tokens`,
    'billing.meterEvents.create',
    params,
    send,
    ({ identifier, timestamp }) => ({
      identifier,
      timestamp,
    }),
  );
}

async function preview(stripe: Stripe, subscription: string, title: string): Promise<void> {
  const params = { subscription };
  await step(
    title,
    'invoices.createPreview',
    params,
    () => stripe.invoices.createPreview(params),
    (invoice) => ({
      amount_due: invoice.amount_due,
      currency: invoice.currency,
      lines: invoice.lines.data.map(({ description, quantity, amount }) => ({ description, quantity, amount })),
    }),
  );
}

async function summarize(stripe: Stripe, meter: string, customer: string): Promise<void> {
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const params = { customer, start_time: minute - 3600, end_time: minute + 60 };
  await step(
    'Summarise the usage of the last hour',
    'billing.meters.listEventSummaries',
    { meter, ...params },
    () => stripe.billing.meters.listEventSummaries(meter, params),
    ({ data }) =>
      data.map(({ aggregated_value, start_time, end_time }) => ({ aggregated_value, start_time, end_time })),
  );
}
