import type { DimensionFilter } from '../metering/usage.sql.ts';
import type { Decimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Interval, Recurrence } from '../time/period.ts';

export type BillingScheme = 'per_unit' | 'tiered';

export type TaxBehavior = 'exclusive' | 'inclusive' | 'unspecified';

/** Amounts are in minor units, null where the tier has none. `upTo` is inclusive and null for the last, open tier. */
export type PriceTier = {
  readonly upTo: bigint | null;
  readonly unitAmount: Decimal | null;
  readonly flatAmount: Decimal | null;
};

/** What a price costs in one currency: a unit amount (in minor units, up to 12 decimals) or tiers, never both. */
export type PriceAmounts = {
  readonly unitAmount: Decimal | null;
  readonly tiers: readonly PriceTier[] | null;
  readonly taxBehavior: TaxBehavior;
};

export type Recurring = {
  readonly interval: Interval;
  readonly intervalCount: number;
  readonly usageType: 'licensed' | 'metered';
  /** Set for metered prices, and for them alone. */
  readonly meterId: string | null;
};

/** A price. What it costs in its own currency, and when, never changes after creation. */
export type Price = PriceAmounts & {
  readonly id: string;
  readonly productId: string;
  readonly active: boolean;
  readonly currency: string;
  readonly nickname: string | null;
  readonly lookupKey: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
  readonly billingScheme: BillingScheme;
  readonly tiersMode: 'graduated' | 'volume' | null;
  /** Bills packages of `divideBy` units; `round` says what a package begun counts for. */
  readonly transform: { readonly divideBy: bigint; readonly round: 'up' | 'down' } | null;
  /** Currencies other than the price's own, each with amounts of its own. */
  readonly currencyOptions: ReadonlyMap<string, PriceAmounts>;
  /** Null for one-time prices. */
  readonly recurring: Recurring | null;
  /** Dimension values by key that usage must have to be rated; `{}`, as every price of the original, rates all usage. */
  readonly dimensionFilter: DimensionFilter;
};

/** Everything about a price that the parameters of the original decide. */
export type PriceTerms = Omit<Price, 'id' | 'productId' | 'createdAt' | 'dimensionFilter'>;

/** What a price costs in a currency; undefined when it is not offered in it. */
export function amountsIn(price: Price, currency: string): PriceAmounts | undefined {
  return currency === price.currency ? price : price.currencyOptions.get(currency);
}

/** How often a price is billed; null for one-time prices. */
export function recurrenceOf(price: Price): Recurrence | null {
  const { recurring } = price;
  return recurring === null ? null : { interval: recurring.interval, intervalCount: recurring.intervalCount };
}
