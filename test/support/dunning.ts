import type Stripe from 'stripe';
import { openDatabase } from '../../src/db/pool.ts';
import { newAccount } from './account.ts';
import { text, unix } from './clock-shop.ts';
import { invoiceDifferences } from './invoice-differences.ts';
import { testServer } from './test-server.ts';

type SeatTerms = { readonly method?: string | null; readonly price?: Partial<Stripe.PriceCreateParams> };

/** A customer on a clock who pays by that method, and a seat of 20 USD a month (or what `price` says). */
export async function newSeat(start: string, { method = 'pm_card_visa', price: terms = {} }: SeatTerms = {}) {
  const { stripe, accountId } = await newAccount();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix(start) });
  const customer = await stripe.customers.create({ email: 'jenny@example.com', test_clock: clock.id });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 2000,
    recurring: { interval: 'month' },
    product_data: { name: 'Seat' },
    ...terms,
  });
  const seat = { stripe, accountId, clock, customer, price };
  if (method !== null) await payBy(seat, method);
  return seat;
}

export type Seat = Awaited<ReturnType<typeof newSeat>>;

/** Whose invoices are looked at. */
type Paying = Pick<Seat, 'stripe'> & { readonly customer: Pick<Stripe.Customer, 'id'> };

/** From now on the customer pays by that method. */
export async function payBy({ stripe, customer }: Pick<Seat, 'stripe' | 'customer'>, method: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach(method, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  return id;
}

export async function subscribe(
  { stripe, customer, price }: Seat,
  params: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<Stripe.Subscription> {
  return await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params });
}

/** How an account wants its invoices collected; an object of ours. */
export async function setBilling(
  { stripe }: Pick<Seat, 'stripe'>,
  settings: Record<string, unknown>,
): Promise<unknown> {
  return await stripe.rawRequest('POST', '/v1/usance/billing_settings', settings);
}

/** Does what the customer does when the bank asks. */
export async function authenticate({ stripe }: Pick<Seat, 'stripe'>, intent: string, outcome = 'succeed') {
  return await stripe.rawRequest('POST', `/v1/usance/payment_intents/${intent}/authenticate`, { outcome });
}

/** The payment intent that an invoice waits for, or was paid by. */
export async function intentOf({ stripe }: Pick<Seat, 'stripe'>, invoice: string): Promise<string> {
  const { payments } = await stripe.invoices.retrieve(invoice, { expand: ['payments'] });
  return payments?.data[0]?.payment.payment_intent as string;
}

/** The invoices of a customer, oldest first. */
export async function invoicesOf({ stripe, customer }: Paying): Promise<Stripe.Invoice[]> {
  return (await stripe.invoices.list({ customer: customer.id, limit: 100 })).data.toReversed();
}

/** What was tried to take, oldest first: amount and what became of it. */
export async function takenOf({ stripe, customer }: Seat): Promise<unknown[]> {
  const { data } = await stripe.charges.list({ customer: customer.id, limit: 100 });
  return data.toReversed().map(({ amount, status }) => [amount, status]);
}

/** The events of these types (all of them, where none is named), oldest first: when, which, and what `tell` tells of the object. */
export async function eventsOf(
  { stripe }: Pick<Seat, 'stripe'>,
  types: readonly string[] = [],
  tell: (object: never) => unknown = () => undefined,
): Promise<[string, string, ...unknown[]][]> {
  const events: Stripe.Event[] = [];
  const filter = types.length === 0 ? {} : { types: [...types] };
  for await (const event of stripe.events.list({ ...filter, limit: 100 })) events.push(event);
  return events.toReversed().map((event) => {
    const told = tell(event.data.object as never);
    return told === undefined ? [text(event.created), event.type] : [text(event.created), event.type, told];
  });
}

/** What our own auditor finds wrong with the invoices of an account. */
export async function findingsOf({ accountId }: Pick<Seat, 'accountId'>): Promise<string[]> {
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
  try {
    return await invoiceDifferences(database, accountId);
  } finally {
    await database.close();
  }
}

/** A customer who does not pay, and a subscription whose invoices nobody is to pay. */
export async function tellUnpaid(): Promise<unknown[]> {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, customer } = seat;
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await subscribe(seat);
  return [
    await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void' } }),
    await stripe.customers.retrieve(customer.id),
  ];
}
