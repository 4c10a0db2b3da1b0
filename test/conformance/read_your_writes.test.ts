import { expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';

const MINUTE = 60;

async function subscribedCustomer({ stripe }: TestAccount) {
  const customer = await stripe.customers.create();
  const meter = await stripe.billing.meters.create({
    display_name: 'T',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 1,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    product_data: { name: 'Tokens' },
  });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  return { customer: customer.id, meter: meter.id, subscription: subscription.id };
}

test('a preview or summary sent after an acknowledgement includes the event, also under load of others', async () => {
  const account = await newAccount();
  const { stripe } = account;
  const { customer, meter, subscription } = await subscribedCustomer(account);
  const noise = await stripe.customers.create();
  const enough = new AbortController();
  const event = (id: string, value: number) => ({
    event_name: 'tokens',
    payload: { stripe_customer_id: id, value: String(value) },
  });
  const load = Array.from({ length: 8 }, async () => {
    while (!enough.signal.aborted) await stripe.billing.meterEvents.create(event(noise.id, 1));
  });
  let acknowledged = 0;
  for (let n = 1; n <= 25; n++) {
    await stripe.billing.meterEvents.create(event(customer, n));
    acknowledged += n;
    const end = Math.floor(Date.now() / 1000 / MINUTE) * MINUTE + MINUTE;
    const range = { customer, start_time: end - 60 * MINUTE, end_time: end };
    const [preview, summary] = await Promise.all([
      stripe.invoices.createPreview({ subscription }),
      stripe.billing.meters.listEventSummaries(meter, range),
    ]);
    expect(preview.amount_due).toBe(acknowledged);
    expect(preview.lines.data[0]!.quantity).toBe(acknowledged);
    expect(summary.data[0]!.aggregated_value).toBe(acknowledged);
  }
  enough.abort();
  await Promise.all(load);
});

test('of events sent side by side, each sender sees at least its own', async () => {
  const account = await newAccount();
  const { stripe } = account;
  const { customer, subscription } = await subscribedCustomer(account);
  let acknowledged = 0;
  const senders = Array.from({ length: 6 }, async () => {
    for (let n = 0; n < 10; n++) {
      await stripe.billing.meterEvents.create({
        event_name: 'tokens',
        payload: { stripe_customer_id: customer, value: '1' },
      });
      const least = ++acknowledged;
      const { amount_due: seen } = await stripe.invoices.createPreview({ subscription });
      expect(seen).toBeGreaterThanOrEqual(least);
      expect(seen).toBeLessThanOrEqual(60);
    }
  });
  await Promise.all(senders);
  expect((await stripe.invoices.createPreview({ subscription })).amount_due).toBe(60);
});

test('usage at the very start of a subscription counts, usage before it does not', async () => {
  const account = await newAccount();
  const { stripe } = account;
  const { customer, subscription } = await subscribedCustomer(account);
  const { items } = await stripe.subscriptions.retrieve(subscription);
  const { current_period_start: start } = items.data[0]!;
  const send = async (timestamp: number, value: string) =>
    await stripe.billing.meterEvents.create({
      event_name: 'tokens',
      timestamp,
      payload: { stripe_customer_id: customer, value },
    });
  await send(start, '7');
  await send(start - 1, '100');
  expect((await stripe.invoices.createPreview({ subscription })).amount_due).toBe(7);
});
