import { expect, test } from 'vitest';
import { advance, invoicesOf, read, text } from '../support/clock-shop.ts';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';
import { licensedPrice, refusal } from '../support/shop.ts';

test('a year of support and months of seats: each is prorated in its own period, and the anchor stays', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2027-01-01T00:00:00Z', { Seats: 1000 });
  const yearly = (name: string, unit_amount: number) =>
    licensedPrice(stripe, { unit_amount, product_data: { name }, recurring: { interval: 'year' } });
  const [silver, gold, bench] = [
    await yearly('Silver', 36_500),
    await yearly('Gold', 73_000),
    await yearly('Bench', 10_000),
  ];
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Seats.id }, { price: silver.id }],
    ...SENT,
  });
  const [seats, support] = items.data;
  // 265 of the 365 days of the year are left.
  await advance(stripe, clock, '2027-04-11T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: support!.id, price: gold.id }] });
  // 16 of the 31 days of May are left of the month, 230 of 365 of the year: 516.13 and 6,301.37.
  await advance(stripe, clock, '2027-05-16T00:00:00Z');
  const changed = await stripe.subscriptions.update(id, { items: [{ id: seats!.id, price: bench.id }] });
  expect(text(changed.billing_cycle_anchor)).toBe('2027-01-01T00:00:00Z');
  expect(changed.items.data.map((item) => text(item.current_period_end))).toEqual([
    '2028-01-01T00:00:00Z',
    '2028-01-01T00:00:00Z',
  ]);
  await advance(stripe, clock, '2028-01-01T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(read)).toEqual([
    [
      ['1 × Silver (at $365.00 / year)', 36_500],
      ['1 × Seats (at $10.00 / month)', 1000],
    ],
    [['1 × Seats (at $10.00 / month)', 1000]],
    [['1 × Seats (at $10.00 / month)', 1000]],
    [['1 × Seats (at $10.00 / month)', 1000]],
    [
      ['Unused time on Silver after 11 Apr 2027', -26_500],
      ['Remaining time on Gold after 11 Apr 2027', 53_000],
      ['1 × Seats (at $10.00 / month)', 1000],
    ],
    [
      ['Unused time on Seats after 16 May 2027', -516],
      ['Remaining time on Bench after 16 May 2027', 6301],
      ['1 × Gold (at $730.00 / year)', 73_000],
      ['1 × Bench (at $100.00 / year)', 10_000],
    ],
  ]);
  await expectAudited(account, customer.id);
});

test('what does not divide into the shortest period is refused, and so is a mix on a classic subscription', async () => {
  const { stripe, customer, plans } = await newPlans('2027-01-01T00:00:00Z', { Seats: 1000 });
  const weekly = await licensedPrice(stripe, { recurring: { interval: 'week' } });
  const yearly = await licensedPrice(stripe, { recurring: { interval: 'year' } });
  const items = [{ price: plans.Seats.id }];
  const flexible = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  const type = 'classic' as const;
  const classic = await stripe.subscriptions.create({ customer: customer.id, items, billing_mode: { type }, ...SENT });
  for (const [subscription, price] of [
    [flexible, weekly],
    [classic, yearly],
  ] as const) {
    const added = await refusal(stripe.subscriptions.update(subscription.id, { items: [{ price: price.id }] }));
    expect(added).toMatchObject({ status: 400, param: 'items' });
  }
});
