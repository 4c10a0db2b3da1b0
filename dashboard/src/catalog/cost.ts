import type Stripe from 'stripe';
import { compare, divide, type Exact, exact, minus, roundHalfAway, times, ZERO } from '../ui/exact.ts';

/** Units up to and including `upTo`, null for the last tier. Amounts are in smallest units of the currency. */
export type Tier = { readonly upTo: bigint | null; readonly unit: Exact | null; readonly flat: Exact | null };

/** How a price turns a quantity into money. */
export type PriceModel =
  | { readonly kind: 'per_unit'; readonly unit: Exact }
  | { readonly kind: 'package'; readonly unit: Exact; readonly size: bigint; readonly round: 'up' | 'down' }
  | { readonly kind: 'tiers'; readonly mode: 'volume' | 'graduated'; readonly tiers: readonly Tier[] };

/** `count` times `price`, rounded; a flat fee has no count. */
type CostLine = {
  readonly count: Exact | null;
  readonly price: Exact;
  readonly amount: bigint;
};

export type Cost = {
  readonly lines: readonly CostLine[];
  readonly total: bigint;
  /** Whether a line fell between two smallest units. */
  readonly isRounded: boolean;
};

/** What a quantity that is not negative costs: the lines of its invoice. Each of them is rounded, half away from zero. */
export function costOf(model: PriceModel, quantity: Exact): Cost {
  const priced = pricedParts(model, quantity);
  const lines = priced.map(({ count, price }) => {
    const amount = count === null ? price : times(count, price);
    return {
      count,
      price,
      amount: roundHalfAway(amount),
      isRounded: compare(amount, exact(roundHalfAway(amount))) !== 0,
    };
  });
  return {
    lines,
    total: lines.reduce((sum, { amount }) => sum + amount, 0n),
    isRounded: lines.some(({ isRounded }) => isRounded),
  };
}

type Part = { readonly count: Exact | null; readonly price: Exact };

function pricedParts(model: PriceModel, quantity: Exact): Part[] {
  if (model.kind === 'per_unit') return [{ count: quantity, price: model.unit }];
  if (model.kind === 'package') return [{ count: exact(divide(quantity, model.size, model.round)), price: model.unit }];
  return model.mode === 'volume' ? volumeParts(model.tiers, quantity) : graduatedParts(model.tiers, quantity);
}

/** All in the tier that the quantity falls into. */
function volumeParts(tiers: readonly Tier[], quantity: Exact): Part[] {
  const tier = tiers.find(({ upTo }) => upTo === null || compare(quantity, exact(upTo)) <= 0);
  return tier === undefined ? [] : tierParts(tier, quantity);
}

/** Each tier its own part; the first is entered even by nothing. */
function graduatedParts(tiers: readonly Tier[], quantity: Exact): Part[] {
  return tiers.flatMap((tier, place) => {
    const below = exact(tiers[place - 1]?.upTo ?? 0n);
    if (place > 0 && compare(quantity, below) <= 0) return [];
    const isWithin = tier.upTo === null || compare(quantity, exact(tier.upTo)) <= 0;
    return tierParts(tier, minus(isWithin ? quantity : exact(tier.upTo), below));
  });
}

function tierParts({ unit, flat }: Tier, count: Exact): Part[] {
  return [{ count, price: unit ?? ZERO }, ...(flat === null ? [] : [{ count: null, price: flat }])];
}

/** How a price of the API rates; its tiers must have been asked for. */
export function modelOf(price: Stripe.Price): PriceModel | undefined {
  const { tiers, tiers_mode: mode, transform_quantity: transform } = price;
  if (price.billing_scheme === 'tiered') {
    if (tiers === undefined || mode === null) return undefined;
    return { kind: 'tiers', mode: mode === 'volume' ? 'volume' : 'graduated', tiers: tiers.map(readTier) };
  }
  const unit = amountOf(price.unit_amount_decimal);
  if (unit === null) return undefined;
  if (transform === null) return { kind: 'per_unit', unit };
  return {
    kind: 'package',
    unit,
    size: BigInt(transform.divide_by),
    round: transform.round === 'down' ? 'down' : 'up',
  };
}

function readTier(tier: Stripe.Price.Tier): Tier {
  return {
    upTo: tier.up_to === null ? null : BigInt(tier.up_to),
    unit: amountOf(tier.unit_amount_decimal),
    flat: amountOf(tier.flat_amount_decimal),
  };
}

/** On the wire a decimal is a text, which the type of the client hides. */
function amountOf(decimal: Stripe.Decimal | null): Exact | null {
  return decimal === null ? null : exact(String(decimal));
}
