import { expect, test } from 'vitest';
import { advance, invoicesOf, read, text, unix } from '../support/clock-shop.ts';
import { expectAudited, newPlans, payByCard, pendingOf } from '../support/changed.ts';
import { licensedPrice } from '../support/shop.ts';

/** Monthly for 10 USD since the 1st of April 2026, which has 30 days, and paid by card; a year of it is 100 USD. */
async function newMonthly(type: 'classic' | 'flexible') {
  const shop = await newPlans('2026-04-01T00:00:00Z', { Monthly: 1000 });
  const { stripe, clock, customer, plans } = shop;
  await payByCard(stripe, customer.id);
  const yearly = await licensedPrice(stripe, {
    unit_amount: 10_000,
    product_data: { name: 'Yearly' },
    recurring: { interval: 'year' },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Monthly.id }],
    billing_mode: { type },
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  return { ...shop, yearly, subscription, item: subscription.items.data[0]!.id };
}

test('from a month to a year on a classic subscription: the year begins and is paid at once, and so is each after it', async () => {
  const { account, stripe, clock, customer, yearly, subscription, item } = await newMonthly('classic');
  const change = [{ id: item, price: yearly.id }];
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: { items: change },
  });
  const changed = await stripe.subscriptions.update(subscription.id, { items: change });
  expect(changed.billing_cycle_anchor).toBe(unix('2026-04-16T00:00:00Z'));
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(second).toMatchObject({
    id: changed.latest_invoice,
    status: 'paid',
    billing_reason: 'subscription_update',
    total: 9500,
    amount_paid: 9500,
    period_start: unix('2026-04-01T00:00:00Z'),
    period_end: unix('2026-04-16T00:00:00Z'),
  });
  expect(read(second!)).toEqual([
    ['Unused time on Monthly after 16 Apr 2026', -500],
    ['1 × Yearly (at $100.00 / year)', 10_000],
  ]);
  expect(read(preview)).toEqual(read(second!));
  expect([text(second!.lines.data[1]!.period.start), text(second!.lines.data[1]!.period.end)]).toEqual([
    '2026-04-16T00:00:00Z',
    '2027-04-16T00:00:00Z',
  ]);
  await advance(stripe, clock, '2027-04-16T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(({ total }) => total)).toEqual([1000, 9500, 10_000]);
  await expectAudited(account, customer.id);
});

test('without prorations a classic subscription gives nothing back, and bills the year all the same', async () => {
  const { stripe, customer, yearly, subscription, item } = await newMonthly('classic');
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item, price: yearly.id }],
    proration_behavior: 'none',
  });
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(read(second!)).toEqual([['1 × Yearly (at $100.00 / year)', 10_000]]);
});

test('from a month to a year on a flexible subscription: the anchor stays, and the year is that of the anchor', async () => {
  const { account, stripe, clock, customer, yearly, subscription, item } = await newMonthly('flexible');
  const changed = await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: yearly.id }] });
  expect(changed.billing_cycle_anchor).toBe(unix('2026-04-01T00:00:00Z'));
  expect(text(changed.items.data[0]!.current_period_end)).toBe('2027-04-01T00:00:00Z');
  // 350 of 365 days of 100 USD.
  expect(await pendingOf(stripe, customer.id)).toEqual([
    ['Unused time on Monthly after 16 Apr 2026', -500],
    ['Remaining time on Yearly after 16 Apr 2026', 9589],
  ]);
  await advance(stripe, clock, '2027-04-01T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(({ total }) => total)).toEqual([1000, 19_089]);
  await expectAudited(account, customer.id);
});

test('what was free and is no longer begins a period on a classic subscription', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { Free: 0, Paid: 3000 });
  await payByCard(stripe, customer.id);
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Free.id }],
    billing_mode: { type: 'classic' },
  });
  await advance(stripe, clock, '2026-04-16T08:30:00Z');
  const changed = await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: plans.Paid.id }] });
  expect(text(changed.billing_cycle_anchor)).toBe('2026-04-16T08:30:00Z');
  expect(text(changed.items.data[0]!.current_period_end)).toBe('2026-05-16T08:30:00Z');
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(second).toMatchObject({ status: 'paid', total: 3000 });
  expect(read(second!)).toEqual([['1 × Paid (at $30.00 / month)', 3000]]);
  await expectAudited(account, customer.id);
});
