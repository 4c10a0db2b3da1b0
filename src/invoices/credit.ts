import { changeDelinquent } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { updateInvoice } from './invoice.sql.ts';
import { type Invoice, remainingOf, type WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { closePayment, followRemaining } from './open_payment.ts';
import { SETTLED } from './settle.ts';

/** What a credit note takes off what is due, and what it gives back of what was paid; minor units. */
export type Credit = Pick<Invoice, 'prePaymentCredit' | 'postPaymentCredit'>;

/**
 * Writes what a credit note makes of a locked invoice, and of the payment that it waits for. Where nothing remains to be
 * paid, the invoice is paid by that; tells `invoice.paid`, else `invoice.updated`. Throws where money is on its way.
 */
export async function applyCredit(
  context: Context,
  payments: Payments,
  whole: WholeInvoice,
  credit: Credit,
): Promise<void> {
  const before = whole.invoice;
  const credited = withCredit(before, credit);
  const isSettled = before.status === 'open' && remainingOf(credited) === 0n;
  // As an invoice that is finalized with nothing due, it counts as attempted.
  const settled = { ...SETTLED, status: 'paid', attempted: true, paidAt: context.now } as const;
  await store(context, whole, isSettled ? { ...credited, ...settled } : credited);
  if (isSettled) {
    await closePayment(context, payments, before.id, 'automatic');
    await changeDelinquent(context, before.customerId, false);
    await payments.listener.invoiceChanged(context, before.id);
  } else if (before.status === 'open') await followRemaining(context, payments, credited);
}

/** Takes back what a credit note took off an open, locked invoice; what is to be paid follows. Tells `invoice.updated`. */
export async function withdrawCredit(
  context: Context,
  payments: Payments,
  whole: WholeInvoice,
  prePaymentCredit: bigint,
): Promise<void> {
  const owed = withCredit(whole.invoice, { prePaymentCredit: -prePaymentCredit, postPaymentCredit: 0n });
  await store(context, whole, owed);
  await followRemaining(context, payments, owed);
}

function withCredit(invoice: Invoice, { prePaymentCredit, postPaymentCredit }: Credit): Invoice {
  return {
    ...invoice,
    amountDue: invoice.amountDue - prePaymentCredit,
    prePaymentCredit: invoice.prePaymentCredit + prePaymentCredit,
    postPaymentCredit: invoice.postPaymentCredit + postPaymentCredit,
  };
}

async function store(context: Context, before: WholeInvoice, invoice: Invoice): Promise<void> {
  await updateInvoice(context, invoice);
  const after = viewInvoice(context, { ...before, invoice });
  if (invoice.status === before.invoice.status) {
    await recordEvent(context, 'invoice.updated', after, viewInvoice(context, before));
  } else await recordEvent(context, 'invoice.paid', after);
}
