import { expect, test } from 'vitest';
import { advance, invoicesOf, read } from '../support/clock-shop.ts';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';

test('months from the 31st of January 2028 on: 29 days of February and 31 of March are prorated as what they are', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2028-01-31T00:00:00Z', {
    Basic: 2900,
    Plus: 5800,
  });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Basic.id }],
    ...SENT,
  });
  const item = items.data[0]!.id;
  // 19 of the 29 days to the 29th of February are left.
  await advance(stripe, clock, '2028-02-10T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: item, price: plans.Plus.id }] });
  // 21 of the 31 days to the 31st of March: 3,929.03 of 5,800 are given back, 1,964.52 of 2,900 debited.
  await advance(stripe, clock, '2028-03-10T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: item, price: plans.Basic.id }] });
  await advance(stripe, clock, '2028-04-30T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(read)).toEqual([
    [['1 × Basic (at $29.00 / month)', 2900]],
    [
      ['Unused time on Basic after 10 Feb 2028', -1900],
      ['Remaining time on Plus after 10 Feb 2028', 3800],
      ['1 × Plus (at $58.00 / month)', 5800],
    ],
    [
      ['Unused time on Plus after 10 Mar 2028', -3929],
      ['Remaining time on Basic after 10 Mar 2028', 1965],
      ['1 × Basic (at $29.00 / month)', 2900],
    ],
    [['1 × Basic (at $29.00 / month)', 2900]],
  ]);
  await expectAudited(account, customer.id);
});
