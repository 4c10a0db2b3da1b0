import { expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, text, useAt } from '../support/clock-shop.ts';
import { meteredPrice, newMeter } from '../support/shop.ts';

const THRESHOLD = 'subscription_threshold';
const CYCLE = 'subscription_cycle';

test('volume tiers that get cheaper within a month give back what was paid too much, and packages begun are paid for once', async () => {
  const { account, stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const storage = await newMeter(stripe);
  const calls = await meteredPrice(stripe, meter.id, {
    billing_scheme: 'tiered',
    tiers_mode: 'volume',
    product_data: { name: 'Calls' },
    tiers: [
      { up_to: 100, unit_amount: 10, flat_amount: 200 },
      { up_to: 'inf', unit_amount: 6 },
    ],
  });
  const packs = await meteredPrice(stripe, storage.id, {
    unit_amount: 300,
    transform_quantity: { divide_by: 10, round: 'up' },
    product_data: { name: 'Storage', unit_label: 'GB' },
  });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: calls.id }, { price: packs.id }],
    billing_thresholds: { amount_gte: 1000 },
    ...SENT,
  });
  const steps = [
    ['2026-01-05', 80, 0], // 80 × 0.10 + 2 = 10 USD
    ['2026-01-10', 10, 5], // 1 + 3 = 4 more
    ['2026-01-12', 0, 26], // 31 GB are four packages: 12 + 1 = 13 USD
    ['2026-01-20', 60, 0], // 150 × 0.06 = 9 USD in all, 2 less than were paid
    ['2026-02-03', 100, 33], // 12 + 12 = 24 USD
    ['2026-02-04', 0, 7], // The fourth package is not begun, it is full.
  ] as const;
  for (const [day, count, gigabytes] of steps) {
    await advance(stripe, clock, `${day}T00:00:00Z`);
    if (count > 0) await useAt(stripe, meter, customer.id, count);
    if (gigabytes > 0) await useAt(stripe, storage, customer.id, gigabytes);
  }
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map((each) => [text(each.created).slice(0, 10), each.billing_reason, ...read(each)])).toEqual([
    ['2026-01-05', THRESHOLD, ['80 × Calls (Tier 1 at $0.10 / month)', 800], ['Calls (Tier 1 at $2.00 / month)', 200]],
    [
      '2026-01-12',
      THRESHOLD,
      ['31 GB × Storage (at $3.00 per 10 GB / month)', 1200],
      ['10 × Calls (Tier 1 at $0.10 / month)', 100],
    ],
    [
      '2026-02-01',
      CYCLE,
      ['0 GB × Storage (at $3.00 per 10 GB / month)', 0],
      ['60 × Calls (Tier 2 at $0.06 / month)', 0],
      ['Calls (Tier 2 at $0.00 / month)', -200],
    ],
    [
      '2026-02-03',
      THRESHOLD,
      ['33 GB × Storage (at $3.00 per 10 GB / month)', 1200],
      ['100 × Calls (Tier 1 at $0.10 / month)', 1000],
      ['Calls (Tier 1 at $2.00 / month)', 200],
    ],
    [
      '2026-03-01',
      CYCLE,
      ['7 GB × Storage (at $3.00 per 10 GB / month)', 0],
      ['0 × Calls (Tier 1 at $0.10 / month)', 0],
    ],
    // Without usage the flat fee of the first tier is owed at the end, and by no threshold before.
    [
      '2026-04-01',
      CYCLE,
      ['0 GB × Storage (at $3.00 per 10 GB / month)', 0],
      ['0 × Calls (Tier 1 at $0.10 / month)', 0],
      ['Calls (Tier 1 at $2.00 / month)', 200],
    ],
  ]);
  const january = invoices.slice(0, 3).reduce((sum, { total }) => sum + total, 0);
  expect(january).toBe(900 + 1200);
  expect(await auditOf(account)).toEqual([]);
});

test('what a discount takes off counts, and taxes do not', async () => {
  const { account, stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 100 });
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  const rate = await stripe.taxRates.create({ display_name: 'VAT', percentage: 25, inclusive: false });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    discounts: [{ coupon: half.id }],
    default_tax_rates: [rate.id],
    billing_thresholds: { amount_gte: 1000 },
    ...SENT,
  });
  // 9.50 USD, and 11.87 with the tax.
  await useAt(stripe, meter, customer.id, 19);
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  expect(await invoicesOf(stripe, customer.id)).toEqual([]);
  await useAt(stripe, meter, customer.id, 1);
  await advance(stripe, clock, '2026-01-03T00:00:00Z');
  const [invoice] = await invoicesOf(stripe, customer.id);
  expect(invoice).toMatchObject({ subtotal: 2000, total_excluding_tax: 1000, total: 1250 });
  expect(await auditOf(account)).toEqual([]);
});
