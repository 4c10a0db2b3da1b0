import type Stripe from 'stripe';
import { afterAll, beforeAll } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { newAccount } from './account.ts';
import { customerOn, invoicesOf, text, unix } from './clock-shop.ts';
import { invoiceDifferences } from './invoice-differences.ts';
import { licensedPrice, meteredPrice, newMeter } from './shop.ts';
import { testServer } from './test-server.ts';

/** A customer on a clock that stands at `start`, and a product whose monthly prices are made as they are needed. */
export async function newPlanner(start: string) {
  const account = await newAccount();
  const { stripe } = account;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix(start), name: 'Schedule' });
  const customer = await customerOn(stripe, clock);
  const product = await stripe.products.create({ name: 'Plan' });
  const plan = async (amount: number, interval: 'month' | 'year' = 'month') =>
    (await licensedPrice(stripe, { unit_amount: amount, product: product.id, recurring: { interval } })).id;
  return { account, stripe, clock, customer, plan };
}

export type Planner = Awaited<ReturnType<typeof newPlanner>>;

/** A meter with two prices for its usage: 10 cents and 7 cents a call. */
export async function callPrices({ stripe }: Pick<Planner, 'stripe'>) {
  const meter = await newMeter(stripe);
  const ten = await meteredPrice(stripe, meter.id, { unit_amount: 10, product_data: { name: 'Calls' } });
  const seven = await meteredPrice(stripe, meter.id, { unit_amount: 7, product_data: { name: 'Cheap calls' } });
  return { meter, ten: ten.id, seven: seven.id };
}

/** A schedule of the planner's customer, which begins now unless told otherwise. */
export async function schedule(
  { stripe, customer }: Pick<Planner, 'stripe' | 'customer'>,
  phases: Stripe.SubscriptionScheduleCreateParams.Phase[],
  params: Partial<Stripe.SubscriptionScheduleCreateParams> = {},
): Promise<Stripe.SubscriptionSchedule> {
  return await stripe.subscriptionSchedules.create({ customer: customer.id, start_date: 'now', phases, ...params });
}

/** So many months of one licensed price. */
export function months(
  price: string,
  count: number,
  more: Partial<Stripe.SubscriptionScheduleCreateParams.Phase> = {},
): Stripe.SubscriptionScheduleCreateParams.Phase {
  return { items: [{ price }], duration: { interval: 'month', interval_count: count }, ...more };
}

/** The customer's invoices, oldest first: when each was made, its total, and its lines as they are read. */
export async function billed({ stripe, customer }: Pick<Planner, 'stripe' | 'customer'>): Promise<unknown[]> {
  return (await invoicesOf(stripe, customer.id)).map((invoice) => [
    text(invoice.created),
    invoice.total,
    ...invoice.lines.data.map(({ description, amount }) => `${description}: ${amount}`),
  ]);
}

/** The same without lines. */
export async function totals({ stripe, customer }: Pick<Planner, 'stripe' | 'customer'>): Promise<[string, number][]> {
  return (await invoicesOf(stripe, customer.id)).map(({ created, total }) => [text(created).slice(0, 10), total]);
}

/** The events of schedules, oldest first: each with its day. */
export async function scheduleEvents({ stripe }: Pick<Planner, 'stripe'>): Promise<string[]> {
  const events: string[] = [];
  for await (const { created, type } of stripe.events.list({ limit: 100 })) {
    if (type.startsWith('subscription_schedule.')) events.push(`${text(created).slice(0, 10)} ${type.slice(22)}`);
  }
  return events.toReversed();
}

/** What our own auditor finds in an account's invoices, for stories to end with: nothing. */
export function useAudit(): (planner: Pick<Planner, 'account'>) => Promise<string[]> {
  let database: Database;
  beforeAll(async () => {
    database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
  });
  afterAll(async () => await database.close());
  return async ({ account }) => await invoiceDifferences(database, account.accountId);
}
