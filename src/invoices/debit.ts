import { prorate } from '../rating/proration.ts';
import type { Period } from '../time/period.ts';
import type { CreditedItems } from './invoice.ts';

/**
 * What a customer was asked to pay in advance for a licensed item of a subscription: a line of an invoice that stands, or a
 * proration that is pending. Minor units of the subscription's currency.
 */
export type Debit = {
  readonly subscriptionItemId: string;
  /** How credits name it. */
  readonly source: CreditedItems;
  readonly priceId: string;
  readonly productId: string;
  readonly quantity: bigint;
  /** What discounts left of it, and what they took. */
  readonly amount: bigint;
  readonly discount: bigint;
  readonly period: Period;
  /** From here on it was given back already: its end, where nothing was. */
  readonly creditedFrom: Temporal.Instant;
  /** Of the rates that applied. */
  readonly taxRateIds: readonly string[];
};

/**
 * What is still to be given back of a debit from a time on. It is told as a difference of two shares, so that whatever
 * is given back in several steps adds up to what would be at once.
 */
export function creditOf({ amount, period, creditedFrom }: Debit, from: Temporal.Instant): bigint {
  const since = (start: Temporal.Instant) => prorate(amount, period, { start, end: period.end });
  return Temporal.Instant.compare(from, creditedFrom) >= 0 ? 0n : since(from) - since(creditedFrom);
}
