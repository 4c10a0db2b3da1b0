import { lockInvoiceRow } from '../invoices/invoice.sql.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { findWholeInvoices } from '../invoices/read.ts';
import type { Context } from '../stripe/context.ts';

/** An invoice, held until the end of the transaction; undefined where it is not open. */
export async function lockOpen(context: Context, id: string): Promise<WholeInvoice | undefined> {
  const whole = await lockWhole(context, id);
  return whole?.invoice.status === 'open' ? whole : undefined;
}

/** The same of one that can still be paid, be it given up. */
export async function lockPayable(context: Context, id: string): Promise<WholeInvoice | undefined> {
  const whole = await lockWhole(context, id);
  return whole?.invoice.status === 'open' || whole?.invoice.status === 'uncollectible' ? whole : undefined;
}

async function lockWhole(context: Context, id: string): Promise<WholeInvoice | undefined> {
  await lockInvoiceRow(context, id);
  return (await findWholeInvoices(context, [id]))[0];
}
