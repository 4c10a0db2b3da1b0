import { type Invoice, remainingOf, type WholeInvoice } from '../invoices/invoice.ts';
import { decimal } from '../money/decimal.ts';
import { formatUnitAmount } from '../money/format.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { invalidRequest } from '../stripe/errors.ts';
import type { CreditNote, LinkedRefund, WholeCreditNote } from './credit_note.ts';
import type { CreateCreditNoteParams } from './credit_note.params.ts';
import { makeLines, type NewLine } from './make_lines.ts';
import { sumOf } from './share.ts';

/** What a credit note is to be, before anything is written. */
export type Proposal = Pick<
  CreditNote,
  | 'subtotal'
  | 'subtotalExcludingTax'
  | 'total'
  | 'totalExcludingTax'
  | 'prePaymentAmount'
  | 'postPaymentAmount'
  | 'creditAmount'
  | 'outOfBandAmount'
> & {
  readonly lines: readonly NewLine[];
  /** What is to be refunded anew. */
  readonly refundAmount: bigint;
};

/** What a request names, as it is stored. */
export type Named = {
  readonly refunds: readonly LinkedRefund[];
  readonly rates: readonly (readonly TaxRate[])[];
};

/** What an invoice has of credit notes that are issued. */
export type Issued = readonly Pick<WholeCreditNote, 'note' | 'lines'>[];

/**
 * What a request makes of an invoice with all its lines and its issued credit notes; pure. `named` has the refunds to link,
 * and the tax rates that the lines name, by their places. It first takes off what is still due, and what is beyond that must
 * be given back in full, one way or the other. Throws for more than is left of the invoice or of a line.
 */
export function propose(whole: WholeInvoice, issued: Issued, params: CreateCreditNoteParams, named: Named): Proposal {
  const { invoice } = whole;
  const lines = linesOf(whole, issued, params, named);
  const subtotal = sumOf(lines);
  const subtotalExcludingTax = lines.reduce((sum, line) => sum + line.subtotalExcludingTax, 0n);
  const totalExcludingTax = lines.reduce((sum, line) => sum + line.amountExcludingTax, 0n);
  const total = totalExcludingTax + sumOf(lines.flatMap((line) => line.taxes));
  checkTotal(invoice, issued, total, params);
  const due = invoice.status === 'open' ? remainingOf(invoice) : 0n;
  const prePaymentAmount = total < due ? total : due;
  const postPaymentAmount = total - prePaymentAmount;
  const { credit_amount: creditAmount = 0n, refund_amount: refundAmount = 0n } = params;
  const outOfBandAmount = params.out_of_band_amount ?? null;
  const given = creditAmount + refundAmount + (outOfBandAmount ?? 0n) + sumOf(named.refunds);
  if (given !== postPaymentAmount) throw unequal(given, postPaymentAmount, invoice);
  const totals = { subtotal, subtotalExcludingTax, total, totalExcludingTax };
  return { lines, ...totals, prePaymentAmount, postPaymentAmount, creditAmount, refundAmount, outOfBandAmount };
}

function linesOf(
  whole: WholeInvoice,
  issued: Issued,
  { amount, lines }: CreateCreditNoteParams,
  { rates }: Named,
): readonly NewLine[] {
  if (lines !== undefined && lines.length > 0) {
    const asked = lines.map((line, place) => ({ ...line, rates: rates[place] ?? [] }));
    return makeLines(
      whole,
      issued.flatMap((each) => each.lines),
      asked,
    );
  }
  if (amount === undefined) {
    throw invalidRequest(
      'You must provide one of `amount`, `lines` or `shipping_cost`.',
      'amount',
      'parameter_missing',
    );
  }
  return makeLines(whole, [], [{ type: 'custom_line_item', unit_amount: amount }]);
}

function checkTotal(invoice: Invoice, issued: Issued, total: bigint, { amount, lines }: CreateCreditNoteParams): void {
  const told = (minor: bigint) => formatUnitAmount(decimal(minor), invoice.currency);
  const param = lines === undefined ? 'amount' : 'lines';
  if (amount !== undefined && amount !== total) {
    throw invalidRequest(
      `The amount of the credit note (${told(amount)}) is not what its lines come to (${told(total)}).`,
      'amount',
    );
  }
  if (total <= 0n) throw invalidRequest('The total of a credit note must be greater than 0.', param);
  const left = invoice.total - issued.reduce((sum, { note }) => sum + note.total, 0n);
  if (total <= left) return;
  throw invalidRequest(
    `The amount of the credit note (${told(total)}) is greater than what is left of the invoice to credit (${told(left)}).`,
    param,
  );
}

function unequal(given: bigint, wanted: bigint, { currency }: Invoice) {
  const told = (minor: bigint) => formatUnitAmount(decimal(minor), currency);
  return invalidRequest(
    `The sum of \`refund_amount\`, \`refunds\`, \`credit_amount\` and \`out_of_band_amount\` (${told(given)}) must equal the part of the credit note that was paid already (${told(wanted)}).`,
  );
}
