import { buildDocument, type Issuer } from '../invoices/document/build.ts';
import type { InvoiceDocument, Row, Sum } from '../invoices/document/document.ts';
import { taxText } from '../invoices/document/sums.ts';
import { longDate, money, moneyWithCode, quantityText } from '../invoices/document/words.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { sumTaxes } from '../invoices/totals.ts';
import { decimal } from '../money/decimal.ts';
import { formatUnitAmount } from '../money/format.ts';
import type { Refund } from '../payments/refund.ts';
import { type CreditNoteLine, sumDiscounts, type WholeCreditNote } from './credit_note.ts';
import { sumOf } from './share.ts';

const REFUNDS: Readonly<Record<Refund['status'], string>> = {
  succeeded: 'Refunded',
  pending: 'Refund pending',
  failed: 'Refund failed',
};

/**
 * What a credit note says to people. It has the parties of its invoice, and looks like it. `refunds` are those that belong
 * to it. Pure.
 */
export function buildCreditNoteDocument(
  account: Issuer,
  invoice: WholeInvoice,
  whole: WholeCreditNote,
  refunds: readonly Pick<Refund, 'id' | 'status'>[],
): InvoiceDocument {
  const { note, lines } = whole;
  const { currency, total } = note;
  const isVoid = note.status === 'void';
  return {
    // Its own sums stand below, so that it shows no taxes of the invoice.
    ...buildDocument(account, { invoice: { ...invoice.invoice, taxes: [] }, lines: [] }, []),
    title: 'Credit note',
    number: note.number,
    status: isVoid ? 'Void' : 'Issued',
    shipping: null,
    facts: [
      { label: 'Credit note number', value: note.number },
      { label: 'Invoice number', value: invoice.invoice.number ?? '' },
      { label: 'Date of issue', value: longDate(note.effectiveAt ?? note.createdAt) },
    ],
    headline: { amount: moneyWithCode(total, currency), text: isVoid ? 'Void: nothing is credited' : 'Credited' },
    groups: [{ period: '', rows: lines.map((line) => rowOf(line, currency)) }],
    sums: sumsOf(whole, refunds),
    notes: note.memo === null ? [] : [note.memo],
    footer: null,
  };
}

function rowOf({ description, quantity, unitAmount, amount }: CreditNoteLine, currency: string): Row {
  return {
    description: description ?? 'Credit',
    quantity: quantity === null ? '' : quantityText(decimal(quantity)),
    unitPrice: unitAmount === null ? '' : formatUnitAmount(unitAmount, currency),
    amount: money(amount, currency),
  };
}

/** From the lines to the total, and where that went. */
function sumsOf(
  { note, lines, refunds: linked, rates }: WholeCreditNote,
  refunds: readonly Pick<Refund, 'id' | 'status'>[],
): Sum[] {
  const statusOf = new Map(refunds.map(({ id, status }) => [id, status]));
  const refundedAs = (status: Refund['status']) =>
    sumOf(linked.filter((each) => statusOf.get(each.refundId) === status));
  const { currency, subtotal, total, prePaymentAmount, creditAmount, outOfBandAmount } = note;
  const sum = (label: string, amount: bigint): Sum => ({ label, amount: money(amount, currency), strong: false });
  const discounts = sumOf(sumDiscounts(lines));
  const where = [
    sum('Taken off the amount due', prePaymentAmount),
    ...(['succeeded', 'pending', 'failed'] as const).map((status) => sum(REFUNDS[status], refundedAs(status))),
    sum('Credited to your balance', creditAmount),
    sum('Credited elsewhere', outOfBandAmount ?? 0n),
  ];
  const nothing = money(0n, currency);
  return [
    sum('Subtotal', subtotal),
    ...(discounts === 0n ? [] : [sum('Discount', -discounts)]),
    ...sumTaxes(lines.flatMap((line) => line.taxes)).map((tax) =>
      sum(taxText(tax, [...rates.values()], currency), tax.amount),
    ),
    { ...sum('Total credited', total), strong: true },
    ...where.filter(({ amount }) => amount !== nothing),
  ];
}
