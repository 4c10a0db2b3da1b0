import type { TaxRate } from '../catalog/tax_rate.ts';
import { viewTaxRate } from '../catalog/tax_rate.view.ts';
import type { LineDiscount } from '../invoices/discount.ts';
import { viewTaxes } from '../invoices/invoice.view.ts';
import { sumTaxes } from '../invoices/totals.ts';
import { EMBEDDED_CREDIT_NOTE_LINES } from '../limits.ts';
import { formatDecimal, isInteger, toBigInt } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { listView } from '../stripe/lists.ts';
import { toUnix } from '../time/instant.ts';
import { type CreditNote, type CreditNoteLine, sumDiscounts, type WholeCreditNote } from './credit_note.ts';
import { pdfLinkOf } from './link.ts';
import { findWholeNotes } from './read.ts';
import { sumOf } from './share.ts';

/** The wire shape of a credit note with its first 10 lines. */
export function viewCreditNote(context: Context, whole: WholeCreditNote) {
  return viewNote(context, whole, `/v1/credit_notes/${whole.note.id}/lines`, pdfLinkOf(context, whole.note.id));
}

/** The same of one that is only told. There is nothing to open yet, so the link is empty. */
export function viewPreview(context: Context, whole: WholeCreditNote) {
  return viewNote(context, whole, '/v1/credit_notes/preview/lines', '');
}

function viewNote(context: Context, whole: WholeCreditNote, linesUrl: string, pdf: string) {
  const { note, lines, refunds, rates } = whole;
  const first = lines.slice(0, EMBEDDED_CREDIT_NOTE_LINES).map((line) => viewCreditNoteLine(context, line, rates));
  return {
    id: note.id,
    object: 'credit_note',
    ...viewAmounts(note, lines),
    created: toUnix(note.createdAt),
    currency: note.currency,
    customer: note.customerId,
    customer_account: null,
    customer_balance_transaction: note.balanceTransactionId,
    effective_at: toUnix(note.effectiveAt ?? note.createdAt),
    invoice: note.invoiceId,
    lines: listView(linesUrl, first, lines.length > first.length),
    livemode: context.account.livemode,
    memo: note.memo,
    metadata: note.metadata,
    number: note.number,
    pdf,
    reason: note.reason,
    refunds: refunds.map(({ refundId, amount }) => ({
      amount_refunded: amount,
      payment_record_refund: null,
      refund: refundId,
      type: 'refund',
    })),
    shipping_cost: null,
    status: note.status,
    type: typeOf(note),
    voided_at: note.voidedAt && toUnix(note.voidedAt),
  };
}

function viewAmounts(note: CreditNote, lines: readonly CreditNoteLine[]) {
  const discounts = sumDiscounts(lines);
  return {
    amount: note.total,
    amount_shipping: 0,
    discount_amount: sumOf(discounts),
    discount_amounts: viewDiscounts(discounts),
    out_of_band_amount: note.outOfBandAmount,
    post_payment_amount: note.postPaymentAmount,
    pre_payment_amount: note.prePaymentAmount,
    pretax_credit_amounts: viewPretax(discounts),
    subtotal: note.subtotal,
    subtotal_excluding_tax: note.subtotalExcludingTax,
    total: note.total,
    total_excluding_tax: note.totalExcludingTax,
    total_taxes: viewTaxes(sumTaxes(lines.flatMap((line) => line.taxes))),
  };
}

function typeOf({ prePaymentAmount, postPaymentAmount }: CreditNote): 'mixed' | 'post_payment' | 'pre_payment' {
  if (postPaymentAmount === 0n) return 'pre_payment';
  return prePaymentAmount === 0n ? 'post_payment' : 'mixed';
}

/** The wire shape of a line; `rates` has those of its taxes. */
export function viewCreditNoteLine(context: Context, line: CreditNoteLine, rates: ReadonlyMap<string, TaxRate>) {
  const { invoiceLineId, unitAmount } = line;
  return {
    id: line.id,
    object: 'credit_note_line_item',
    amount: line.amount,
    description: line.description,
    discount_amount: sumOf(line.discounts),
    discount_amounts: viewDiscounts(line.discounts),
    ...(invoiceLineId === null ? {} : { invoice_line_item: invoiceLineId }),
    livemode: context.account.livemode,
    metadata: line.metadata,
    pretax_credit_amounts: viewPretax(line.discounts),
    quantity: line.quantity,
    tax_rates: line.taxes.flatMap(({ id }) => rates.get(id) ?? []).map((rate) => viewTaxRate(context, rate)),
    taxes: viewTaxes(line.taxes),
    type: invoiceLineId === null ? 'custom_line_item' : 'invoice_line_item',
    unit_amount: unitAmount !== null && isInteger(unitAmount) ? toBigInt(unitAmount) : null,
    unit_amount_decimal: unitAmount && formatDecimal(unitAmount),
  };
}

function viewDiscounts(discounts: readonly LineDiscount[]) {
  return discounts.map(({ id, amount }) => ({ amount, discount: id }));
}

function viewPretax(discounts: readonly LineDiscount[]) {
  return discounts.map(({ id, amount }) => ({ amount, discount: id, type: 'discount' }));
}

const discountFields: Expandable['fields'] = {
  discount_amounts: { hash: { discount: { id: 'discount' } } },
  pretax_credit_amounts: { hash: { credit_balance_transaction: NOTHING, discount: { id: 'discount' } } },
};

export const creditNoteExpandable: Expandable = {
  fields: {
    ...discountFields,
    customer: { id: 'customer' },
    customer_balance_transaction: { id: 'customer_balance_transaction' },
    invoice: { id: 'invoice' },
    lines: { list: 'credit_note_line_item' },
    refunds: { hash: { refund: { id: 'refund' } } },
  },
  async load(context, ids) {
    const found = await findWholeNotes(context, ids);
    return new Map(found.map((whole) => [whole.note.id, viewCreditNote(context, whole)]));
  },
};

export const creditNoteLineExpandable: Expandable = { fields: discountFields };
