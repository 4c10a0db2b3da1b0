import type { Customer } from '../customers/customer.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { applyBalance } from './apply_balance.ts';
import { insertInvoice, lockAdvancingInvoices, updateInvoice } from './invoice.sql.ts';
import { type Invoice, snapshotOf, type WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { withCurrentUsage } from './current_usage.ts';
import { findLines, insertLines, replaceLines } from './line.sql.ts';
import { takeNumber } from './number.ts';
import { openPayment } from './open_payment.ts';
import { findWholeInvoices } from './read.ts';

/** Stores a draft and tells `invoice.created`. */
export async function createInvoice(context: Context, draft: WholeInvoice): Promise<void> {
  await insertInvoice(context, draft.invoice);
  await insertLines(context, draft);
  await recordEvent(context, 'invoice.created', viewInvoice(context, draft));
}

/**
 * Finalizes a stored draft: its usage and taxes are computed for the last time, it takes the next number unless one was chosen for it,
 * meets the customer's balance, freezes what it shows of the customer, and opens; one with nothing due is paid by that. The
 * customer must be locked and as it is now, so that no number is given twice and no credit used twice. `now` must be the
 * customer's. What is then due has a payment intent.
 * Tells `invoice.finalized`, and `invoice.paid` and `invoice.payment_succeeded` when paid, in that order.
 */
export async function finalizeInvoice(
  context: Context,
  customer: Customer,
  draft: Pick<WholeInvoice, 'invoice'>,
): Promise<WholeInvoice> {
  // What was read of a draft may have lines that are newer than the stored ones.
  const current = { ...draft.invoice, customer: snapshotOf(customer) };
  const stored = { invoice: current, lines: await findLines(context, current.id) };
  const { invoice, lines } = await withCurrentUsage(context, stored);
  if (lines !== stored.lines) await replaceLines(context, { invoice, lines });
  const opened: Invoice = {
    ...invoice,
    ...(await applyBalance(context, customer, invoice)),
    status: 'open',
    number: draft.invoice.number ?? (await takeNumber(context, customer)),
    automaticallyFinalizesAt: null,
    finalizedAt: context.now,
  };
  const whole = { invoice: opened, lines };
  await updateInvoice(context, opened);
  await recordEvent(context, 'invoice.finalized', viewInvoice(context, whole));
  if (opened.amountDue === 0n) return await settle(context, whole);
  await openPayment(context, opened);
  return whole;
}

/** Marks an invoice with nothing due as paid. It counts as attempted, although no payment was tried. */
async function settle(context: Context, { invoice, lines }: WholeInvoice): Promise<WholeInvoice> {
  const paid: Invoice = {
    ...invoice,
    status: 'paid',
    attempted: true,
    autoAdvance: false,
    nextPaymentAttemptAt: null,
    paidAt: context.now,
  };
  const whole = { invoice: paid, lines };
  await updateInvoice(context, paid);
  await recordEvent(context, 'invoice.paid', viewInvoice(context, whole));
  await recordEvent(context, 'invoice.payment_succeeded', viewInvoice(context, whole));
  return whole;
}

/**
 * Drafts and open invoices of a subscription that ends no longer go on by themselves; tells `invoice.updated`. `now` must
 * be the customer's.
 */
export async function stopInvoices(context: Context, subscriptionId: string): Promise<void> {
  const advancing = await findWholeInvoices(context, await lockAdvancingInvoices(context, subscriptionId));
  for (const whole of advancing) {
    const stopped: Invoice = {
      ...whole.invoice,
      autoAdvance: false,
      automaticallyFinalizesAt: null,
      nextPaymentAttemptAt: null,
    };
    await updateInvoice(context, stopped);
    // The totals of a draft are those of its lines as they are now, which may not be stored yet.
    if (stopped.status === 'draft') await replaceLines(context, whole);
    const after = viewInvoice(context, { ...whole, invoice: stopped });
    await recordEvent(context, 'invoice.updated', after, viewInvoice(context, whole));
  }
}
