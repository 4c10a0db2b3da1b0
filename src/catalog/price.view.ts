import { type Decimal, formatDecimal, isInteger, toBigInt } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import type { Expandable, Expansion } from '../stripe/expand.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { Price, PriceAmounts, PriceTier } from './price.ts';
import { findPrices } from './price.sql.ts';

/** The wire shape of a price. `tiers` and `currency_options` are only there when they are expanded. */
export function viewPrice(context: Context, price: Price) {
  return {
    id: price.id,
    object: 'price',
    active: price.active,
    billing_scheme: price.billingScheme,
    created: toUnix(price.createdAt),
    currency: price.currency,
    custom_unit_amount: null,
    livemode: context.account.livemode,
    lookup_key: price.lookupKey,
    metadata: price.metadata,
    nickname: price.nickname,
    product: price.productId,
    recurring: price.recurring && {
      interval: price.recurring.interval,
      interval_count: price.recurring.intervalCount,
      meter: price.recurring.meterId,
      trial_period_days: null,
      usage_type: price.recurring.usageType,
    },
    tax_behavior: price.taxBehavior,
    tiers_mode: price.tiersMode,
    transform_quantity: viewTransform(price),
    type: price.recurring === null ? 'one_time' : 'recurring',
    unit_amount: integerOf(price.unitAmount),
    unit_amount_decimal: textOf(price.unitAmount),
  };
}

/**
 * The price as its events tell it. An event can't be expanded, so it carries the tiers and the currency options of the
 * price where it has any: else a change of an option would be an event that tells nothing.
 */
export function viewPriceInEvent(context: Context, price: Price) {
  return {
    ...viewPrice(context, price),
    ...(price.tiers === null ? {} : { tiers: price.tiers.map(viewTier) }),
    ...(price.currencyOptions.size === 0 ? {} : { currency_options: viewCurrencyOptions(price) }),
  };
}

/** The wire shape of a recurring price as the `plan` that older clients read from subscription items. */
export function viewPlan(context: Context, price: Price) {
  const { recurring } = price;
  if (recurring === null) throw new Error(`The price ${price.id} is not recurring and is therefore no plan`);
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: integerOf(price.unitAmount),
    amount_decimal: textOf(price.unitAmount),
    billing_scheme: price.billingScheme,
    created: toUnix(price.createdAt),
    currency: price.currency,
    interval: recurring.interval,
    interval_count: recurring.intervalCount,
    livemode: context.account.livemode,
    metadata: price.metadata,
    meter: recurring.meterId,
    nickname: price.nickname,
    product: price.productId,
    tiers_mode: price.tiersMode,
    transform_usage: viewTransform(price),
    trial_period_days: null,
    usage_type: recurring.usageType,
  };
}

function viewTransform({ transform }: Price) {
  return transform && { divide_by: transform.divideBy, round: transform.round };
}

function viewTier(tier: PriceTier) {
  return {
    flat_amount: integerOf(tier.flatAmount),
    flat_amount_decimal: textOf(tier.flatAmount),
    unit_amount: integerOf(tier.unitAmount),
    unit_amount_decimal: textOf(tier.unitAmount),
    up_to: tier.upTo,
  };
}

/** Every currency that the price is offered in, its own included, in alphabetical order. */
function viewCurrencyOptions(price: Price): JsonObject {
  const all: [string, PriceAmounts][] = [[price.currency, price], ...price.currencyOptions];
  all.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(all.map(([currency, amounts]) => [currency, viewCurrencyOption(amounts)]));
}

function viewCurrencyOption(amounts: PriceAmounts) {
  return {
    custom_unit_amount: null,
    tax_behavior: amounts.taxBehavior,
    ...(amounts.tiers === null ? {} : { tiers: amounts.tiers.map(viewTier) }),
    unit_amount: integerOf(amounts.unitAmount),
    unit_amount_decimal: textOf(amounts.unitAmount),
  };
}

/** The whole number of minor units, where it is one. */
function integerOf(amount: Decimal | null): bigint | null {
  return amount !== null && isInteger(amount) ? toBigInt(amount) : null;
}

function textOf(amount: Decimal | null): string | null {
  return amount && formatDecimal(amount);
}

/** A part of the stored price that its view leaves out. */
function included(part: (price: Price) => JsonObject | JsonObject[] | undefined): Expansion {
  return {
    async include(context, parents) {
      const prices = await findPrices(context, [...new Set(parents.map((parent) => parent['id'] as string))]);
      const byId = new Map(prices.map((price) => [price.id, price]));
      return parents.map((parent) => {
        const price = byId.get(parent['id'] as string);
        return price && part(price);
      });
    },
  };
}

const tiers = included((price) => price.tiers?.map(viewTier));

export const priceExpandable: Expandable = {
  fields: { product: { id: 'product' }, tiers, currency_options: included(viewCurrencyOptions) },
  async load(context, ids) {
    const prices = await findPrices(context, ids);
    return new Map(prices.map((price) => [price.id, viewPrice(context, price)]));
  },
};

/** The `plan` of a subscription item carries the id of its price. */
export const planExpandable: Expandable = {
  fields: { product: { id: 'product' }, tiers },
  async load(context, ids) {
    const prices = await findPrices(context, ids);
    return new Map(prices.map((price) => [price.id, viewPlan(context, price)]));
  },
};
