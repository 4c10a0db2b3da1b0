import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import { newAccount } from './account.ts';
import { guidePrice, newMeter } from './shop.ts';

/** Less than two months, so that a clock with monthly subscriptions may go so far at once. */
const HOP_SECONDS = 56 * 86_400;
const LIMIT_MS = 25_000;

/** `2026-01-31T00:00:00Z` as unix seconds. */
export function unix(time: string): number {
  return Temporal.Instant.from(time).epochMilliseconds / 1000;
}

/** An account with the guide's meter and price, a clock that stands at `start`, and a customer on it. */
export async function newClockShop(start: string) {
  const account = await newAccount();
  const { stripe } = account;
  const meter = await newMeter(stripe);
  const price = await guidePrice(stripe, meter.id);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix(start), name: 'Time' });
  const customer = await customerOn(stripe, clock);
  return { account, stripe, meter, price, clock, customer };
}

export async function customerOn(stripe: Stripe, clock: { id: string }): Promise<Stripe.Customer> {
  return await stripe.customers.create({ name: 'John Doe', email: 'john@example.com', test_clock: clock.id });
}

/** Advances a clock, in hops where it is far, and waits each time until it is ready. Answers the clock. */
export async function advance(
  stripe: Stripe,
  { id }: { id: string },
  to: string | number,
  hopSeconds: number = HOP_SECONDS,
): Promise<Stripe.TestHelpers.TestClock> {
  const target = typeof to === 'number' ? to : unix(to);
  let clock: Stripe.TestHelpers.TestClock = await stripe.testHelpers.testClocks.retrieve(id);
  while (clock.frozen_time < target) {
    await stripe.testHelpers.testClocks.advance(id, { frozen_time: Math.min(target, clock.frozen_time + hopSeconds) });
    clock = await untilStanding(stripe, id);
    if (clock.status !== 'ready') throw new Error(`The clock is ${clock.status}`);
  }
  return clock;
}

/** Waits until a clock is on its way no more. */
export async function untilStanding(
  stripe: Stripe,
  id: string,
  limitMs: number = LIMIT_MS,
): Promise<Stripe.TestHelpers.TestClock> {
  for (const deadline = performance.now() + limitMs; performance.now() < deadline; await sleep(10)) {
    const clock = await stripe.testHelpers.testClocks.retrieve(id);
    if (clock.status !== 'advancing') return clock;
  }
  throw new Error(`The clock ${id} did not arrive within ${limitMs / 1000} s`);
}

/** Sends usage that happened then; without a time it happens now, on the customer's clock. */
export async function useAt(
  stripe: Stripe,
  meter: Stripe.Billing.Meter,
  customerId: string,
  value: number | string,
  at?: string | number,
): Promise<Stripe.Billing.MeterEvent> {
  return await stripe.billing.meterEvents.create({
    event_name: meter.event_name,
    payload: { stripe_customer_id: customerId, value: String(value) },
    ...(at === undefined ? {} : { timestamp: typeof at === 'number' ? at : unix(at) }),
  });
}

/** Lines as a customer reads them. */
export function read(invoice: Stripe.Invoice): unknown[] {
  return invoice.lines.data.map(({ description, amount }) => [description, amount]);
}

/** The invoices of a customer, oldest first. */
export async function invoicesOf(stripe: Stripe, customerId: string): Promise<Stripe.Invoice[]> {
  const invoices: Stripe.Invoice[] = [];
  for await (const invoice of stripe.invoices.list({ customer: customerId, limit: 100 })) invoices.push(invoice);
  return invoices.toReversed();
}

/** Seconds as `2026-01-31T00:00:00Z`. */
export function text(seconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toString();
}
