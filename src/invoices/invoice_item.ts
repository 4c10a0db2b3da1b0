import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Decimal } from '../money/decimal.ts';
import { newId } from '../stripe/ids.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Period } from '../time/period.ts';
import type { InvoiceDiscount } from './discount.ts';
import type { CreditedItems, InvoiceLine, ProratedOf } from './invoice.ts';
import { termsOfRates } from './tax.ts';

/** What an item is charged at. `amount` is final: minor units, rounded once. */
export type ItemPricing = {
  /** Null, with the product, where the item has an amount of its own. */
  readonly priceId: string | null;
  readonly productId: string | null;
  readonly quantity: Decimal;
  /** Minor units with up to 12 decimals: of a unit, or of a package. */
  readonly unitAmount: Decimal;
  readonly amount: bigint;
};

/** Something charged once, or credited by a negative amount: pending, or on an invoice as one of its lines. */
export type InvoiceItem = ItemPricing & {
  readonly id: string;
  readonly customerId: string;
  /** Null while it is pending. */
  readonly invoiceId: string | null;
  readonly subscriptionId: string | null;
  /** Of prorations: the item that they are of, which may be gone from its subscription. */
  readonly subscriptionItemId: string | null;
  readonly proration: boolean;
  /** What a proration gives back. */
  readonly creditedItems: CreditedItems | null;
  /** What a proration is a share of; null for what is none. */
  readonly proratedOf: ProratedOf | null;
  /** Of usage that a change closed: what of it earlier invoices had billed; null for nothing. */
  readonly billedSoFar: Decimal | null;
  readonly currency: string;
  readonly description: string | null;
  readonly period: Period;
  readonly discountable: boolean;
  /** Its own, with the item named: on its line alone, before those of the invoice. They take nothing off what is not discountable. */
  readonly discounts: readonly InvoiceDiscount[];
  /** Its own: an invoice may have others for what has none. */
  readonly taxRates: readonly TaxRate[];
  /** True: it was pending before an invoice took it, and is so again when that draft is deleted. */
  readonly wasPending: boolean;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};

/** The lines that items become on an invoice, in their order. A credit of what becomes a line with it names that line. */
export function linesOf(items: readonly InvoiceItem[], invoiceId: string): InvoiceLine[] {
  const lines = items.map((item) => lineOf(item));
  const lineIds = new Map(lines.map((line) => [line.invoiceItemId, line.id]));
  return lines.map((line) => {
    const credited = line.creditedItems;
    const lineId = credited !== null && 'invoiceItem' in credited ? lineIds.get(credited.invoiceItem) : undefined;
    return lineId === undefined ? line : { ...line, creditedItems: { invoice: invoiceId, lineIds: [lineId] } };
  });
}

/** The line that an item is on an invoice; `id` is that of the line where there is one already. */
export function lineOf(item: InvoiceItem, id: string = newId('invoiceLine')): InvoiceLine {
  return {
    id,
    subscriptionId: item.subscriptionId,
    subscriptionItemId: item.subscriptionItemId,
    invoiceItemId: item.id,
    proration: item.proration,
    wholePeriod: null,
    billedSoFar: item.billedSoFar,
    creditedItems: item.creditedItems,
    proratedOf: item.proratedOf,
    freeTrial: null,
    priceId: item.priceId,
    productId: item.productId,
    description: item.description,
    amount: item.amount,
    quantity: item.quantity,
    billedBefore: null,
    unitAmount: item.unitAmount,
    period: item.period,
    discountable: item.discountable,
    discounts: [],
    taxRates: termsOfRates(item.taxRates),
    taxes: [],
    amountExcludingTax: item.amount,
    metadata: item.metadata,
    hasOwnMetadata: true,
  };
}
