import type { Customer } from '../customers/customer.ts';
import { takeInvoiceNumbers } from '../customers/write.ts';
import type { Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { countChosenNumbers } from './invoice.sql.ts';
import { findSettings, takeAccountSequence } from './settings.sql.ts';

/** A number for an invoice, and what its taking tells, which the caller has to record. */
type Taken = { readonly number: string; readonly told: readonly Told[] };

/**
 * Takes the next number for an invoice of each of some locked customers, by the numbering of the account; by customer. They
 * are taken in the transaction that finalizes, so no number is lost; one that somebody chose for another invoice counts
 * as given, and the next one is taken.
 */
export async function takeNumbers(context: Context, customers: readonly Customer[]): Promise<Map<string, Taken>> {
  const taken = new Map<string, Taken>();
  let waiting = customers.map(({ id }) => id);
  while (waiting.length > 0) {
    const next = await nextNumbers(context, waiting);
    const numbers = [...next.values()].map(({ number }) => number);
    const chosen = await countChosenNumbers(context, numbers);
    for (const [id, { number, told }] of next) {
      taken.set(id, { number, told: [...(taken.get(id)?.told ?? []), ...told] });
    }
    waiting = waiting.filter((id) => chosen.has(taken.get(id)?.number ?? ''));
  }
  return taken;
}

async function nextNumbers(context: Context, customerIds: readonly string[]): Promise<Map<string, Taken>> {
  const settings = await findSettings(context);
  if (settings?.numbering !== 'account') {
    const next = await takeInvoiceNumbers(context, customerIds);
    return new Map([...next].map(([id, { number, told }]) => [id, { number, told: [told] }]));
  }
  const { prefix, first } = await takeAccountSequence(context, customerIds.length);
  return new Map(
    customerIds.map((id, place) => [id, { number: formatNumber(prefix, first + BigInt(place)), told: [] }]),
  );
}

/** `ABCD1234-0001`. */
function formatNumber(prefix: string, sequence: bigint): string {
  return `${prefix}-${String(sequence).padStart(4, '0')}`;
}
