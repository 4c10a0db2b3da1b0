import type { Queryable } from '../db/pool.ts';
import { deleteExpired } from '../db/sweep.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import { INVOICE_PREVIEW_HOURS } from '../limits.ts';
import { type Decimal, decimal, formatDecimal } from '../money/decimal.ts';
import type { Period } from '../time/period.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { toInvoiceDiscounts, toLineDiscounts } from './discount.ts';
import type { Invoice, InvoiceLine, WholeInvoice } from './invoice.ts';
import { toTaxes } from './tax.ts';

/** What JSON makes of a preview: amounts, decimals and instants become text, so that none passes through a float. */
type Stored<T> = T extends bigint | Decimal | Temporal.Instant
  ? string
  : T extends object
    ? { readonly [K in keyof T]: Stored<T[K]> }
    : T;

/** Keeps what a preview told, for reading it again. */
export async function insertPreview(scope: Scope, preview: WholeInvoice, now: Temporal.Instant): Promise<void> {
  const defaultTaxRates = preview.invoice.defaultTaxRates.map((rate) => ({
    ...rate,
    percentage: formatDecimal(rate.percentage),
  }));
  const lines = preview.lines.map((line) => ({
    ...line,
    quantity: formatDecimal(line.quantity),
    unitAmount: formatDecimal(line.unitAmount),
  }));
  const body = JSON.stringify({ invoice: { ...preview.invoice, defaultTaxRates }, lines }, amountsAsText);
  await scope.db
    .insertInto('invoice_previews')
    .values({ account_id: scope.account.id, id: preview.invoice.id, body, created_at: now })
    .execute();
}

/** Looks at the value itself: what `JSON.stringify` hands on has been through `toJSON`, which makes amounts numbers. */
function amountsAsText(this: Readonly<Record<string, unknown>>, key: string, told: unknown): unknown {
  const value = this[key];
  return typeof value === 'bigint' ? String(value) : told;
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
    unitAmount: decimal(stored.unitAmount),
    period: toPeriod(stored.period),
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
