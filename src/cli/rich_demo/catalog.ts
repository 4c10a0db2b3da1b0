import type { Stripe } from 'stripe';
import type { PlanName } from './people.ts';

/** Names of events and of the product that tells of the demo: one of each in an account. */
export const EVENTS = { tokens: 'alpaca_tokens', calls: 'alpaca_api_calls', storage: 'alpaca_storage_gb' } as const;
export const MARK = 'rich_demo';

export type Catalog = {
  /** Prices with a quantity, by plan. */
  readonly base: Readonly<Record<PlanName, string>>;
  readonly tokens: string;
  readonly calls: string;
  readonly storage: string;
  readonly coupons: { readonly launch: string; readonly startup: string };
  readonly taxes: { readonly GB: string; readonly DE: string };
  readonly meters: { readonly tokens: string; readonly calls: string; readonly storage: string };
};

/** What Alpaca AI sells: four plans, and usage by package, by graduated and by volume tiers. */
export async function makeCatalog(stripe: Stripe): Promise<Catalog> {
  const meters = await makeMeters(stripe);
  const base = await makePlans(stripe);
  const metered = (meter: string) => ({ interval: 'month', usage_type: 'metered', meter }) as const;
  const tokens = await priceOf(stripe, 'Alpaca tokens', {
    nickname: 'Per million tokens',
    unit_amount: 200,
    transform_quantity: { divide_by: 1_000_000, round: 'up' },
    recurring: metered(meters.tokens),
  });
  const calls = await priceOf(stripe, 'API calls', {
    nickname: '10,000 calls included',
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 10_000, unit_amount: 0 },
      { up_to: 100_000, unit_amount_decimal: '0.2' as never },
      { up_to: 'inf', unit_amount_decimal: '0.15' as never },
    ],
    recurring: metered(meters.calls),
  });
  const storage = await priceOf(stripe, 'Vector storage', {
    nickname: 'By volume',
    billing_scheme: 'tiered',
    tiers_mode: 'volume',
    tiers: [
      { up_to: 100, unit_amount: 25 },
      { up_to: 1_000, unit_amount: 18 },
      { up_to: 'inf', unit_amount: 12 },
    ],
    recurring: metered(meters.storage),
  });
  const launch = await stripe.coupons.create({
    name: 'Launch offer',
    percent_off: 20,
    duration: 'repeating',
    duration_in_months: 3,
  });
  const startup = await stripe.coupons.create({
    name: 'Startup credit',
    amount_off: 2_500,
    currency: 'usd',
    duration: 'once',
  });
  const tax = (country: string, percentage: number) =>
    stripe.taxRates.create({ display_name: 'VAT', country, percentage, inclusive: false });
  const taxes = { GB: (await tax('GB', 20)).id, DE: (await tax('DE', 19)).id };
  return { meters, base, tokens, calls, storage, coupons: { launch: launch.id, startup: startup.id }, taxes };
}

async function makeMeters(stripe: Stripe): Promise<Catalog['meters']> {
  const make = async (name: string, event: string, formula: 'sum' | 'last') => {
    const terms = { display_name: name, event_name: event, default_aggregation: { formula } };
    return (await stripe.billing.meters.create(terms)).id;
  };
  // Dimensions are an addition of this server, at an address of its own.
  const tokens = (await stripe.rawRequest('POST', '/v1/usance/meters', {
    display_name: 'Alpaca tokens',
    event_name: EVENTS.tokens,
    default_aggregation: { formula: 'sum' },
    dimension_payload_keys: ['model'],
  })) as unknown as Stripe.Billing.Meter;
  return {
    tokens: tokens.id,
    calls: await make('API calls', EVENTS.calls, 'sum'),
    storage: await make('Storage in GB', EVENTS.storage, 'last'),
  };
}

async function makePlans(stripe: Stripe): Promise<Catalog['base']> {
  return {
    starter: await priceOf(stripe, 'Alpaca Starter', { unit_amount: 2_900, recurring: { interval: 'month' } }),
    team: await priceOf(stripe, 'Alpaca Team', { unit_amount: 2_400, recurring: { interval: 'month' } }, 'seat'),
    scale: await priceOf(
      stripe,
      'Alpaca Scale',
      {
        billing_scheme: 'tiered',
        tiers_mode: 'volume',
        tiers: [
          { up_to: 25, unit_amount: 4_900 },
          { up_to: 'inf', unit_amount: 3_900 },
        ],
        recurring: { interval: 'month' },
      },
      'seat',
    ),
    yearly: await priceOf(
      stripe,
      'Alpaca Team, yearly',
      { unit_amount: 24_000, recurring: { interval: 'year' } },
      'seat',
    ),
  };
}

async function priceOf(
  stripe: Stripe,
  name: string,
  terms: Omit<Stripe.PriceCreateParams, 'currency'>,
  unitLabel?: string,
): Promise<string> {
  const product = await stripe.products.create({ name, ...(unitLabel && { unit_label: unitLabel }) });
  const price = await stripe.prices.create({ currency: 'usd', product: product.id, ...terms });
  await stripe.products.update(product.id, { default_price: price.id });
  return price.id;
}
