import { prorate } from '../rating/proration.ts';
import { overlap, type Period, without } from '../time/period.ts';
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
  /** What of its period was given back already. */
  readonly credited: readonly Period[];
  /** Of the rates that applied, or, where it is on no invoice yet, of its own. */
  readonly taxRateIds: readonly string[];
  /** False: those of the invoice will apply that it is to be on. */
  readonly hasOwnTaxes: boolean;
};

/** The parts of a debit within a time that were not given back, in order. */
export function openParts({ period, credited }: Debit, within: Period): Period[] {
  const common = overlap(period, within);
  return common === null ? [] : without(common, credited);
}

/**
 * What falls on a part of a debit. It is told as a difference of two shares up to its end, so that whatever is given back
 * or charged again in several steps adds up to what would be at once.
 */
export function shareOf({ amount, period }: Debit, part: Period): bigint {
  const since = (start: Temporal.Instant) => prorate(amount, period, { start, end: period.end });
  return since(part.start) - since(part.end);
}
