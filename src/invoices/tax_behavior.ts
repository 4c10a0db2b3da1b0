import { findPrices } from '../catalog/price.sql.ts';
import { refuseConflict } from '../catalog/tax_behavior.ts';
import type { Context } from '../stripe/context.ts';
import type { Invoice, InvoiceLine, WholeInvoice } from './invoice.ts';
import type { InvoiceItem } from './invoice_item.ts';
import { ratesOn } from './tax.ts';

/** Throws where an item's own rates contradict what its price says of itself. */
export async function checkItemRates(context: Context, { priceId, currency, taxRates }: InvoiceItem): Promise<void> {
  if (priceId === null || taxRates.length === 0) return;
  for (const price of await findPrices(context, [priceId])) refuseConflict(price, currency, taxRates);
}

/** The same for the lines of an invoice that an edit taxes otherwise than before; what stood there may stay. */
export async function checkLineRates(
  context: Context,
  before: WholeInvoice | undefined,
  { invoice, lines }: WholeInvoice,
): Promise<void> {
  const known = new Set(before?.lines.map((line) => keyOf(line, before.invoice)));
  const changed = lines.filter((line) => ratesOn(line, invoice).length > 0 && !known.has(keyOf(line, invoice)));
  const ids = new Set(changed.map((line) => line.priceId).filter((id) => id !== null));
  if (ids.size === 0) return;
  const prices = new Map((await findPrices(context, [...ids])).map((price) => [price.id, price]));
  for (const line of changed) {
    const price = prices.get(line.priceId ?? '');
    if (price !== undefined) refuseConflict(price, invoice.currency, ratesOn(line, invoice));
  }
}

function keyOf(line: InvoiceLine, invoice: Invoice): string {
  const rates = ratesOn(line, invoice).map(({ id }) => id);
  return [line.id, line.priceId, ...rates].join(' ');
}
