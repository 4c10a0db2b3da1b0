import type { Context } from '../stripe/context.ts';
import { storeChange } from './change_draft.ts';
import { lockInvoicesPaidWith } from './invoice.sql.ts';
import { findWholeInvoices } from './read.ts';

/**
 * A method was taken from its locked customer: what is not settled yet can't be paid with it any more, and tells
 * `invoice.updated`. What is settled keeps saying what it said.
 */
export async function forgetInvoiceMethod(context: Context, methodId: string): Promise<void> {
  for (const whole of await findWholeInvoices(context, await lockInvoicesPaidWith(context, methodId))) {
    await storeChange(context, whole, { ...whole, invoice: { ...whole.invoice, defaultPaymentMethodId: null } });
  }
}
