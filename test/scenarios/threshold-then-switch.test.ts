import { expect, test } from 'vitest';
import { advance, invoicesOf, newClockShop, read, text, useAt } from '../support/clock-shop.ts';
import { expectAudited, SENT } from '../support/changed.ts';
import { meteredPrice } from '../support/shop.ts';

test('what a threshold has billed is not billed again where its price is left: the rest is, in the tier that it is in', async () => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const ads = await meteredPrice(stripe, meter.id, {
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    product_data: { name: 'Ads' },
    tiers: [
      { up_to: 200, unit_amount: 50 },
      { up_to: 'inf', unit_amount: 40 },
    ],
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: ads.id }],
    billing_thresholds: { amount_gte: 9000 },
    ...SENT,
  });
  await useAt(stripe, meter, customer.id, 190);
  await advance(stripe, clock, '2026-04-02T00:00:00Z');
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-04-11T00:00:00Z');
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]!.id, price: price.id }],
  });
  await useAt(stripe, meter, customer.id, 500);
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(read)).toEqual([
    [['190 × Ads (Tier 1 at $0.50 / month)', 9500]],
    [
      ['10 × Ads (Tier 1 at $0.50 / month)', 500],
      ['20 × Ads (Tier 2 at $0.40 / month)', 800],
      ['500 × Alpaca AI (at $0.04 per 100 units / month)', 20],
    ],
  ]);
  const [rest] = invoices[1]!.lines.data;
  expect([text(rest!.period.start), text(rest!.period.end)]).toEqual(['2026-04-01T00:00:00Z', '2026-04-11T00:00:00Z']);
  await expectAudited(account, customer.id);
});
