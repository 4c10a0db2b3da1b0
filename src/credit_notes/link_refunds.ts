import { findPaymentsOfInvoices } from '../invoices/invoice_payment.sql.ts';
import type { Gateway } from '../payments/gateway.ts';
import { findRefunds } from '../payments/refund.sql.ts';
import { requireRefundable } from '../payments/write_refund.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing, unservedParameter } from '../stripe/errors.ts';
import type { LinkedRefund } from './credit_note.ts';
import { findLinkedAmounts } from './credit_note_refund.sql.ts';
import type { CreateCreditNoteParams } from './credit_note.params.ts';

type RefundParams = NonNullable<CreateCreditNoteParams['refunds']>[number];

/** The intents that have paid an invoice, the last one first. */
async function intentsOf(context: Context, invoiceId: string): Promise<string[]> {
  const payments = await findPaymentsOfInvoices(context, [invoiceId]);
  return payments.filter(({ status }) => status === 'paid').map((payment) => payment.paymentIntentId);
}

/**
 * The existing refunds that a request links to a credit note of an invoice. Throws for refunds of other payments, for those
 * that failed, and for more than is left of one.
 */
export async function readLinkedRefunds(
  context: Context,
  invoiceId: string,
  asked: readonly RefundParams[],
): Promise<LinkedRefund[]> {
  const ids = asked.map(checkedId);
  if (ids.length === 0) return [];
  const refunds = new Map((await findRefunds(context, ids)).map((refund) => [refund.id, refund]));
  const intents = await intentsOf(context, invoiceId);
  const linked = await findLinkedAmounts(context, ids);
  return asked.map(({ amount_refunded: wanted }, index) => {
    const [at, id] = [`refunds[${index}]`, ids[index] ?? ''];
    const refund = refunds.get(id);
    if (refund === undefined) throw resourceMissing('refund', id, `${at}[refund]`);
    if (ids.indexOf(id) < index) throw invalidRequest(`The refund ${id} is named twice.`, `${at}[refund]`);
    if (!intents.includes(refund.paymentIntentId) || refund.status === 'failed') {
      throw invalidRequest(`The refund ${id} gives nothing back that was paid for this invoice.`, `${at}[refund]`);
    }
    const left = refund.amount - (linked.get(id) ?? 0n);
    const amount = wanted ?? refund.amount;
    if (amount <= left) return { refundId: id, amount };
    throw invalidRequest(
      `The amount (${amount}) is greater than what is left of the refund ${id} to link to a credit note (${left}).`,
      wanted === undefined ? `${at}[refund]` : `${at}[amount_refunded]`,
    );
  });
}

function checkedId({ refund, type }: RefundParams, index: number): string {
  if (type === 'payment_record_refund') throw unservedParameter(`refunds[${index}][payment_record_refund]`);
  if (refund === undefined) throw missingParameter(`refunds[${index}][refund]`);
  return refund;
}

/** The intent of which an amount can be refunded for an invoice. Throws where none can, or not so much. */
export async function requireRefundedIntent(
  context: Context,
  gateway: Gateway,
  invoiceId: string,
  amount: bigint,
): Promise<string> {
  const [intentId] = await intentsOf(context, invoiceId);
  if (intentId === undefined) {
    throw invalidRequest('There is no charge of this invoice to refund.', 'refund_amount');
  }
  await requireRefundable(context, gateway, { intentId, amount, param: 'refund_amount' });
  return intentId;
}
