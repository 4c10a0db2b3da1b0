import { describe, expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, text, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice } from '../support/shop.ts';

const MODES = ['classic', 'flexible'] as const;

async function newYear(mode: 'classic' | 'flexible') {
  const shop = await newClockShop('2025-01-01T00:00:00Z');
  const { stripe, customer } = shop;
  const plan = await licensedPrice(stripe, {
    unit_amount: 12_000,
    product_data: { name: 'Plan' },
    recurring: { interval: 'year' },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plan.id }],
    billing_mode: { type: mode },
    ...SENT,
  });
  return { ...shop, subscription };
}

/** Lines of all invoices, with the period of each. */
async function billed({ stripe, customer }: Awaited<ReturnType<typeof newYear>>) {
  return (await invoicesOf(stripe, customer.id)).flatMap((invoice) =>
    invoice.lines.data.map(({ amount, description, period }) => [
      description,
      amount,
      text(period.start).slice(0, 10),
      text(period.end).slice(0, 10),
    ]),
  );
}

describe.each(MODES)('a %s subscription to 120 USD a year', (mode) => {
  test('that ends half a year after its renewal renews for 60', async () => {
    const shop = await newYear(mode);
    const { account, stripe, clock, subscription } = shop;
    // 2026 has 365 days: half of it is over on July 2 at noon.
    const half = unix('2026-07-02T12:00:00Z');
    const ending = await stripe.subscriptions.update(subscription.id, { cancel_at: half });
    expect(ending.items.data[0]!.current_period_end).toBe(unix('2026-01-01T00:00:00Z'));
    expect(ending.billing_cycle_anchor).toBe(subscription.billing_cycle_anchor);
    await advance(stripe, clock, '2025-12-31T00:00:00Z', 300 * 86_400);
    expect(read(await stripe.invoices.createPreview({ subscription: subscription.id }))).toEqual([
      ['1 × Plan (at $120.00 / year)', 6000],
    ]);
    await advance(stripe, clock, '2026-01-02T00:00:00Z');
    const renewed = await stripe.subscriptions.retrieve(subscription.id);
    expect(renewed.items.data[0]!.current_period_end).toBe(half);
    await advance(stripe, clock, '2027-02-01T00:00:00Z', 300 * 86_400);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'canceled', ended_at: half });
    expect(await billed(shop)).toEqual([
      ['1 × Plan (at $120.00 / year)', 12_000, '2025-01-01', '2026-01-01'],
      ['1 × Plan (at $120.00 / year)', 6000, '2026-01-01', '2026-07-02'],
    ]);
    expect(await auditOf(account)).toEqual([]);
  });

  test('that ends in the middle of what is paid for gives the rest back at its end', async () => {
    const shop = await newYear(mode);
    const { account, stripe, clock, subscription, customer } = shop;
    await advance(stripe, clock, '2025-02-01T00:00:00Z');
    // 73 days before the end are a fifth of the year.
    const end = unix('2025-10-20T00:00:00Z');
    const details = { subscription: subscription.id, subscription_details: { cancel_at: end } };
    const credit = ['Unused time on Plan after 20 Oct 2025', -2400];
    expect(read(await stripe.invoices.createPreview(details))).toEqual([credit]);
    const ending = await stripe.subscriptions.update(subscription.id, { cancel_at: end });
    expect(ending.items.data[0]!.current_period_end).toBe(end);
    expect(ending.billing_cycle_anchor).toBe(mode === 'classic' ? end : subscription.billing_cycle_anchor);
    expect(await stripe.invoiceItems.list({ customer: customer.id, pending: true })).toMatchObject({
      data: [{ amount: -2400, description: credit[0], proration: true }],
    });
    await advance(stripe, clock, '2025-10-20T02:00:00Z', 200 * 86_400);
    expect(await billed(shop)).toEqual([
      ['1 × Plan (at $120.00 / year)', 12_000, '2025-01-01', '2026-01-01'],
      [credit[0], -2400, '2025-10-20', '2026-01-01'],
    ]);
    const canceled = await stripe.customers.retrieve(customer.id);
    expect(canceled).toMatchObject({ balance: -2400 });
    expect(await auditOf(account)).toEqual([]);
  });

  test('with no proration asked for gives nothing back', async () => {
    const shop = await newYear(mode);
    const { account, stripe, clock, subscription } = shop;
    const end = unix('2025-10-20T00:00:00Z');
    await stripe.subscriptions.update(subscription.id, { cancel_at: end, proration_behavior: 'none' });
    await advance(stripe, clock, '2026-02-01T00:00:00Z', 200 * 86_400);
    expect(await billed(shop)).toHaveLength(1);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ ended_at: end });
    expect(await auditOf(account)).toEqual([]);
  });
});

test.each(MODES)(
  'a %s subscription whose early end is taken back is charged again for what was given back',
  async (mode) => {
    const shop = await newYear(mode);
    const { account, stripe, clock, subscription } = shop;
    const end = unix('2025-10-20T00:00:00Z');
    await stripe.subscriptions.update(subscription.id, { cancel_at: end });
    await advance(stripe, clock, '2025-05-01T00:00:00Z', 200 * 86_400);
    const back = await stripe.subscriptions.update(subscription.id, { cancel_at: '' });
    expect(back.items.data[0]!.current_period_end).toBe(unix('2026-01-01T00:00:00Z'));
    await advance(stripe, clock, '2026-01-01T02:00:00Z', 200 * 86_400);
    const [, renewal] = await invoicesOf(shop.stripe, shop.customer.id);
    expect(read(renewal!)).toEqual([
      ['Remaining time on Plan after 20 Oct 2025', 2400],
      ['Unused time on Plan after 20 Oct 2025', -2400],
      ['1 × Plan (at $120.00 / year)', 12_000],
    ]);
    expect(await auditOf(account)).toEqual([]);
  },
);

test('a year and a month on one subscription end with the first or the last of their periods', async () => {
  const shop = await newYear('flexible');
  const { account, stripe, meter, clock, customer, price, subscription } = shop;
  await stripe.subscriptionItems.create({ subscription: subscription.id, price: price.id });
  const last = await stripe.subscriptions.update(subscription.id, { cancel_at: 'max_period_end' });
  expect(last.cancel_at).toBe(unix('2026-01-01T00:00:00Z'));
  const first = await stripe.subscriptions.update(subscription.id, { cancel_at: 'min_period_end' });
  expect(first).toMatchObject({ cancel_at: unix('2025-02-01T00:00:00Z'), cancel_at_period_end: false });
  await useAt(stripe, meter, customer.id, 2500);
  await advance(stripe, clock, '2025-02-01T02:00:00Z');
  const [, end] = await invoicesOf(stripe, customer.id);
  // 334 of 365 days of 120 USD are not used, which is 109.81.
  expect(read(end!)).toEqual([
    ['Unused time on Plan after 01 Feb 2025', -10_981],
    ['2500 × Alpaca AI (at $0.04 per 100 units / month)', 100],
  ]);
  expect(await auditOf(account)).toEqual([]);
});

test('one that is made to end within its first period pays for that part alone', async () => {
  const { account, stripe, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id, quantity: 3 }],
    cancel_at: unix('2026-04-11T00:00:00Z'),
    ...SENT,
  });
  await advance(stripe, clock, '2026-05-02T00:00:00Z');
  // Ten of thirty days of 60 USD.
  expect((await invoicesOf(stripe, customer.id)).map(read)).toEqual([[['3 × Seats (at $20.00 / month)', 2000]]]);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled' });
  expect(await auditOf(account)).toEqual([]);
});
