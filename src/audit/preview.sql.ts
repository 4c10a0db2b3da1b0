import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { INVOICE_PREVIEW_HOURS } from '../limits.ts';
import type { StoredInvoice, StoredLine } from './stored.sql.ts';

/** A preview as it is kept: amounts, decimals and instants are text. */
type Body = {
  readonly invoice: {
    readonly customerId: string;
    readonly currency: string;
    readonly subtotal: string;
    readonly total: string;
    readonly discounts: StoredInvoice['discounts'];
    readonly defaultTaxRates: StoredInvoice['rates'];
    readonly taxRounding: string;
    readonly taxes: StoredInvoice['taxes'];
    readonly subtotalExcludingTax: string;
    readonly totalExcludingTax: string;
    readonly customer: { readonly taxExempt: string };
    readonly startingBalance: string;
    readonly amountDue: string;
    readonly amountPaid: string;
    readonly createdAt: string;
  };
  readonly lines: readonly {
    readonly id: string;
    readonly subscriptionItemId: string | null;
    readonly invoiceItemId: string | null;
    readonly priceId: string | null;
    readonly productId: string | null;
    readonly discountable: boolean;
    readonly discounts: StoredLine['discounts'];
    readonly taxRates: StoredLine['rates'];
    readonly taxes: StoredLine['taxes'];
    readonly amountExcludingTax: string;
    readonly description: string | null;
    readonly amount: string;
    readonly quantity: string;
    /** Missing in what an older version kept. */
    readonly billedBefore?: string | null;
    readonly unitAmount: string;
    readonly period: { readonly start: string; readonly end: string };
    readonly billedSoFar: string | null;
    /** Missing in what an older version kept. */
    readonly proratedOf?: StoredLine['prorated_of'];
    readonly freeTrial: string | null;
    readonly wholePeriod: { readonly start: string; readonly end: string } | null;
  }[];
};

/** A recent preview in the shape of a stored invoice, with its lines. */
export async function findStoredPreview(
  db: Queryable,
  accountId: string,
  id: string,
  now: Temporal.Instant,
): Promise<{ invoice: StoredInvoice; lines: StoredLine[] } | undefined> {
  const { rows } = await sql<{ body: Body }>`
    select body from invoice_previews
    where account_id = ${accountId} and id = ${id} and created_at >= ${now.subtract({ hours: INVOICE_PREVIEW_HOURS })}
  `.execute(db);
  const body = rows[0]?.body;
  return body && { invoice: toInvoice(accountId, id, body.invoice), lines: body.lines.map((line) => toLine(id, line)) };
}

function toInvoice(accountId: string, id: string, invoice: Body['invoice']): StoredInvoice {
  return {
    account_id: accountId,
    id,
    customer_id: invoice.customerId,
    status: 'draft',
    number: null,
    currency: invoice.currency,
    subtotal: BigInt(invoice.subtotal),
    total: BigInt(invoice.total),
    discounts: invoice.discounts,
    rates: invoice.defaultTaxRates,
    tax_rounding: invoice.taxRounding,
    taxes: invoice.taxes,
    subtotal_excluding_tax: BigInt(invoice.subtotalExcludingTax),
    total_excluding_tax: BigInt(invoice.totalExcludingTax),
    tax_exempt: invoice.customer.taxExempt,
    starting_balance: BigInt(invoice.startingBalance),
    ending_balance: null,
    balance_changed: 0n,
    balance_returned: 0n,
    amount_due: BigInt(invoice.amountDue),
    amount_paid: BigInt(invoice.amountPaid),
    pre_payment_credit_notes_amount: 0n,
    post_payment_credit_notes_amount: 0n,
    created_at: Temporal.Instant.from(invoice.createdAt),
    finalized_at: null,
    test_clock_id: null,
  };
}

function toLine(invoiceId: string, line: Body['lines'][number]): StoredLine {
  const amount = BigInt(line.amount);
  return {
    id: line.id,
    invoice_id: invoiceId,
    subscription_item_id: line.subscriptionItemId,
    invoice_item_id: line.invoiceItemId,
    price_id: line.priceId,
    product_id: line.productId,
    discountable: line.discountable,
    discounts: line.discounts,
    rates: line.taxRates,
    taxes: line.taxes,
    amount_excluding_tax: BigInt(line.amountExcludingTax),
    description: line.description,
    amount,
    quantity: line.quantity,
    billed_before: line.billedBefore ?? null,
    unit_amount: line.unitAmount,
    period_start_at: Temporal.Instant.from(line.period.start),
    period_end_at: Temporal.Instant.from(line.period.end),
    billed_so_far: line.billedSoFar,
    prorated_of: line.proratedOf ?? null,
    credited_amount: null,
    item_created_at: null,
    free_trial: line.freeTrial,
    whole_period_start_at: line.wholePeriod && Temporal.Instant.from(line.wholePeriod.start),
    whole_period_end_at: line.wholePeriod && Temporal.Instant.from(line.wholePeriod.end),
    // What a preview adds or changes is stored nowhere: the line says of the item what the preview says.
    item_amount: amount,
    item_quantity: line.quantity,
    item_rates: line.taxRates.map(({ id: rateId }) => rateId),
  };
}
