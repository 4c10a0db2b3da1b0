import assert from 'node:assert/strict';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { requireTaxRates } from '../catalog/write_tax_rate.ts';
import { atTimeOnTheWay } from '../clocks/time.ts';
import { adjustBalance } from '../customers/adjust_balance.ts';
import { findCustomer } from '../customers/customer.sql.ts';
import { recordEvent } from '../events/record.ts';
import { applyCredit } from '../invoices/credit.ts';
import { findInvoices } from '../invoices/invoice.sql.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { findLines } from '../invoices/line.sql.ts';
import { lockInvoice } from '../invoices/lock.ts';
import { checkNoneOnItsWay } from '../invoices/open_payment.ts';
import { checkTransition } from '../invoices/transitions.ts';
import type { RefundOutcome } from '../payments/gateway.ts';
import type { Payments } from '../payments/payments.ts';
import type { Refund } from '../payments/refund.ts';
import { beginRefund, callRefund, settleRefund } from '../payments/write_refund.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { ID_PREFIXES, newId } from '../stripe/ids.ts';
import type { JsonObject } from '../stripe/json.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { Begun, SteppedRoute } from '../stripe/route.ts';
import { numberOf, type WholeCreditNote } from './credit_note.ts';
import type { CreateCreditNoteParams, CreditNoteLineParams } from './credit_note.params.ts';
import { insertCreditNote } from './credit_note.sql.ts';
import { viewCreditNote } from './credit_note.view.ts';
import { insertCreditNoteLines } from './credit_note_line.sql.ts';
import { insertNoteRefunds } from './credit_note_refund.sql.ts';
import { readLinkedRefunds, requireRefundedIntent } from './link_refunds.ts';
import { type Proposal, propose } from './propose.ts';
import { notesOfInvoice, ratesOf, requireCreditNote } from './read.ts';

/** A credit note that is computed and not written; `intentId` is whose money is to be refunded, where some is. */
type Drafted = { readonly whole: WholeCreditNote; readonly refundAmount: bigint; readonly intentId: string | null };

/** What a request would make of an invoice, as it is now. Writes nothing. Throws as issuing it would. */
export async function previewCreditNote(
  context: Context,
  { gateway }: Payments,
  params: CreateCreditNoteParams,
): Promise<WholeCreditNote> {
  const [invoice] = await findInvoices(context, [params.invoice]);
  if (invoice === undefined) throw resourceMissing('invoice', params.invoice, 'invoice');
  checkTransition(invoice, 'credit');
  const timed = await atTimeOnTheWay(context, invoice.testClockId);
  const invoiceWithLines = { invoice, lines: await findLines(context, invoice.id) };
  const { whole } = await draft(timed, gateway, invoiceWithLines, params);
  // A page of lines is asked for by itself, so that the next request must know them again.
  const suffix = invoice.id.slice(ID_PREFIXES.invoice.length);
  const lines = whole.lines.map((line, place) => ({
    ...line,
    id: `${ID_PREFIXES.previewCreditNoteLine}${suffix}${place}`,
  }));
  return { ...whole, lines };
}

/**
 * Begins to issue a credit note, in the first transaction: it is written with all that it does to the invoice and to the
 * balance of the customer; tells `credit_note.created`. What is to be refunded anew is only begun, and the gateway called
 * after the commit.
 */
export async function beginIssue(
  requested: Context,
  payments: Payments,
  params: CreateCreditNoteParams,
): Promise<Begun> {
  const locked = await lockInvoice(requested, params.invoice, 'credit', 'invoice');
  const { context } = locked;
  const drafted = await draft(context, payments.gateway, locked.whole, params);
  const refund = await refundOf(context, payments, drafted);
  const whole = await write(context, drafted.whole, refund);
  await recordEvent(context, 'credit_note.created', viewCreditNote(context, whole));
  const { prePaymentAmount: prePaymentCredit, postPaymentAmount: postPaymentCredit } = whole.note;
  await applyCredit(context, payments, locked.whole, { prePaymentCredit, postPaymentCredit });
  if (refund === null) return { answer: viewCreditNote(context, whole) };
  const rest: Rest = { noteId: whole.note.id, refundId: refund.id, clockId: locked.customer.testClockId };
  return { next: JSON.stringify(rest) };
}

async function draft(
  context: Context,
  gateway: Payments['gateway'],
  { invoice, lines }: WholeInvoice,
  params: CreateCreditNoteParams,
): Promise<Drafted> {
  await checkNoneOnItsWay(context, invoice.id, 'invoice');
  await checkParams(context, invoice, params);
  const notes = await notesOfInvoice(context, invoice.id);
  const issued = notes.filter(({ note }) => note.status === 'issued');
  const refunds = await readLinkedRefunds(context, invoice.id, params.refunds ?? []);
  const rates = await readRates(context, params.lines ?? []);
  const proposal = propose({ invoice, lines }, issued, params, { refunds, rates });
  const { refundAmount } = proposal;
  const intentId = refundAmount === 0n ? null : await requireRefundedIntent(context, gateway, invoice.id, refundAmount);
  const sequence = notes.length + 1;
  const drafted = made(context, invoice, params, proposal, sequence);
  const whole = { ...drafted, refunds, rates: await ratesOf(context, drafted.lines) };
  return { whole, refundAmount, intentId };
}

