import type { Stripe } from 'stripe';
import { unix } from './calls.ts';
import { type Catalog, MARK } from './catalog.ts';
import type { Person, PlanName } from './people.ts';

const CITIES = { US: 'Portland', GB: 'Leeds', DE: 'Leipzig' } as const;
const TRIAL_DAYS = 14;
const DAYS_UNTIL_DUE = 30;

/** The customer of a person, on a test clock or in wall time, who pays by card unless its invoices are sent. */
export async function makeCustomer(stripe: Stripe, person: Person, clock?: string): Promise<string> {
  const { id } = await stripe.customers.create({
    name: person.name,
    email: person.email,
    address: { country: person.country, city: CITIES[person.country] },
    metadata: { demo: MARK },
    ...(clock && { test_clock: clock }),
  });
  return id;
}

/** From now on the customer pays by that card. */
export async function payBy(stripe: Stripe, customer: string, card: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

/** Its subscription: a plan with seats, and what usage of it costs. */
export async function subscribe(
  stripe: Stripe,
  catalog: Catalog,
  person: Person,
  { customer, since }: { customer: string; since?: Temporal.Instant },
): Promise<Stripe.Subscription> {
  const { coupon, sent, country } = person;
  return await stripe.subscriptions.create({
    customer,
    items: [baseItem(catalog, person.plan, person.seats), ...meteredItems(catalog, person.plan)],
    ...(coupon && { discounts: [{ coupon: catalog.coupons[coupon] }] }),
    ...(country !== 'US' && { default_tax_rates: [catalog.taxes[country]] }),
    ...(person.hasTrial && { trial_period_days: TRIAL_DAYS }),
    ...(sent && { collection_method: 'send_invoice', days_until_due: DAYS_UNTIL_DUE }),
    // Its first period has begun then, and runs on.
    ...(since &&
      !person.hasTrial && { backdate_start_date: unix(since), billing_cycle_anchor: periodEnd(since, person) }),
    metadata: { demo: MARK },
  });
}

function periodEnd(since: Temporal.Instant, { plan }: Person): number {
  const first = since.toZonedDateTimeISO('UTC');
  return unix(first.add(plan === 'yearly' ? { years: 1 } : { months: 1 }).toInstant());
}

/** The starter plan has one fee, whoever uses it. */
export function baseItem(catalog: Catalog, plan: PlanName, seats: number) {
  return { price: catalog.base[plan], quantity: plan === 'starter' ? 1 : seats };
}

function meteredItems(catalog: Catalog, plan: PlanName): { price: string }[] {
  if (plan === 'yearly') return [];
  const prices = [catalog.tokens, catalog.calls, ...(plan === 'scale' ? [catalog.storage] : [])];
  return prices.map((price) => ({ price }));
}
