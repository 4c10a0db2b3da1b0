import type { Customer } from '../customers/customer.ts';
import { takeInvoiceNumber } from '../customers/write.ts';
import type { Context } from '../stripe/context.ts';
import { countChosenNumber } from './invoice.sql.ts';
import { findSettings, takeAccountSequence } from './settings.sql.ts';

/**
 * Takes the next number for an invoice of a locked customer, by the numbering of the account. It is taken in the
 * transaction that finalizes, so no number is lost; one that somebody chose for another invoice counts as given.
 */
export async function takeNumber(context: Context, customer: Customer): Promise<string> {
  for (;;) {
    const number = await nextNumber(context, customer);
    if (!(await countChosenNumber(context, number))) return number;
  }
}

async function nextNumber(context: Context, customer: Customer): Promise<string> {
  const settings = await findSettings(context);
  if (settings?.numbering !== 'account') return await takeInvoiceNumber(context, customer.id);
  const { prefix, sequence } = await takeAccountSequence(context);
  return formatNumber(prefix, sequence);
}

/** `ABCD1234-0001`. */
function formatNumber(prefix: string, sequence: bigint): string {
  return `${prefix}-${String(sequence).padStart(4, '0')}`;
}