/** Throws for a note of the future, and for money on the balance of a deleted customer, where no invoice would ever use it up. */
async function checkParams(
  context: Context,
  { customerId }: WholeInvoice['invoice'],
  { effective_at: effectiveAt, credit_amount: creditAmount = 0n }: CreateCreditNoteParams,
): Promise<void> {
  if (effectiveAt !== undefined && Temporal.Instant.compare(effectiveAt, context.now) > 0) {
    throw invalidRequest('`effective_at` cannot be in the future.', 'effective_at');
  }
  if (creditAmount === 0n) return;
  const customer = await findCustomer(context, customerId);
  if (customer?.deletedAt === null) return;
  throw invalidRequest(
    'The customer was deleted, so nothing can be credited to their balance: use `refund_amount`, `refunds` or `out_of_band_amount`.',
    'credit_amount',
  );
}

/** The tax rates that lines of their own name, by the places of the lines. */
async function readRates(context: Context, lines: readonly CreditNoteLineParams[]): Promise<readonly TaxRate[][]> {
  const rates: TaxRate[][] = [];
  for (const [place, { tax_rates: ids }] of lines.entries()) {
    rates.push(ids ? await requireTaxRates(context, ids, `lines[${place}][tax_rates]`) : []);
  }
  return rates;
}

function made(
  { now }: Context,
  invoice: WholeInvoice['invoice'],
  params: CreateCreditNoteParams,
  { lines, refundAmount: _refundAmount, ...amounts }: Proposal,
  sequence: number,
): Pick<WholeCreditNote, 'note' | 'lines'> {
  return {
    note: {
      id: newId('creditNote'),
      invoiceId: invoice.id,
      customerId: invoice.customerId,
      sequence,
      number: numberOf(invoice, sequence),
      currency: invoice.currency,
      status: 'issued',
      reason: params.reason ?? null,
      memo: params.memo ?? null,
      ...amounts,
      balanceTransactionId: null,
      effectiveAt: params.effective_at ?? null,
      voidedAt: null,
      metadata: changeMetadata({}, params.metadata),
      testClockId: invoice.testClockId,
      createdAt: now,
    },
    lines: lines.map(({ subtotalExcludingTax: _subtotal, ...line }) => ({ ...line, id: newId('creditNoteLine') })),
  };
}

async function refundOf(
  context: Context,
  { gateway }: Payments,
  { refundAmount: amount, intentId }: Drafted,
): Promise<Refund | null> {
  return intentId === null ? null : await beginRefund(context, gateway, { amount, payment_intent: intentId });
}

async function write(context: Context, drafted: WholeCreditNote, refund: Refund | null): Promise<WholeCreditNote> {
  const { id, creditAmount, customerId, currency, invoiceId } = drafted.note;
  const credit = { type: 'credit_note', amount: -creditAmount, currency, invoiceId, creditNoteId: id } as const;
  const transaction = creditAmount === 0n ? null : await adjustBalance(context, customerId, credit);
  const whole: WholeCreditNote = {
    ...drafted,
    note: { ...drafted.note, balanceTransactionId: transaction?.id ?? null },
    refunds: refund === null ? drafted.refunds : [...drafted.refunds, { refundId: refund.id, amount: refund.amount }],
  };
  await insertCreditNote(context, whole.note);
  await insertCreditNoteLines(context, whole);
  await insertNoteRefunds(context, id, whole.refunds);
  return whole;
}

/** What remains to be done of a credit note that refunds, as it outlives a crash. */
type Rest = { readonly noteId: string; readonly refundId: string; readonly clockId: string | null };

/** The steps after the beginning: the gateway is asked, then its answer is written. A refund that fails is told as failed. */
export function refundingSteps({ gateway }: Payments): Pick<SteppedRoute<never>, 'call' | 'end'> {
  return {
    async call(context, next) {
      const { refundId, clockId } = readRest(next);
      return await callRefund(await atTimeOnTheWay(context, clockId), gateway, refundId);
    },
    async end(context, next, called): Promise<JsonObject> {
      const { noteId, refundId, clockId } = readRest(next);
      const timed = await atTimeOnTheWay(context, clockId);
      await settleRefund(timed, refundId, called as RefundOutcome | null);
      return viewCreditNote(timed, await requireCreditNote(timed, noteId));
    },
  };
}

function readRest(next: string): Rest {
  const rest: unknown = JSON.parse(next);
  assert(typeof rest === 'object' && rest !== null && 'refundId' in rest, 'what is to be refunded was written by us');
  return rest as Rest;
}
