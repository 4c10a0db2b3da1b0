import { expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, text, useAt } from '../support/clock-shop.ts';
import { licensedPrice, meteredPrice, newMeter, refusal } from '../support/shop.ts';

test('1000 more tokens of one item are an invoice of all that was used', async () => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const images = await newMeter(stripe);
  const perImage = await meteredPrice(stripe, images.id, { unit_amount: 50, product_data: { name: 'Images' } });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, billing_thresholds: { usage_gte: 1000 } }, { price: perImage.id }],
    ...SENT,
  });
  const tokens = subscription.items.data.find((item) => item.price.id === price.id);
  expect(tokens!.billing_thresholds).toEqual({ usage_gte: 1000 });
  await useAt(stripe, images, customer.id, 900);
  await useAt(stripe, meter, customer.id, 999);
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  expect(await invoicesOf(stripe, customer.id)).toEqual([]);
  await useAt(stripe, meter, customer.id, 51);
  await advance(stripe, clock, '2026-01-03T00:00:00Z');
  await useAt(stripe, meter, customer.id, 999);
  await advance(stripe, clock, '2026-01-04T00:00:00Z');
  await useAt(stripe, meter, customer.id, 1);
  await advance(stripe, clock, '2026-01-05T00:00:00Z');
  const item = await stripe.subscriptionItems.update(tokens!.id, { billing_thresholds: '' });
  expect(item.billing_thresholds).toBeNull();
  await useAt(stripe, meter, customer.id, 5000);
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map((each) => [text(each.created), ...read(each)])).toEqual([
    [
      '2026-01-02T00:00:01Z',
      ['900 × Images (at $0.50 / month)', 45_000],
      // 1050 tokens are eleven packages begun.
      ['1050 × Alpaca AI (at $0.04 per 100 units / month)', 44],
    ],
    // 2050 are 21.
    ['2026-01-04T00:00:01Z', ['1000 × Alpaca AI (at $0.04 per 100 units / month)', 40]],
    [
      '2026-02-01T00:00:00Z',
      ['0 × Images (at $0.50 / month)', 0],
      // 7050 are 71.
      ['5000 × Alpaca AI (at $0.04 per 100 units / month)', 200],
    ],
  ]);
  const [first] = invoices;
  const line = first!.lines.data.find(({ amount }) => amount === 44)!;
  expect(first!.threshold_reason).toEqual({
    amount_gte: null,
    item_reasons: [{ line_item_ids: [line.id], usage_gte: 1000 }],
  });
  expect(await auditOf(account)).toEqual([]);
});

test('a licensed item has no threshold, and one that changes its price to that has none any more', async () => {
  const { stripe, price, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const seats = await licensedPrice(stripe);
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, billing_thresholds: { usage_gte: 5 } }],
    ...SENT,
  });
  const [item] = items.data;
  const added = stripe.subscriptionItems.create({
    subscription: id,
    price: seats.id,
    billing_thresholds: { usage_gte: 5 },
  });
  expect(await refusal(added)).toMatchObject({ status: 400, param: 'billing_thresholds' });
  const changed = await stripe.subscriptionItems.update(item!.id, { price: seats.id });
  expect(changed.billing_thresholds).toBeNull();
});
