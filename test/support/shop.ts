import type Stripe from 'stripe';
import { newAccount } from './account.ts';

/** What an error of the API says, of a call that must fail. */
export type Refusal = {
  readonly status: number;
  readonly code?: string;
  readonly param?: string;
  readonly message: string;
};

let count = 0;

/** An account with the guide's meter and price, and a customer who can be sent invoices. */
export async function newShop() {
  const account = await newAccount();
  const { stripe } = account;
  const meter = await newMeter(stripe);
  const price = await guidePrice(stripe, meter.id);
  const customer = await stripe.customers.create({ name: 'John Doe', email: 'john@example.com' });
  return { account, stripe, meter, price, customer };
}

export type Shop = Awaited<ReturnType<typeof newShop>>;

/** A meter that sums values, with an event name of its own. */
export async function newMeter(
  stripe: Stripe,
  formula: Stripe.Billing.MeterCreateParams.DefaultAggregation['formula'] = 'sum',
): Promise<Stripe.Billing.Meter> {
  count += 1;
  return await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: `tokens_${count}`,
    default_aggregation: { formula },
  });
}

type PriceTerms = Partial<Omit<Stripe.PriceCreateParams, 'recurring'>> & {
  readonly recurring?: Partial<Stripe.PriceCreateParams.Recurring>;
};

/** A monthly price in USD for the usage of a meter, 0.04 USD a unit unless told otherwise. */
export async function meteredPrice(stripe: Stripe, meterId: string, terms: PriceTerms = {}): Promise<Stripe.Price> {
  const recurring = { interval: 'month', usage_type: 'metered', meter: meterId, ...terms.recurring } as const;
  return await newPrice(stripe, { ...terms, recurring });
}

/** A monthly licensed price, 20 USD unless told otherwise. */
export async function licensedPrice(stripe: Stripe, terms: PriceTerms = {}): Promise<Stripe.Price> {
  const recurring = { interval: 'month', ...terms.recurring } as const;
  return await newPrice(stripe, { unit_amount: 2000, ...terms, recurring });
}

/** The price of the guide: 0.04 USD for each 100 tokens begun. */
export async function guidePrice(stripe: Stripe, meterId: string): Promise<Stripe.Price> {
  return await meteredPrice(stripe, meterId, { unit_amount: 4, transform_quantity: { divide_by: 100, round: 'up' } });
}

async function newPrice(stripe: Stripe, terms: PriceTerms & { recurring: Stripe.PriceCreateParams.Recurring }) {
  const ownProduct = terms.product === undefined ? { product_data: { name: 'Alpaca AI' } } : {};
  const needsAmount = terms.billing_scheme !== 'tiered' && terms.unit_amount_decimal === undefined;
  const amount = needsAmount ? { unit_amount: 4 } : {};
  return await stripe.prices.create({ currency: 'usd', ...ownProduct, ...amount, ...terms });
}

/** What came over the wire: the client gives decimals as objects of its own, except inside events. */
export function plain(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer)) as unknown;
}

/** Sends usage as of now. */
export async function use(
  stripe: Stripe,
  meter: Stripe.Billing.Meter,
  customerId: string,
  value: number | string,
): Promise<void> {
  const payload = { stripe_customer_id: customerId, value: String(value) };
  await stripe.billing.meterEvents.create({ event_name: meter.event_name, payload });
}

/** The error that a call must end in; throws when it succeeds. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason as { statusCode?: number; code?: string; param?: string; message: string },
  );
  if (error === undefined) throw new Error('The call succeeded');
  if (error.statusCode === undefined) throw error;
  return {
    status: error.statusCode,
    message: error.message,
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.param === undefined ? {} : { param: error.param }),
  };
}

/** The types of an account's events, oldest first, of the given start. */
export async function eventTypes(stripe: Stripe, ...starts: string[]): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 });
  const types = events.data.map((event): string => event.type).toReversed();
  return starts.length === 0 ? types : types.filter((type) => starts.some((start) => type.startsWith(start)));
}
