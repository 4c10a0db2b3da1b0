import { expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { advance, invoicesOf, newClockShop, read, text, unix, useAt } from '../support/clock-shop.ts';
import { SENT } from '../support/billed.ts';
import { meteredPrice, refusal } from '../support/shop.ts';

/** Ads at 0.50 USD up to 10,000 a month and 0.40 from there, invoiced by 100 USD. */
async function newAds() {
  const shop = await newClockShop('2026-01-01T00:00:00Z');
  const { stripe, meter, customer } = shop;
  const ads = await meteredPrice(stripe, meter.id, {
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    product_data: { name: 'Ads' },
    tiers: [
      { up_to: 10_000, unit_amount: 50 },
      { up_to: 'inf', unit_amount: 40 },
    ],
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: ads.id }],
    billing_thresholds: { amount_gte: 10_000 },
    ...SENT,
  });
  return { ...shop, subscription };
}

test('200 ads of the first tier are an invoice of 100 USD, and so are 250 of the second, until the month is over', async () => {
  const { account, stripe, meter, clock, customer, subscription } = await newAds();
  expect(subscription.billing_thresholds).toEqual({ amount_gte: 10_000, reset_billing_cycle_anchor: false });
  const days: readonly (readonly [month: number, day: number, units: number])[] = [
    [1, 1, 9_800], // Far beyond what is asked for: thresholds may be passed by any amount.
    [1, 2, 199], // 99.50 USD are not enough.
    [1, 3, 1],
    [1, 4, 250],
    [1, 5, 250],
    [1, 6, 249],
    [2, 1, 200], // In the next month the first tier begins anew.
    [2, 2, 200],
    [3, 1, 10],
  ];
  for (const [month, day, units] of days) {
    await advance(stripe, clock, unix(`2026-0${month}-0${day}T12:00:00Z`));
    await useAt(stripe, meter, customer.id, units);
  }
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map((invoice) => [text(invoice.created), invoice.billing_reason, ...read(invoice)])).toEqual([
    ['2026-01-01T12:00:01Z', 'subscription_threshold', ['9800 × Ads (Tier 1 at $0.50 / month)', 490_000]],
    ['2026-01-03T12:00:01Z', 'subscription_threshold', ['200 × Ads (Tier 1 at $0.50 / month)', 10_000]],
    ['2026-01-04T12:00:01Z', 'subscription_threshold', ['250 × Ads (Tier 2 at $0.40 / month)', 10_000]],
    ['2026-01-05T12:00:01Z', 'subscription_threshold', ['250 × Ads (Tier 2 at $0.40 / month)', 10_000]],
    ['2026-02-01T00:00:00Z', 'subscription_cycle', ['249 × Ads (Tier 2 at $0.40 / month)', 9_960]],
    ['2026-02-01T12:00:01Z', 'subscription_threshold', ['200 × Ads (Tier 1 at $0.50 / month)', 10_000]],
    ['2026-02-02T12:00:01Z', 'subscription_threshold', ['200 × Ads (Tier 1 at $0.50 / month)', 10_000]],
    ['2026-03-01T00:00:00Z', 'subscription_cycle', ['0 × Ads (Tier 1 at $0.50 / month)', 0]],
    ['2026-04-01T00:00:00Z', 'subscription_cycle', ['10 × Ads (Tier 1 at $0.50 / month)', 500]],
  ]);
  const [first] = invoices;
  expect(first).toMatchObject({
    threshold_reason: { amount_gte: 10_000, item_reasons: [] },
    period_start: unix('2026-01-01T00:00:00Z'),
    period_end: unix('2026-01-01T12:00:01Z'),
    status: 'open',
  });
  expect(text(first!.status_transitions.finalized_at!)).toBe('2026-01-01T13:00:01Z');
  // 10,000 × 0.50 + 749 × 0.40, however it was billed.
  const january = invoices.slice(0, 5).reduce((sum, { total }) => sum + total, 0);
  expect(january).toBe(500_000 + 29_960);
  expect(await auditOf(account)).toEqual([]);
  // 500 of the 749 ads of the second tier were billed before.
  const explained = await account.request('GET', `/v1/usance/invoices/${invoices[4]!.id}/explain`);
  expect(explained.body.charges[0]).toMatchObject({
    quantity: '249',
    amount: 9_960,
    usage: { quantity: '10749', quantity_billed_before: '10500', quantity_not_billed: '0' },
  });
  expect(explained.body.charges[0].lines[0].steps.at(-1)).toBe(
    'less what was billed in this period before: 29960 − 20000 = 9960',
  );
});

