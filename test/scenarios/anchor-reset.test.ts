import { expect, test } from 'vitest';
import { advance, invoicesOf, read, text, useAt } from '../support/clock-shop.ts';
import { expectAudited, newPlans, pendingOf, SENT } from '../support/changed.ts';

type Mode = 'classic' | 'flexible';
type Behavior = 'always_invoice' | 'create_prorations' | 'none';

/** Seats of 30 USD and usage, since the 1st of April 2026; the billing cycle starts anew on the 16th. */
async function newReset(type: Mode, behavior: Behavior, withSecond = false) {
  const shop = await newPlans('2026-04-01T00:00:00Z', { Seats: 3000 });
  const { stripe, meter, price, clock, customer, plans } = shop;
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Seats.id }, { price: price.id }],
    billing_mode: { type },
    ...SENT,
  });
  await useAt(stripe, meter, customer.id, 300);
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  const details = {
    billing_cycle_anchor: { type: 'now' as const },
    proration_behavior: behavior,
    ...(withSecond ? { items: [{ id: items.data[0]!.id, quantity: 2 }] } : {}),
  };
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: details });
  const subscription = await stripe.subscriptions.update(id, details);
  await useAt(stripe, meter, customer.id, 100);
  return { ...shop, preview, subscription };
}

const USAGE = ['300 × Alpaca AI (at $0.04 per 100 units / month)', 12];
const LATER = ['100 × Alpaca AI (at $0.04 per 100 units / month)', 4];
const CREDIT = ['Unused time on Seats after 16 Apr 2026', -1500];
const DEBIT = ['Remaining time on Seats after 16 Apr 2026', 3000];
const MONTH = ['1 × Seats (at $30.00 / month)', 3000];

test.each<[Mode, Behavior, unknown[] | null, unknown[]]>([
  // A classic subscription bills as at the end of a period, at once.
  ['classic', 'create_prorations', [CREDIT, MONTH, USAGE], [LATER, MONTH]],
  ['classic', 'always_invoice', [CREDIT, MONTH, USAGE], [LATER, MONTH]],
  ['classic', 'none', [MONTH, USAGE], [LATER, MONTH]],
  // A flexible one has prorations of it, which are invoiced where that is asked for.
  ['flexible', 'create_prorations', null, [CREDIT, DEBIT, USAGE, LATER, MONTH]],
  ['flexible', 'always_invoice', [CREDIT, DEBIT, USAGE], [LATER, MONTH]],
  ['flexible', 'none', null, [USAGE, LATER, MONTH]],
])('the billing cycle starts anew, %s with %s', async (type, behavior, atOnce, renewal) => {
  const { account, stripe, clock, customer, preview, subscription } = await newReset(type, behavior);
  expect(text(subscription.billing_cycle_anchor)).toBe('2026-04-16T00:00:00Z');
  expect(
    subscription.items.data.map((item) => [text(item.current_period_start), text(item.current_period_end)]),
  ).toEqual([
    ['2026-04-16T00:00:00Z', '2026-05-16T00:00:00Z'],
    ['2026-04-16T00:00:00Z', '2026-05-16T00:00:00Z'],
  ]);
  await advance(stripe, clock, '2026-05-16T02:00:00Z');
  const [, ...invoices] = await invoicesOf(stripe, customer.id);
  expect(invoices.map(read)).toEqual(atOnce === null ? [renewal] : [atOnce, renewal]);
  if (atOnce !== null) {
    expect(invoices[0]).toMatchObject({ billing_reason: 'subscription_update' });
    expect(read(preview)).toEqual(atOnce);
  }
  await expectAudited(account, customer.id);
});

test('a flexible subscription whose items change with its anchor is invoiced at once', async () => {
  const { account, stripe, customer } = await newReset('flexible', 'create_prorations', true);
  const [, invoice] = await invoicesOf(stripe, customer.id);
  expect(read(invoice!)).toEqual([CREDIT, ['Remaining time on 2 × Seats after 16 Apr 2026', 6000], USAGE]);
  expect(await pendingOf(stripe, customer.id)).toEqual([]);
  await expectAudited(account, customer.id);
});
