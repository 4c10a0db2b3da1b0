import type { TestAccount } from './account.ts';
import { SENT } from './billed.ts';
import { advance, customerOn, unix, useAt } from './clock-shop.ts';
import { meteredPrice, newMeter } from './shop.ts';

/** A subscription that is to end, whose pending items are invoiced each week, and its invoice of two thresholds. */
export async function tellEndings({ stripe }: TestAccount): Promise<unknown[]> {
  const start = '2026-01-01T00:00:00Z';
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix(start), name: 'Time' });
  const customer = await customerOn(stripe, clock);
  const meter = await newMeter(stripe);
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 100 });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, billing_thresholds: { usage_gte: 5 } }],
    billing_thresholds: { amount_gte: 500 },
    cancel_at_period_end: true,
    pending_invoice_item_interval: { interval: 'week' },
    ...SENT,
  });
  await useAt(stripe, meter, customer.id, 5);
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  return [subscription, ...(await stripe.invoices.list({ customer: customer.id })).data];
}
