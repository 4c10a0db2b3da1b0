import type Stripe from 'stripe';
import { newAccount } from './account.ts';

/** An account with a customer who can be sent invoices. */
export async function newPayer() {
  const account = await newAccount();
  const { stripe } = account;
  const customer = await stripe.customers.create({ name: 'Jenny Rosen', email: 'jenny@example.com' });
  return { account, stripe, customer };
}

export type Payer = Awaited<ReturnType<typeof newPayer>>;

/** The same with a product and a one-time price of 5 USD (4 EUR). */
export async function newDesk() {
  const { account, stripe, customer } = await newPayer();
  const product = await stripe.products.create({ name: 'Set-up' });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 500,
    product: product.id,
    currency_options: { eur: { unit_amount: 400 } },
  });
  return { account, stripe, customer, product, price };
}

export type Desk = Awaited<ReturnType<typeof newDesk>>;

/** A draft with one line for each amount, in their order. */
export async function newDraft(
  { stripe, customer }: Pick<Payer, 'stripe' | 'customer'>,
  amounts: readonly number[] = [],
  params: Partial<Stripe.InvoiceCreateParams> = {},
): Promise<Stripe.Invoice> {
  const draft = await stripe.invoices.create({ customer: customer.id, ...params });
  if (amounts.length === 0) return draft;
  return await stripe.invoices.addLines(draft.id, { lines: amounts.map((amount) => ({ amount })) });
}

/** The parameters of an invoice that is sent. */
export const SENT = { collection_method: 'send_invoice', days_until_due: 30 } as const;

export type Rate = readonly [percentage: number, kind: 'on top' | 'within'];

/** The id of a new tax rate. */
export async function newRate({ stripe }: Pick<Payer, 'stripe'>, [percentage, kind]: Rate): Promise<string> {
  const inclusive = kind === 'within';
  return (await stripe.taxRates.create({ display_name: 'VAT', percentage, inclusive })).id;
}
