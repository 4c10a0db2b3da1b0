import type Stripe from 'stripe';
import { newAccount } from './account.ts';

/** An account with a customer who pays by a default card. */
export async function newCardPayer(customerDetails: Stripe.CustomerCreateParams = {}) {
  const account = await newAccount();
  const { stripe } = account;
  const customer = await stripe.customers.create({ name: 'Jenny Rosen', ...customerDetails });
  const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  return { account, stripe, customer, method: id };
}

export type CardPayer = Awaited<ReturnType<typeof newCardPayer>>;

type Line = Stripe.InvoiceAddLinesParams.Line;

/** An open invoice with these lines, in their order, that waits for somebody to pay it. */
export async function openInvoice(
  { stripe, customer }: Pick<CardPayer, 'stripe' | 'customer'>,
  lines: readonly (Line | number)[],
  params: Partial<Stripe.InvoiceCreateParams> = {},
): Promise<Stripe.Invoice> {
  const { id } = await stripe.invoices.create({ customer: customer.id, ...params });
  const given = lines.map((line) => (typeof line === 'number' ? { amount: line } : line));
  await stripe.invoices.addLines(id, { lines: given });
  return await stripe.invoices.finalizeInvoice(id, { auto_advance: false, expand: ['payments'] });
}

/** The same, paid by the card. */
export async function paidInvoice(
  payer: Pick<CardPayer, 'stripe' | 'customer'>,
  lines: readonly (Line | number)[],
  params: Partial<Stripe.InvoiceCreateParams> = {},
): Promise<Stripe.Invoice> {
  const { id } = await openInvoice(payer, lines, params);
  return await payer.stripe.invoices.pay(id, { expand: ['payments'] });
}

/** The intent that an invoice waits for, or was paid by. */
export function intentOf(invoice: Stripe.Invoice): string {
  return invoice.payments!.data[0]!.payment.payment_intent as string;
}

/** Credit notes of an invoice of 5 USD less 10%, which was paid out of band or not at all. */
export async function fillCreditNotes(stripe: Stripe, { id, lines }: Stripe.Invoice): Promise<unknown[]> {
  const { status } = await stripe.invoices.retrieve(id);
  const note = await stripe.creditNotes.create({
    invoice: id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: lines.data[0]!.id, quantity: 1, metadata: { k: 'v' } }],
    memo: 'Sorry',
    metadata: { k: 'v' },
    reason: 'duplicate',
    ...(status === 'paid' ? { credit_amount: 50, out_of_band_amount: 400 } : {}),
  });
  const other = await stripe.invoices.create({ customer: note.customer as string });
  await stripe.invoices.addLines(other.id, { lines: [{ amount: 500 }] });
  await stripe.invoices.finalizeInvoice(other.id);
  const rate = await stripe.taxRates.create({ display_name: 'VAT', inclusive: false, percentage: 20 });
  const own = { type: 'custom_line_item' as const, description: 'Courtesy', unit_amount: 10, tax_rates: [rate.id] };
  const { id: mistaken } = await stripe.creditNotes.create({ invoice: other.id, lines: [own] });
  return [
    note,
    await stripe.creditNotes.retrieve(mistaken),
    await stripe.invoices.retrieve(id),
    await stripe.creditNotes.voidCreditNote(mistaken),
    await stripe.customers.listBalanceTransactions(note.customer as string),
  ];
}
