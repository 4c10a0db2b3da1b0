import type { TaxRate } from '../catalog/tax_rate.ts';
import type { LineDiscount } from '../invoices/discount.ts';
import type { Invoice } from '../invoices/invoice.ts';
import type { InvoiceTax } from '../invoices/tax.ts';
import type { Decimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';

/** A credit note without its lines. Amounts are minor units of `currency`, and count what the customer gets. */
export type CreditNote = {
  readonly id: string;
  readonly invoiceId: string;
  readonly customerId: string;
  /** The how many-th of its invoice it is, void ones counted; its number ends in it. */
  readonly sequence: number;
  readonly number: string;
  readonly currency: string;
  readonly status: 'issued' | 'void';
  readonly reason: 'duplicate' | 'fraudulent' | 'order_change' | 'product_unsatisfactory' | null;
  readonly memo: string | null;
  /** The sum of the lines before their discounts, and what these and taxes make of it; each without any tax as well. */
  readonly subtotal: bigint;
  readonly subtotalExcludingTax: bigint;
  readonly total: bigint;
  readonly totalExcludingTax: bigint;
  /** The parts of the total: what was still due of the invoice, and what was paid already. */
  readonly prePaymentAmount: bigint;
  readonly postPaymentAmount: bigint;
  /** Of the second part, beside refunds: what went to the customer's balance, and what is given back elsewhere. */
  readonly creditAmount: bigint;
  readonly outOfBandAmount: bigint | null;
  readonly balanceTransactionId: string | null;
  /** The date that it shows as its own, where it is not that of its making. */
  readonly effectiveAt: Temporal.Instant | null;
  readonly voidedAt: Temporal.Instant | null;
  readonly metadata: Metadata;
  /** The customer's: the clock that it lives on, or null for wall time. */
  readonly testClockId: string | null;
  readonly createdAt: Temporal.Instant;
};

export type CreditNoteLine = {
  readonly id: string;
  /** The line of the invoice that it credits; null for a line of the credit note's own. */
  readonly invoiceLineId: string | null;
  readonly description: string | null;
  /** Before discounts. */
  readonly amount: bigint;
  /** Null where an amount was credited, and not so many units. */
  readonly quantity: bigint | null;
  /** Null where no unit has a price of its own. */
  readonly unitAmount: Decimal | null;
  /** What of the discounts of the invoice's line is credited with it, in their order. */
  readonly discounts: readonly LineDiscount[];
  /** What of its taxes is, or those of the rates that a line of its own was given. */
  readonly taxes: readonly InvoiceTax[];
  /** What discounts leave of it, without any tax. */
  readonly amountExcludingTax: bigint;
  readonly metadata: Metadata;
};

/** What of a refund belongs to a credit note, which made it or was linked to it. */
export type LinkedRefund = { readonly refundId: string; readonly amount: bigint };

/** A credit note with all its lines, in order, and its refunds. */
export type WholeCreditNote = {
  readonly note: CreditNote;
  readonly lines: readonly CreditNoteLine[];
  readonly refunds: readonly LinkedRefund[];
  /** The rates of its taxes, by id. */
  readonly rates: ReadonlyMap<string, TaxRate>;
};

/** `ABCD1234-0001-CN-01`: numbers count within their invoice, and keep counting where one is void. */
export function numberOf({ number }: Pick<Invoice, 'number'>, sequence: number): string {
  return `${number}-CN-${String(sequence).padStart(2, '0')}`;
}

/** What each discount is credited in all, in the order of the lines. */
export function sumDiscounts(lines: readonly Pick<CreditNoteLine, 'discounts'>[]): LineDiscount[] {
  const byId = new Map<string, bigint>();
  for (const { id, amount } of lines.flatMap((line) => line.discounts)) byId.set(id, (byId.get(id) ?? 0n) + amount);
  return [...byId].map(([id, amount]) => ({ id, amount }));
}
