import { atTimeOf } from '../clocks/time.ts';
import type { Customer } from '../customers/customer.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { withLines } from './change_draft.ts';
import { findInvoices, lockInvoiceRow } from './invoice.sql.ts';
import type { WholeInvoice } from './invoice.ts';
import { findLines } from './line.sql.ts';
import { lockInvoicedSubscription } from './subscription.sql.ts';
import { checkTransition, type InvoiceVerb } from './transitions.ts';

/**
 * An invoice with all its lines and its customer, locked until the end of the transaction in the order customer,
 * subscription, invoice, and the context in the customer's time.
 */
export type LockedInvoice = { readonly context: Context; readonly customer: Customer; readonly whole: WholeInvoice };

/**
 * Locks an invoice for a verb. `param` names the parameter that refers to it. Throws resource_missing, also for
 * previews, and the documented error where the verb does not go with its state.
 */
export async function lockInvoice(
  context: Context,
  id: string,
  verb: InvoiceVerb,
  param = 'id',
): Promise<LockedInvoice> {
  const [known] = await findInvoices(context, [id]);
  const customer = known && (await lockCustomer(context, known.customerId));
  if (customer === undefined) throw resourceMissing('invoice', id, param);
  await lockInvoicedSubscription(context, known?.subscriptionId ?? null);
  await lockInvoiceRow(context, id);
  // What was read before the lock may be history by now.
  const [invoice] = await findInvoices(context, [id]);
  if (invoice === undefined) throw resourceMissing('invoice', id, param);
  checkTransition(invoice, verb);
  const timed = await atTimeOf(context, customer.testClockId);
  const stored = { invoice, lines: await findLines(context, id) };
  // Its taxes follow the customer, which may have changed since they were stored.
  const whole = invoice.status === 'draft' ? withLines(stored, stored.lines) : stored;
  return { context: timed, customer, whole };
}
