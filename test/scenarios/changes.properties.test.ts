import * as fc from 'fast-check';
import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, useAt } from '../support/clock-shop.ts';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';
import { plain } from '../support/shop.ts';

/*
 * Whatever is changed whenever, the preview of it shows what the change bills, to the cent and the second, and the auditor
 * agrees with all that becomes of it. CHANGE_RUNS=50 tries longer; CHANGE_SEED repeats what fails.
 */
const RUNS = Number(process.env['CHANGE_RUNS'] ?? 2);
const SEED = process.env['CHANGE_SEED'];

const change = fc.record({
  /** Seconds until it is made. */
  after: fc.integer({ min: 0, max: 9 * 86_400 }),
  kind: fc.constantFrom('price', 'quantity', 'quantity', 'add', 'remove', 'meter', 'anchor'),
  plan: fc.constantFrom('Small', 'Middle', 'Large'),
  quantity: fc.integer({ min: 0, max: 7 }),
  behavior: fc.constantFrom('always_invoice', 'create_prorations', 'none'),
  usage: fc.integer({ min: 0, max: 900 }),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
type Shop = Awaited<ReturnType<typeof newPlans<'Small' | 'Middle' | 'Large'>>>;

/** A change in the words of the API; nothing, where it makes no sense for what the subscription has. */
function detailsOf(
  { plans, price }: Shop,
  { items }: Stripe.Subscription,
  { kind, plan, quantity, behavior }: Change,
): Stripe.SubscriptionUpdateParams & Stripe.InvoiceCreatePreviewParams.SubscriptionDetails {
  const seats = items.data.filter((item) => item.price.recurring!.usage_type === 'licensed');
  const metered = items.data.find((item) => item.price.id === price.id);
  const wanted = plans[plan].id;
  const isThere = items.data.some((item) => item.price.id === wanted);
  const common = { proration_behavior: behavior as 'none' };
  const [first] = seats;
  if (kind === 'anchor') return { ...common, billing_cycle_anchor: { type: 'now' } };
  if (kind === 'meter') {
    return { ...common, items: [metered === undefined ? { price: price.id } : { id: metered.id, deleted: true }] };
  }
  if (kind === 'add' && !isThere) return { ...common, items: [{ price: wanted, quantity }] };
  if (kind === 'remove' && seats.length > 1) return { ...common, items: [{ id: seats.at(-1)!.id, deleted: true }] };
  if (kind === 'price' && !isThere) return { ...common, items: [{ id: first!.id, price: wanted, quantity }] };
  return { ...common, items: [{ id: first!.id, quantity }] };
}

/** What a line or a pending item charges, and for when. */
function told(all: readonly (Stripe.InvoiceLineItem | Stripe.InvoiceItem)[]): unknown {
  return plain(all.map(({ description, amount, quantity, period }) => ({ description, amount, quantity, period })));
}

async function check(shop: Shop, id: string, one: Change): Promise<void> {
  const { stripe, customer } = shop;
  const details = detailsOf(shop, await stripe.subscriptions.retrieve(id), one);
  const before = await stripe.invoiceItems.list({ customer: customer.id, pending: true, limit: 100 });
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: details });
  const invoices = await invoicesOf(stripe, customer.id);
  await stripe.subscriptions.update(id, details);
  const [made, ...more] = (await invoicesOf(stripe, customer.id)).slice(invoices.length);
  expect(more).toEqual([]);
  if (made === undefined) {
    const after = await stripe.invoiceItems.list({ customer: customer.id, pending: true, limit: 100 });
    const added = after.data.slice(0, after.data.length - before.data.length);
    expect(told(preview.lines.data.slice(0, added.length))).toEqual(told(added));
    // And nothing else of the preview is a proration.
    const rest = preview.lines.data.slice(after.data.length);
    expect(rest.filter((line) => line.parent!.subscription_item_details?.proration === true)).toEqual([]);
  } else {
    expect(told(preview.lines.data)).toEqual(told(made.lines.data));
    expect([preview.total, preview.subtotal]).toEqual([made.total, made.subtotal]);
  }
}

test.each(['classic', 'flexible'] as const)(
  'a preview of a change is the change, %s',
  async (type) => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 6, maxLength: 6 }), async (changes) => {
        const shop = await newPlans('2027-01-31T10:11:12Z', { Small: 999, Middle: 2500, Large: 7777 });
        const { account, stripe, meter, price, clock, customer, plans } = shop;
        const subscription = await stripe.subscriptions.create({
          customer: customer.id,
          items: [{ price: plans.Small.id, quantity: 3 }, { price: price.id }],
          billing_mode: { type },
          ...SENT,
        });
        let now = clock.frozen_time;
        for (const one of changes) {
          now += one.after;
          await advance(stripe, clock, now);
          await useAt(stripe, meter, customer.id, one.usage);
          await check(shop, subscription.id, one);
        }
        await advance(stripe, clock, now + 35 * 86_400);
        await expectAudited(account, customer.id);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  },
  120_000,
);
