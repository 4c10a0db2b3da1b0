import assert from 'node:assert/strict';
import { findPrices } from '../catalog/price.sql.ts';
import type { Price } from '../catalog/price.ts';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Scope } from '../db/scope.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { PendingUpdate, SubscriptionItem } from './subscription.ts';

/** As jsonb holds it: instants and amounts are text, prices and tax rates ids. */
type Kept<T> = T extends Temporal.Instant
  ? string
  : T extends readonly (infer E)[]
    ? Kept<E>[]
    : T extends object
      ? { [K in keyof T]: Kept<T[K]> }
      : T;

type KeptItem = Kept<Omit<SubscriptionItem, 'billedUsage' | 'price' | 'quantity' | 'taxRates' | 'thresholdUsage'>> & {
  readonly price: string;
  readonly taxRates: readonly string[];
  readonly quantity: string | null;
  readonly thresholdUsage: string | null;
  readonly billedUsage: string;
};

type KeptUpdate = Omit<Kept<PendingUpdate>, 'items'> & { readonly items: readonly KeptItem[] };

export function keptUpdate(update: PendingUpdate | null): string | null {
  if (update === null) return null;
  const items = update.items.map((item) => ({
    ...item,
    price: item.price.id,
    taxRates: item.taxRates.map(({ id }) => id),
    quantity: item.quantity === null ? null : item.quantity.toString(),
    thresholdUsage: item.thresholdUsage === null ? null : item.thresholdUsage.toString(),
    billedUsage: formatDecimal(item.billedUsage),
  }));
  return JSON.stringify({ ...update, items });
}

/** What pending updates refer to, by id. */
type Referred = { readonly prices: ReadonlyMap<string, Price>; readonly rates: ReadonlyMap<string, TaxRate> };

/** What is pending for rows, in their order, with its prices and tax rates: in two queries, where there is any. */
export async function readUpdates(scope: Scope, all: readonly unknown[]): Promise<(PendingUpdate | null)[]> {
  const kept = all.map((one) => (one ?? null) as KeptUpdate | null);
  const items = kept.flatMap((update) => update?.items ?? []);
  if (items.length === 0) return kept.map(() => null);
  const prices = await findPrices(scope, [...new Set(items.map(({ price }) => price))]);
  const rates = await findTaxRates(scope, [...new Set(items.flatMap(({ taxRates }) => taxRates))]);
  const referred = {
    prices: new Map(prices.map((price) => [price.id, price])),
    rates: new Map(rates.map((rate) => [rate.id, rate])),
  };
  return kept.map((update) => update && toUpdate(update, referred));
}

function toUpdate(kept: KeptUpdate, referred: Referred): PendingUpdate {
  const { trial, ending } = kept;
  return {
    ...kept,
    madeAt: Temporal.Instant.from(kept.madeAt),
    expiresAt: Temporal.Instant.from(kept.expiresAt),
    items: kept.items.map((item) => toItem(item, referred)),
    billingCycleAnchor: Temporal.Instant.from(kept.billingCycleAnchor),
    trial: trial && { start: Temporal.Instant.from(trial.start), end: Temporal.Instant.from(trial.end) },
    trialNoticeAt: instantOf(kept.trialNoticeAt),
    freeUntil: instantOf(kept.freeUntil),
    ending: ending && {
      cancelAt: instantOf(ending.cancelAt),
      cancelAtPeriodEnd: ending.cancelAtPeriodEnd,
      canceledAt: instantOf(ending.canceledAt),
      reason: ending.reason,
    },
  };
}

function toItem(kept: KeptItem, { prices, rates }: Referred): SubscriptionItem {
  const price = prices.get(kept.price);
  assert(price !== undefined, `the pending item ${kept.id} refers to a price that does not exist`);
  const { start, end } = kept.currentPeriod;
  return {
    ...kept,
    price,
    taxRates: kept.taxRates.flatMap((id) => rates.get(id) ?? []),
    quantity: kept.quantity === null ? null : BigInt(kept.quantity),
    thresholdUsage: kept.thresholdUsage === null ? null : BigInt(kept.thresholdUsage),
    billedUsage: decimal(kept.billedUsage),
    currentPeriod: { start: Temporal.Instant.from(start), end: Temporal.Instant.from(end) },
    usageStartAt: instantOf(kept.usageStartAt),
    createdAt: Temporal.Instant.from(kept.createdAt),
  };
}

function instantOf(text: string | null): Temporal.Instant | null {
  return text === null ? null : Temporal.Instant.from(text);
}
