import { type Decimal, formatDecimal } from '../money/decimal.ts';
import { formatUnitAmount } from '../money/format.ts';
import type { Period, Recurrence } from '../time/period.ts';
import type { PriceModel, RatedLine } from './price.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `unitLabel` is the product's, `recurrence` null for a one-time price, `currency` a supported lower-case code. */
export type LineToDescribe = {
  line: RatedLine;
  model: PriceModel;
  productName: string;
  unitLabel: string | null;
  currency: string;
  recurrence: Recurrence | null;
};

/**
 * The description of an invoice line, in the words of recorded invoices:
 *
 *     1 × Gold Special (at $20.00 / month)              per unit
 *     9892 × P (at $0.08 per 60 units / month)          package
 *     31 credit × P (Tier 2 at $0.036 / month)          tier, with a unit label
 *     P (Tier 1 at $9.00 / month)                       flat fee of a tier
 *
 * `/ every 3 months` for longer recurrences, and no such part for a one-time price. No recording has a package price
 * with a unit label; "per 60 <label>" is our reading of it. Labels are never put into the plural.
 */
export function describeLine(input: LineToDescribe): string {
  const { line, productName, unitLabel } = input;
  const price = `(${priceText(input)})`;
  if (line.kind === 'flat_fee') return `${productName} ${price}`;
  const quantity = formatDecimal(line.quantity);
  return `${unitLabel === null ? quantity : `${quantity} ${unitLabel}`} × ${productName} ${price}`;
}

/**
 * The description of a line for usage that came after its period was billed, in the same grammar; the period is named by
 * its edges. What tiers make of the difference is no price of a unit, so none is shown there.
 *
 *     20 × Alpaca AI (late usage from 01 Jan 2026 to 01 Feb 2026, at $0.04 / month)
 *     31 credit × P (late usage from 01 Jan 2026 to 01 Feb 2026)                        in tiers
 */
export function describeLateLine(input: LineToDescribe, { start, end }: Period): string {
  const { line, model, productName, unitLabel } = input;
  const quantity = formatDecimal(line.quantity);
  const units = unitLabel === null ? quantity : `${quantity} ${unitLabel}`;
  const price = model.scheme === 'tiered' ? '' : `, ${priceText(input)}`;
  return `${units} × ${productName} (late usage from ${dayOf(start)} to ${dayOf(end)}${price})`;
}

/** What a proration is of: a credit for time that is not used, or what the rest of the time costs. */
export type ProrationToDescribe = {
  word: 'Unused' | 'Remaining';
  quantity: bigint;
  productName: string;
  from: Temporal.Instant;
};

/**
 * The description of a proration, as invoices in the wild have it: one unit is not counted.
 *
 *     Unused time on 2 × Seats after 03 May 2026
 *     Remaining time on Gold Special after 03 May 2026
 */
export function describeProration({ word, quantity, productName, from }: ProrationToDescribe): string {
  const counted = quantity === 1n ? productName : `${quantity} × ${productName}`;
  return `${word} time on ${counted} after ${dayOf(from)}`;
}

function dayOf(instant: Temporal.Instant): string {
  const { year, month, day } = instant.toZonedDateTimeISO('UTC');
  return `${String(day).padStart(2, '0')} ${MONTHS[month - 1]} ${year}`;
}

function priceText({ line, model, unitLabel, currency, recurrence }: LineToDescribe): string {
  const tier = line.tier === null ? '' : `Tier ${line.tier} `;
  const amount = formatUnitAmount(line.unitAmount, currency);
  const transform = model.scheme === 'per_unit' ? model.transform : null;
  const packageSize = transform === null ? '' : ` per ${transform.divideBy} ${unitLabel ?? 'units'}`;
  return `${tier}at ${amount}${packageSize}${recurrence === null ? '' : recurrenceText(recurrence)}`;
}

function recurrenceText({ interval, intervalCount }: Recurrence): string {
  return intervalCount === 1 ? ` / ${interval}` : ` / every ${intervalCount} ${interval}s`;
}

/** What a line of a free trial is about. `unitLabel` is the product's. */
export type TrialToDescribe = {
  readonly mode: 'classic' | 'flexible';
  readonly isMetered: boolean;
  readonly quantity: Decimal;
  readonly productName: string;
  readonly unitLabel: string | null;
};

/**
 * The description of a line of a free trial:
 *
 *     Free trial for 1 × P            flexible
 *     Trial period for P              classic, licensed
 *     5 credit × P (Free trial)       classic, metered
 */
export function describeTrial({ mode, isMetered, quantity, productName, unitLabel }: TrialToDescribe): string {
  if (mode === 'classic' && !isMetered) return `Trial period for ${productName}`;
  const counted = `${formatDecimal(quantity)}${unitLabel === null ? '' : ` ${unitLabel}`} × ${productName}`;
  return mode === 'classic' ? `${counted} (Free trial)` : `Free trial for ${counted}`;
}
