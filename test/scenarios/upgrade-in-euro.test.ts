import { expect, test } from 'vitest';
import { advance, invoicesOf, newClockShop, read } from '../support/clock-shop.ts';
import { expectAudited, pendingOf, SENT } from '../support/changed.ts';
import { licensedPrice } from '../support/shop.ts';

test('from 50 to 100 EUR in the middle of January: the invoice of February comes to 125 EUR, that of March to 100', async () => {
  const { account, stripe, clock, customer } = await newClockShop('2022-01-01T00:00:00Z');
  const euro = (name: string, unit_amount: number) =>
    licensedPrice(stripe, { currency: 'eur', unit_amount, product_data: { name } });
  const [basic, pro] = [await euro('Basic', 5000), await euro('Pro', 10_000)];
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: basic.id }],
    ...SENT,
  });
  // January has 31 days, so its middle is at noon.
  await advance(stripe, clock, '2022-01-16T12:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: pro.id }] });
  expect(await pendingOf(stripe, customer.id)).toEqual([
    ['Unused time on Basic after 16 Jan 2022', -2500],
    ['Remaining time on Pro after 16 Jan 2022', 5000],
  ]);
  await advance(stripe, clock, '2022-03-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ total }) => total)).toEqual([5000, 12_500, 10_000]);
  expect(read(invoices[1]!).at(-1)).toEqual(['1 × Pro (at €100.00 / month)', 10_000]);
  await expectAudited(account, customer.id);
});
