import type Stripe from 'stripe';
import { afterAll, beforeAll } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { newAccount } from './account.ts';
import { customerOn, text, unix } from './clock-shop.ts';
import { invoiceDifferences } from './invoice-differences.ts';
import { licensedPrice, meteredPrice, newMeter } from './shop.ts';
import { testServer } from './test-server.ts';

/** The audit of an account's invoices, for stories to end with: what it tells, which must be nothing. */
export function useAudit(): (story: Pick<Story, 'account'>) => Promise<string[]> {
  let database: Database;
  beforeAll(async () => {
    database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
  });
  afterAll(async () => await database.close());
  return async ({ account }) => await invoiceDifferences(database, account.accountId);
}

/**
 * A customer on a clock that stands at `start`, with a card to be charged unless told otherwise; a seat of 31 USD a month,
 * which a day of January is a dollar of, and calls at 10 cents each.
 */
export async function newStory(start: string, { card = true }: { readonly card?: boolean } = {}) {
  const account = await newAccount();
  const { stripe } = account;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix(start), name: 'Story' });
  const customer = await customerOn(stripe, clock);
  if (card) await addCard(stripe, customer);
  const meter = await newMeter(stripe);
  const seat = await licensedPrice(stripe, { unit_amount: 3100, product_data: { name: 'Seat' } });
  const calls = await meteredPrice(stripe, meter.id, { unit_amount: 10, product_data: { name: 'Calls' } });
  return { account, stripe, clock, customer, meter, seat, calls };
}

export type Story = Awaited<ReturnType<typeof newStory>>;

/** Gives a customer a card that is charged by default. */
export async function addCard(
  stripe: Stripe,
  { id }: Pick<Stripe.Customer, 'id'>,
  card: string = 'pm_card_visa',
): Promise<void> {
  const { id: method } = await stripe.paymentMethods.attach(card, { customer: id });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: method } });
}

/** Subscribes the customer of a story to prices. */
export async function subscribe(
  { stripe, customer }: Pick<Story, 'stripe' | 'customer'>,
  prices: readonly Stripe.Price[],
  params: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<Stripe.Subscription> {
  const items = prices.map(({ id }) => ({ price: id }));
  return await stripe.subscriptions.create({ customer: customer.id, items, ...params });
}

/** A period as two texts. */
export function span({ start, end }: { readonly start: number; readonly end: number }): [string, string] {
  return [text(start), text(end)];
}

/** The current period of the first item of a subscription. */
export function periodOf({ items }: Stripe.Subscription): [string, string] {
  const [item] = items.data;
  if (item === undefined) throw new Error('The subscription has no item');
  return span({ start: item.current_period_start, end: item.current_period_end });
}

/** An invoice as `[when it was made, total, [[description, amount], …]]`. */
export function told(invoice: Stripe.Invoice): [string, number, [string | null, number][]] {
  const lines = invoice.lines.data.map(({ description, amount }): [string | null, number] => [description, amount]);
  return [text(invoice.created), invoice.total, lines];
}

/** The types of the events of a subscription, oldest first, each with its time. */
export async function subscriptionEvents(stripe: Stripe): Promise<[string, string][]> {
  const events: [string, string][] = [];
  for await (const { created, type } of stripe.events.list({ limit: 100 })) {
    if (type.startsWith('customer.subscription.')) events.push([text(created), type.slice(22)]);
  }
  return events.toReversed();
}
