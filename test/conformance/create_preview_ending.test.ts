import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { SENT } from '../support/billed.ts';
import { read } from '../support/clock-shop.ts';
import { seatsShop } from '../support/seats-shop.ts';
import { licensedPrice, newShop } from '../support/shop.ts';

describe('a preview of a subscription', () => {
  test('that will end bills its usage, and nothing in advance', async () => {
    const { stripe, subscription } = await seatsShop();
    const details = { cancel_at_period_end: true };
    const preview = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: details,
    });
    expect(read(preview)).toEqual([['3000 × Alpaca AI (at $0.04 per 100 units / month)', 120]]);
  });

  test('that will end bills what is left until then', async () => {
    const { stripe, subscription } = await seatsShop();
    const end = subscription.items.data[0]!.current_period_end;
    const totalOf = async (details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) =>
      (await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: details })).total;
    expect(await totalOf({ cancel_at: end })).toBe(120);
    expect(await totalOf({ cancel_at: 'min_period_end' })).toBe(120);
    expect(await totalOf({ cancel_at: 'max_period_end' })).toBe(120);
    // Two months on, the period that the next invoice bills in advance is over.
    expect(await totalOf({ cancel_at: end + 62 * 86_400 })).toBe(6120);
    expect(await totalOf({ cancel_at: '' })).toBe(6120);
    // A second more or less is nothing of 60 dollars a month, and 27 days are so many of its days.
    expect(await totalOf({ cancel_at: end - 1 })).toBe(120);
    expect(await totalOf({ cancel_at: end + 1 })).toBe(120);
    const after = Temporal.Instant.fromEpochMilliseconds(end * 1000).toZonedDateTimeISO('UTC');
    const start = Temporal.Instant.fromEpochMilliseconds(subscription.billing_cycle_anchor * 1000);
    const twoMonths = start.toZonedDateTimeISO('UTC').add({ months: 2 });
    const days = after.until(twoMonths, { largestUnit: 'days' }).days;
    expect(await totalOf({ cancel_at: end + 27 * 86_400 })).toBe(120 + Math.round((6000 * 27) / days));
    // Half of the month that is paid for is given back at its end.
    const half = subscription.billing_cycle_anchor + (end - subscription.billing_cycle_anchor) / 2;
    expect(await totalOf({ cancel_at: half })).toBe(120 - 3000);
    expect(await totalOf({ cancel_at: half, proration_behavior: 'none' })).toBe(120);
  });

  test('that is canceled now bills its usage so far, and gives back what is not used', async () => {
    const { stripe, customer, subscription } = await seatsShop();
    await stripe.invoiceItems.create({ customer: customer.id, amount: 700, description: 'Waits for another invoice' });
    const preview = async (details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) =>
      await stripe.invoices.createPreview({
        subscription: subscription.id,
        subscription_details: { cancel_now: true, ...details },
      });
    const usage = ['3000 × Alpaca AI (at $0.04 per 100 units / month)', 120];
    expect(read(await preview({ proration_behavior: 'none' }))).toEqual([usage]);
    const [credit, used] = read(await preview({})) as [[string, number], unknown];
    expect(used).toEqual(usage);
    expect(credit[0]).toMatch(/^Unused time on 3 × Alpaca AI after /);
    // All but the seconds since it began.
    expect(credit[1]).toBeGreaterThanOrEqual(-6000);
    expect(credit[1]).toBeLessThan(-5990);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  test('with periods of several lengths ends with the shortest, or with the longest where that is asked for', async () => {
    const { stripe, customer, price } = await newShop();
    const yearly = await licensedPrice(stripe, { recurring: { interval: 'year' } });
    const items = [{ price: yearly.id }, { price: price.id }];
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
    const preview = async (details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) =>
      read(await stripe.invoices.createPreview({ subscription: id, subscription_details: details }));
    const usage = [['0 × Alpaca AI (at $0.04 per 100 units / month)', 0]];
    expect(await preview({ cancel_at: 'max_period_end' })).toEqual(usage);
    const cut = (await preview({ cancel_at: 'min_period_end' })) as [string, number][];
    expect(await preview({ cancel_at_period_end: true })).toEqual(cut);
    expect(cut.at(-1)).toEqual(usage[0]);
    // 28 to 31 days of a year of 20 dollars are used.
    expect(cut[0]![0]).toMatch(/^Unused time on Alpaca AI after /);
    expect(cut[0]![1]).toBeGreaterThanOrEqual(-1847);
    expect(cut[0]![1]).toBeLessThanOrEqual(-1830);
  });
});
