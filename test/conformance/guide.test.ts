import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { blocksOf, type Body, type Flavour, guide, player, type Player } from './guide.ts';

const FLAVOURS: readonly Flavour[] = ['curl', 'cli', 'node'];

/** The guide's own range, a minute of June 2024, in which nothing happened here. */
const GUIDE_RANGE = ['1717249380', '1717249440'] as const;

/** Minutes around the events just sent: from the one of `since` to the end of the present one. */
function minutesSince(since: number): (block: string) => string {
  const start = Math.floor(since / 60) * 60;
  const end = (Math.floor(unixSeconds() / 60) + 1) * 60;
  return (block) => block.replace(GUIDE_RANGE[0], String(start)).replace(GUIDE_RANGE[1], String(end));
}

function unixSeconds(): number {
  return Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
}

/** The usage block sends 25 tokens. */
function tokens(count: number): (block: string) => string {
  return (block) => block.replace(/\b25\b/, String(count));
}

async function subscribe(guidePlayer: Player, priceId: string): Promise<Record<string, string>> {
  const customer: Body = await guidePlayer.play('customer');
  const ids = { CUSTOMER_ID: customer.id, PRICE_ID: priceId };
  const subscription: Body = await guidePlayer.play('subscription', ids);
  expect(subscription).toMatchObject({ status: 'active', latest_invoice: null, customer: customer.id });
  expect(subscription.items.data).toMatchObject([{ price: { id: priceId } }]);
  return { ...ids, SUBSCRIPTION_ID: subscription.id };
}

describe.skipIf(!guide)('the guide to usage-based billing (skipped where the guide is absent)', () => {
  test.each(FLAVOURS)('has seven %s blocks', (flavour) => {
    expect(blocksOf(flavour)).toHaveLength(7);
  });

  test.each(FLAVOURS)('works as written with %s', async (flavour) => {
    const since = unixSeconds();
    const guidePlayer = player(flavour, await newAccount());
    const meter: Body = await guidePlayer.play('meter');
    expect(meter).toMatchObject({ display_name: 'Alpaca AI tokens', event_name: 'alpaca_ai_tokens', status: 'active' });
    const price: Body = await guidePlayer.play('price', { METER_ID: meter.id });
    expect(price).toMatchObject({ unit_amount: 4, transform_quantity: { divide_by: 100, round: 'up' } });
    expect(price.recurring.meter).toBe(meter.id);

    const john = { ...(await subscribe(guidePlayer, price.id)), METER_ID: meter.id };
    await guidePlayer.play('meterEvent', john);
    expect(await guidePlayer.play('preview', john)).toMatchObject({ total: 4, amount_due: 4, currency: 'usd' });
    const before: Body = await guidePlayer.play('summaries', john);
    expect(before.data.map((summary: Body) => summary.aggregated_value).filter((value: number) => value !== 0)).toEqual(
      [],
    );
    const now: Body = await guidePlayer.play('summaries', john, minutesSince(since));
    expect(now.data).toMatchObject([{ aggregated_value: 25, meter: meter.id }]);
  });

  test.each(FLAVOURS)('bills a started package of 100 tokens whole, with %s', async (flavour) => {
    const guidePlayer = player(flavour, await newAccount());
    const meter: Body = await guidePlayer.play('meter');
    const price: Body = await guidePlayer.play('price', { METER_ID: meter.id });
    const ids = await subscribe(guidePlayer, price.id);
    await guidePlayer.play('meterEvent', ids, tokens(3000));
    expect(await guidePlayer.play('preview', ids)).toMatchObject({ total: 120 });
    await guidePlayer.play('meterEvent', ids);
    expect(await guidePlayer.play('preview', ids)).toMatchObject({ total: 124 });
  });
});

test("the guide's steps work with the newer call style of the official client", async () => {
  const { stripe } = await newAccount();
  const since = unixSeconds();
  const meter = await stripe.billing.meters.create({
    display_name: 'Alpaca AI tokens',
    event_name: 'alpaca_ai_tokens',
    default_aggregation: { formula: 'sum' },
    customer_mapping: { event_payload_key: 'stripe_customer_id', type: 'by_id' },
    value_settings: { event_payload_key: 'value' },
  });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 4,
    billing_scheme: 'per_unit',
    transform_quantity: { divide_by: 100, round: 'up' },
    recurring: { usage_type: 'metered', interval: 'month', meter: meter.id },
    product_data: { name: 'Alpaca AI tokens' },
  });
  const customer = await stripe.customers.create({ name: 'John Doe' });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  expect(subscription).toMatchObject({ status: 'active', latest_invoice: null });
  await stripe.billing.meterEvents.create({
    event_name: 'alpaca_ai_tokens',
    payload: { stripe_customer_id: customer.id, value: '25' },
  });
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview).toMatchObject({ total: 4, lines: { data: [{ amount: 4 }] } });
  const range = { start_time: Math.floor(since / 60) * 60, end_time: (Math.floor(unixSeconds() / 60) + 1) * 60 };
  const summaries = await stripe.billing.meters.listEventSummaries(meter.id, { customer: customer.id, ...range });
  expect(summaries.data).toMatchObject([{ aggregated_value: 25 }]);
});
