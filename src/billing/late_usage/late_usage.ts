import assert from 'node:assert/strict';
import { findPrices } from '../../catalog/price.sql.ts';
import type { Price } from '../../catalog/price.ts';
import type { Scope } from '../../db/scope.ts';
import type { InvoiceStatus } from '../../invoices/invoice.ts';
import { priceModel } from '../../invoices/price_model.ts';
import type { LineTaxRate } from '../../invoices/tax.ts';
import { findMeters } from '../../metering/meter.sql.ts';
import type { Meter } from '../../metering/meter.ts';
import { findSettings } from '../../metering/settings.sql.ts';
import type { MeteringSettings } from '../../metering/settings.ts';
import { usageWhereKnown } from '../../metering/usage.sql.ts';
import { type Decimal, ZERO } from '../../money/decimal.ts';
import { isCharged, type LateCost, rateLate } from '../../rating/late.ts';
import { rate } from '../../rating/rate.ts';
import type { Period } from '../../time/period.ts';
import type { LATE_STATUSES } from './late_usage.params.ts';
import { findBillingSettings } from '../settings.sql.ts';
import type { LateUsagePolicy } from '../settings.ts';

/** A line that bills usage of a period late. That of a draft is as it is stored, and follows the usage. */
type LateBill = {
  readonly invoiceId: string;
  readonly lineId: string;
  /** The invoice's. */
  readonly status: InvoiceStatus;
  readonly billedBefore: Decimal;
  readonly quantity: Decimal;
  readonly amount: bigint;
};

/** What a final invoice billed of the usage of an item in a period. */
export type BilledPeriod = {
  readonly invoiceId: string;
  /** The first of its lines there, and its place. */
  readonly lineId: string;
  readonly position: number;
  readonly customerId: string;
  readonly currency: string;
  /** The invoice's. */
  readonly createdAt: Temporal.Instant;
  readonly subscriptionId: string;
  readonly hasEnded: boolean;
  /** When the current period of the subscription began. */
  readonly renewedAt: Temporal.Instant | null;
  readonly subscriptionItemId: string;
  readonly priceId: string;
  readonly period: Period;
  readonly quantity: Decimal;
  readonly amount: bigint;
  readonly taxRates: readonly LineTaxRate[];
  /** What was billed later, oldest first. */
  readonly bills: readonly LateBill[];
};

/** What became of late usage: docs/decisions/0028 says which is which. */
export type LateStatus = (typeof LATE_STATUSES)[number];

/** Usage of a period that is other than what was billed of it. */
export type LateUsage = {
  readonly billed: BilledPeriod;
  readonly price: Price;
  readonly meter: Meter;
  /** Of the period as it is now; null where it can't be told any more. */
  readonly usage: Decimal | null;
  /** What final invoices billed of it, but for those that are void. */
  readonly billedQuantity: Decimal;
  /** What is not billed by them. */
  readonly open: LateCost;
  readonly status: LateStatus;
};

/** By what late usage is judged. */
export type LateTerms = { readonly policy: LateUsagePolicy; readonly changeableSeconds: number };

export async function findLateTerms(scope: Scope): Promise<LateTerms> {
  const { lateUsage: policy } = await findBillingSettings(scope);
  return { policy, changeableSeconds: changeableSeconds(await findSettings(scope)) };
}

/** How long after its time usage can still come or be corrected: what is older than that can't have changed since. */
function changeableSeconds({ maxEventAgeDays, correctionHours }: MeteringSettings): number {
  return (24 * maxEventAgeDays + correctionHours) * 3_600;
}

/** Those of these periods of which usage came late, in their order. It compares the usage of each with what was billed. */
export async function judgeAll(scope: Scope, periods: readonly BilledPeriod[], terms: LateTerms): Promise<LateUsage[]> {
  if (periods.length === 0) return [];
  const prices = byId(await findPrices(scope, unique(periods.map(({ priceId }) => priceId))));
  const meterIds = [...prices.values()].flatMap(({ recurring }) => recurring?.meterId ?? []);
  const meters = byId(await findMeters(scope, unique(meterIds)));
  const sources = periods.map((billed) => {
    const price = prices.get(billed.priceId);
    const meter = meters.get(price?.recurring?.meterId ?? '');
    assert(price !== undefined && meter !== undefined, `the line ${billed.lineId} has no price or no meter`);
    return { billed, price, meter };
  });
  const usage = await usageWhereKnown(
    scope,
    sources.map(({ billed: { customerId, period }, price, meter }) => ({
      meter,
      customerId,
      period,
      filter: price.dimensionFilter,
    })),
  );
  return sources.flatMap((source, place) => judge({ ...source, usage: usage[place] ?? null }, terms) ?? []);
}

type Source = Pick<LateUsage, 'billed' | 'price' | 'meter' | 'usage'>;

/** What became of the usage of a period beyond its bill; undefined where it is what was billed, and was from the beginning. Pure. */
function judge(source: Source, terms: LateTerms): LateUsage | undefined {
  const { billed, price, usage } = source;
  const { bills } = billed;
  const final = bills.filter(({ status }) => status !== 'draft' && status !== 'void');
  const billedQuantity = final.reduce((sum, { quantity }) => sum.plus(quantity), billed.quantity);
  const told = { ...source, billedQuantity };
  if (usage === null) {
    // Nobody can tell whether any came, but for those that are billed.
    return bills.length === 0 ? undefined : { ...told, open: NOTHING_OPEN, status: 'unknown' };
  }
  const model = priceModel(price, billed.currency);
  const draft = bills.find(({ status }) => status === 'draft');
  const open = rateLate(model, usage, draft?.billedBefore ?? billedQuantity);
  if (draft !== undefined) return { ...told, open, status: 'on_draft' };
  if (open.quantity.eq(ZERO)) return final.length === 0 ? undefined : { ...told, open, status: 'billed' };
  if (open.quantity.lt(ZERO)) return { ...told, open, status: 'correction' };
  // A period that was not billed by its price, such as a free one, is not billed by it later.
  const isByPrice = rate(model, billed.quantity).reduce((sum, { amount }) => sum + amount, 0n) === billed.amount;
  if (!isByPrice || !isCharged(open)) return { ...told, open, status: 'no_charge' };
  return { ...told, open, status: fateOf(billed, terms) };
}

const NOTHING_OPEN: LateCost = { quantity: ZERO, amount: 0n, unitAmount: ZERO };

/** What becomes of usage that costs something more. */
function fateOf(billed: BilledPeriod, terms: LateTerms): 'by_hand' | 'dropped' | 'pending' {
  if (terms.policy === 'drop') return 'dropped';
  if (billed.hasEnded) return 'by_hand';
  return isOpen(billed, terms) ? 'pending' : 'dropped';
}

/** Whether the next invoice of a subscription still looks at a period: it may have changed since the last one was made. */
function isOpen({ bills, period, renewedAt }: BilledPeriod, terms: LateTerms): boolean {
  if (bills.some(({ status }) => status === 'void')) return true;
  const since = renewedAt?.subtract({ seconds: terms.changeableSeconds });
  return since !== undefined && Temporal.Instant.compare(period.end, since) > 0;
}

function byId<T extends { readonly id: string }>(all: readonly T[]): Map<string, T> {
  return new Map(all.map((one) => [one.id, one]));
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
