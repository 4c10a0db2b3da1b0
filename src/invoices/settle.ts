import { changeDelinquent } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { returnBalance } from './apply_balance.ts';
import { finalizeInvoice } from './finalize.ts';
import { updateInvoice } from './invoice.sql.ts';
import { type Invoice, remainingOf, type WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { type LockedInvoice, lockInvoice } from './lock.ts';

/** What holds of every invoice that is settled, one way or the other: it does not go on by itself. */
export const SETTLED = { autoAdvance: false, automaticallyFinalizesAt: null, nextPaymentAttemptAt: null } as const;

/** Marks an open invoice as paid elsewhere and tells `invoice.paid`. */
export async function payOutOfBand(context: Context, whole: WholeInvoice): Promise<WholeInvoice> {
  const paid = await store(context, 'invoice.paid', whole, {
    ...whole.invoice,
    ...SETTLED,
    status: 'paid',
    attempted: true,
    amountPaid: whole.invoice.amountDue,
    amountPaidOffStripe: whole.invoice.amountPaidOffStripe + remainingOf(whole.invoice),
    paidAt: context.now,
  });
  await changeDelinquent(context, whole.invoice.customerId, false);
  return paid;
}

/** Tells `invoice.sent`, by which mail can be sent; a draft is finalized first. Only for invoices that are sent. */
export async function sendInvoice(requested: Context, payments: Payments, id: string): Promise<WholeInvoice> {
  const locked = await lockInvoice(requested, id, 'send');
  const { context } = locked;
  if (locked.whole.invoice.collectionMethod !== 'send_invoice') {
    throw invalidRequest('You can only manually send an invoice if its collection method is `send_invoice`.');
  }
  const whole = await finalized(context, payments, locked);
  await recordEvent(context, 'invoice.sent', viewInvoice(context, whole));
  return whole;
}

/** Voids an open, locked invoice: it keeps its number, nothing is owed for it, and the balance is given back. Tells `invoice.voided`. */
export async function voidLocked(context: Context, whole: WholeInvoice): Promise<WholeInvoice> {
  const voided: Invoice = { ...whole.invoice, ...SETTLED, status: 'void', voidedAt: context.now };
  await returnBalance(context, whole.invoice);
  return await store(context, 'invoice.voided', whole, voided);
}

/**
 * Gives up on an invoice; it can still be paid, or voided. Tells `invoice.marked_uncollectible`. What somebody has forgiven
 * counts for the standing of customer and subscription as if it were paid.
 */
export async function markUncollectible(requested: Context, payments: Payments, id: string): Promise<WholeInvoice> {
  const { context, whole } = await lockInvoice(requested, id, 'mark_uncollectible');
  const forgiven = await giveUpLocked(context, whole, 'user_forgiven');
  await changeDelinquent(context, whole.invoice.customerId, false);
  await payments.listener.invoiceChanged(context, id);
  return forgiven;
}

/** Gives up on an open invoice that is locked. */
export async function giveUpLocked(
  context: Context,
  whole: WholeInvoice,
  uncollectibleReason: NonNullable<Invoice['uncollectibleReason']>,
): Promise<WholeInvoice> {
  return await store(context, 'invoice.marked_uncollectible', whole, {
    ...whole.invoice,
    ...SETTLED,
    status: 'uncollectible',
    uncollectibleReason,
    markedUncollectibleAt: context.now,
  });
}

/** An invoice that goes on by itself, or not; undefined leaves it as it is. */
export function withAdvance(invoice: Invoice, autoAdvance: boolean | undefined): Invoice {
  if (autoAdvance === undefined) return invoice;
  return { ...invoice, autoAdvance, nextPaymentAttemptAt: autoAdvance ? invoice.nextPaymentAttemptAt : null };
}

/** The invoice, finalized where it is a draft. */
export async function finalized(
  context: Context,
  payments: Payments,
  { customer, whole }: LockedInvoice,
): Promise<WholeInvoice> {
  return whole.invoice.status === 'draft' ? await finalizeAndTell(context, payments, { customer, whole }) : whole;
}

/** Finalizes a draft by request; where nothing is due, that has paid it. */
export async function finalizeAndTell(
  context: Context,
  payments: Payments,
  { customer, whole }: Pick<LockedInvoice, 'customer' | 'whole'>,
): Promise<WholeInvoice> {
  const final = await finalizeInvoice(context, customer, whole);
  if (final.invoice.status === 'paid') await payments.listener.invoiceChanged(context, final.invoice.id);
  return final;
}

async function store(context: Context, type: string, whole: WholeInvoice, invoice: Invoice): Promise<WholeInvoice> {
  const after = { ...whole, invoice };
  await updateInvoice(context, invoice);
  await recordEvent(context, type, viewInvoice(context, after));
  return after;
}