test('usage that is reported while a threshold invoice is a draft, or in the last day, waits for the end of the month', async () => {
  const { account, stripe, meter, clock, customer } = await newAds();
  await useAt(stripe, meter, customer.id, 220);
  await advance(stripe, clock, '2026-01-01T00:10:00Z');
  const [draft] = await invoicesOf(stripe, customer.id);
  expect(draft).toMatchObject({ status: 'draft', total: 11_000 });
  await useAt(stripe, meter, customer.id, 30, '2026-01-01T00:00:00Z');
  expect((await stripe.invoices.retrieve(draft!.id)).total).toBe(11_000);
  await advance(stripe, clock, '2026-01-31T00:00:00Z');
  await useAt(stripe, meter, customer.id, 500);
  const preview = await stripe.invoices.createPreview({ customer: customer.id });
  expect(read(preview)).toEqual([['530 × Ads (Tier 1 at $0.50 / month)', 26_500]]);
  await advance(stripe, clock, '2026-02-01T00:10:00Z');
  await useAt(stripe, meter, customer.id, 5, '2026-01-31T23:59:59Z');
  await advance(stripe, clock, '2026-02-01T01:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map((invoice) => [invoice.billing_reason, invoice.total])).toEqual([
    ['subscription_threshold', 11_000],
    ['subscription_cycle', 26_750],
  ]);
  expect(await auditOf(account)).toEqual([]);
});

test('a clock that goes on in hours judges usage as one that jumps', async () => {
  const outcomes = [];
  for (const hop of [3_600, 5 * 86_400]) {
    const { stripe, meter, clock, customer } = await newAds();
    await useAt(stripe, meter, customer.id, 150);
    await advance(stripe, clock, '2026-01-01T06:00:00Z', hop);
    await useAt(stripe, meter, customer.id, 60, '2026-01-01T02:00:00Z');
    await advance(stripe, clock, '2026-01-01T12:00:00Z', hop);
    outcomes.push((await invoicesOf(stripe, customer.id)).map(({ created, total }) => [text(created), total]));
  }
  expect(outcomes).toEqual([[['2026-01-01T06:00:01Z', 10_500]], [['2026-01-01T06:00:01Z', 10_500]]]);
});

test('a threshold can be put on, changed and taken off, but not below what is owed without usage', async () => {
  const { stripe, meter, clock, customer, subscription } = await newAds();
  const off = await stripe.subscriptions.update(subscription.id, { billing_thresholds: '' });
  expect(off.billing_thresholds).toBeNull();
  await useAt(stripe, meter, customer.id, 300);
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  expect(await invoicesOf(stripe, customer.id)).toEqual([]);
  const on = await stripe.subscriptions.update(subscription.id, { billing_thresholds: { amount_gte: 15_000 } });
  expect(on.billing_thresholds).toEqual({ amount_gte: 15_000, reset_billing_cycle_anchor: false });
  await advance(stripe, clock, '2026-01-02T00:00:05Z');
  expect((await invoicesOf(stripe, customer.id)).map(({ total }) => total)).toEqual([15_000]);
  const low = stripe.subscriptions.update(subscription.id, { billing_thresholds: { amount_gte: 49 } });
  expect(await refusal(low)).toMatchObject({ status: 400, param: 'billing_thresholds[amount_gte]' });
});
