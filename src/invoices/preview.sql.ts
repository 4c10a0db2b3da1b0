import { sql } from 'kysely';
import { PREPARED } from '../db/prepared.ts';
import type { Queryable } from '../db/pool.ts';
import { deleteExpired } from '../db/sweep.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import { INVOICE_PREVIEW_HOURS } from '../limits.ts';
import { type Decimal, decimal, formatDecimal } from '../money/decimal.ts';
import type { Period } from '../time/period.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { toInvoiceDiscounts, toLineDiscounts } from './discount.ts';
import { type Invoice, type InvoiceLine, toProratedOf, type WholeInvoice } from './invoice.ts';
import { toTaxes } from './tax.ts';

/** What JSON makes of a preview: amounts, decimals and instants become text, so that none passes through a float. */
type Stored<T> = T extends bigint | Decimal | Temporal.Instant
  ? string
  : T extends object
    ? { readonly [K in keyof T]: Stored<T[K]> }
    : T;

/**
 * Keeps what a preview told, for reading it again. Its transaction does not wait for the disk: it changes nothing else, and
 * who asks again after a crash is told the same under another id.
 */
export async function insertPreview(scope: Scope, preview: WholeInvoice, now: Temporal.Instant): Promise<void> {
  const defaultTaxRates = preview.invoice.defaultTaxRates.map((rate) => ({
    ...rate,
    percentage: formatDecimal(rate.percentage),
  }));
  const lines = preview.lines.map((line) => ({
    ...line,
    quantity: formatDecimal(line.quantity),
    billedBefore: line.billedBefore && formatDecimal(line.billedBefore),
    unitAmount: formatDecimal(line.unitAmount),
    billedSoFar: line.billedSoFar && formatDecimal(line.billedSoFar),
  }));
  const body = JSON.stringify(amountsAsText({ invoice: { ...preview.invoice, defaultTaxRates }, lines }));
  await sql`${PREPARED}
    with quick as materialized (select set_config('synchronous_commit', 'off', true))
    insert into invoice_previews (account_id, id, body, created_at)
    select ${scope.account.id}, ${preview.invoice.id}, ${body}::json, ${now} from quick
  `.execute(scope.db);
}

/** A copy for JSON, whose amounts are text. `JSON.stringify` could ask for each value, and takes twice as long then. */
function amountsAsText(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(amountsAsText);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) copy[name] = amountsAsText(entry);
  return copy;
}

/** A preview as it was told, unless it is older than 72 hours. */
export async function findPreview(scope: Scope, id: string, now: Temporal.Instant): Promise<WholeInvoice | undefined> {
  const row = await selectFrom(scope, 'invoice_previews')
    .select('body')
    .where('id', '=', id)
    .where('created_at', '>=', now.subtract({ hours: INVOICE_PREVIEW_HOURS }))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { invoice, lines } = row.body as Stored<WholeInvoice>;
  return { invoice: toInvoice(invoice), lines: lines.map(toLine) };
}

/** Forgets the previews of all accounts that are older than `before`. Returns how many. */
export async function deleteExpiredPreviews(db: Queryable, before: Temporal.Instant): Promise<bigint> {
  return await deleteExpired(db, 'invoice_previews', 'created_at', before);
}

function toInvoice(stored: Stored<Invoice>): Invoice {
  return {
    ...stored,
    // A preview is of no threshold.
    thresholdReason: null,
    subtotal: BigInt(stored.subtotal),
    discounts: toInvoiceDiscounts(stored.discounts),
    subtotalExcludingTax: BigInt(stored.subtotalExcludingTax),
    defaultTaxRates: stored.defaultTaxRates.map(toTaxRate),
    taxes: toTaxes(stored.taxes),
    totalExcludingTax: BigInt(stored.totalExcludingTax),
    total: BigInt(stored.total),
    startingBalance: BigInt(stored.startingBalance),
    endingBalance: null,
    amountDue: BigInt(stored.amountDue),
    amountPaid: BigInt(stored.amountPaid),
    amountPaidOffStripe: BigInt(stored.amountPaidOffStripe),
    prePaymentCredit: BigInt(stored.prePaymentCredit),
    postPaymentCredit: BigInt(stored.postPaymentCredit),
    period: toPeriod(stored.period),
    dueAt: toInstant(stored.dueAt),
    effectiveAt: toInstant(stored.effectiveAt),
    automaticallyFinalizesAt: toInstant(stored.automaticallyFinalizesAt),
    nextPaymentAttemptAt: toInstant(stored.nextPaymentAttemptAt),
    finalizedAt: toInstant(stored.finalizedAt),
    paidAt: toInstant(stored.paidAt),
    markedUncollectibleAt: toInstant(stored.markedUncollectibleAt),
    voidedAt: toInstant(stored.voidedAt),
    prorationAt: toInstant(stored.prorationAt),
    createdAt: Temporal.Instant.from(stored.createdAt),
  };
}

function toLine(stored: Stored<InvoiceLine>): InvoiceLine {
  return {
    ...stored,
    amount: BigInt(stored.amount),
    discounts: toLineDiscounts(stored.discounts),
    taxes: toTaxes(stored.taxes),
    amountExcludingTax: BigInt(stored.amountExcludingTax),
    quantity: decimal(stored.quantity),
    // Previews that an older version kept have no such lines.
    billedBefore: stored.billedBefore == null ? null : decimal(stored.billedBefore),
    unitAmount: decimal(stored.unitAmount),
    period: toPeriod(stored.period),
    billedSoFar: stored.billedSoFar === null ? null : decimal(stored.billedSoFar),
    wholePeriod: stored.wholePeriod && toPeriod(stored.wholePeriod),
    proratedOf: toProratedOf(stored.proratedOf),
  };
}

function toTaxRate(stored: Stored<TaxRate>): TaxRate {
  return {
    ...stored,
    percentage: decimal(stored.percentage),
    createdAt: Temporal.Instant.from(stored.createdAt),
  };
}

function toPeriod({ start, end }: Stored<Period>): Period {
  return { start: Temporal.Instant.from(start), end: Temporal.Instant.from(end) };
}

function toInstant(text: string | null): Temporal.Instant | null {
  return text === null ? null : Temporal.Instant.from(text);
}
