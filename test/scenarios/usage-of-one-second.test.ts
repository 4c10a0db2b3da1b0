import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice, meteredPrice } from '../support/shop.ts';
import { addCard, newStory, type Story, subscribe, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();
const FLEXIBLE = { billing_mode: { type: 'flexible' } } as const;

/** Calls, and a seat that lets a subscription last, from January 1 on: five calls by the 10th, and seven in its first second. */
async function inTheSecond() {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id, items } = await subscribe(story, [calls, seat], FLEXIBLE);
  await advance(stripe, clock, '2026-01-10T00:00:00Z');
  await useAt(stripe, meter, customer.id, 5, '2026-01-09T00:00:00Z');
  await useAt(stripe, meter, customer.id, 7);
  return { ...story, id, item: items.data.find(({ price }) => price.id === calls.id)!.id };
}

/** All lines of calls that a customer got by the end of February, sorted. */
async function callsOf(story: Story): Promise<unknown[]> {
  await advance(story.stripe, story.clock, '2026-02-20T00:00:00Z');
  const lines = (await invoicesOf(story.stripe, story.customer.id)).flatMap((invoice) => told(invoice)[2]);
  expect(await differencesOf(story)).toEqual([]);
  return lines
    .filter(([text, amount]) => text?.includes('Calls') && (amount !== 0 || text.includes('trial')))
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

test('an item that is removed and added again in one second counts from the next', async () => {
  const story = await inTheSecond();
  const { stripe, clock, customer, meter, calls, id, item } = story;
  await stripe.subscriptionItems.del(item);
  await stripe.subscriptionItems.create({ subscription: id, price: calls.id });
  await advance(stripe, clock, '2026-01-10T00:00:01Z');
  await useAt(stripe, meter, customer.id, 3);
  expect(await callsOf(story)).toEqual([
    ['12 × Calls (at $0.10 / month)', 120],
    ['3 × Calls (at $0.10 / month)', 30],
  ]);
});

test.each([true, false])(
  'a subscription that begins in the second of a cancellation counts what that has not billed (invoice_now=%s)',
  async (isInvoiced) => {
    const story = await inTheSecond();
    const { stripe, customer, meter, clock, calls, id } = story;
    await stripe.subscriptions.cancel(id, { invoice_now: isInvoiced });
    await subscribe(story, [calls], FLEXIBLE);
    await advance(stripe, clock, '2026-01-10T00:00:01Z');
    await useAt(stripe, meter, customer.id, 3);
    expect(await callsOf(story)).toEqual(
      isInvoiced
        ? [
            ['12 × Calls (at $0.10 / month)', 120],
            ['3 × Calls (at $0.10 / month)', 30],
          ]
        : [['10 × Calls (at $0.10 / month)', 100]],
    );
  },
);

test('a schedule that begins in that second counts from the next as well', async () => {
  const story = await inTheSecond();
  const { stripe, customer, calls, id } = story;
  await stripe.subscriptions.cancel(id, { invoice_now: true });
  await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    ...FLEXIBLE,
    phases: [{ items: [{ price: calls.id }], duration: { interval: 'month' } }],
  });
  expect(await callsOf(story)).toEqual([['12 × Calls (at $0.10 / month)', 120]]);
});

test.each(['drop', 'next_invoice'])(
  'what is used in the second in which a trial begins is free (%s)',
  async (policy) => {
    const story = await inTheSecond();
    const { stripe, customer, meter, id } = story;
    await stripe.rawRequest('POST', '/v1/usance/billing_settings', { late_usage: policy });
    await stripe.subscriptions.update(id, { trial_end: unix('2026-01-20T00:00:00Z') });
    await useAt(stripe, meter, customer.id, 40);
    expect(await callsOf(story)).toEqual([
      ['5 × Calls (at $0.10 / month)', 50],
      ['Free trial for 47 × Calls', 0],
    ]);
  },
);

test.each(['drop', 'next_invoice'])('so it is where a phase begins the trial (%s)', async (policy) => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, calls } = story;
  await stripe.rawRequest('POST', '/v1/usance/billing_settings', { late_usage: policy });
  const items = [{ price: calls.id }];
  await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    ...FLEXIBLE,
    phases: [
      { items, end_date: unix('2026-01-10T00:00:00Z') },
      { items, end_date: unix('2026-01-20T00:00:00Z'), trial: true },
      { items, end_date: unix('2026-02-20T00:00:00Z') },
    ],
  });
  await useAt(stripe, meter, customer.id, 5);
  await advance(stripe, clock, '2026-01-10T00:00:00Z');
  await useAt(stripe, meter, customer.id, 40);
  expect(await callsOf(story)).toEqual([
    ['5 × Calls (at $0.10 / month)', 50],
    ['Free trial for 40 × Calls', 0],
  ]);
});

/** A price of 10 cents, or so many, for the usage of one model. */
async function priceOf({ account }: Story, meter: string, model: string, cents: string): Promise<string> {
  const { body } = await account.request('POST', '/v1/usance/prices', {
    currency: 'usd',
    unit_amount_decimal: cents,
    product_data: { name: `Calls of ${model}` },
    recurring: { interval: 'month', usage_type: 'metered', meter },
    dimension_filter: { model },
  });
  return body.id;
}

/** A meter that tells models apart, and a way to use it. */
async function modelsOf({ account, stripe, customer }: Story) {
  const name = 'models';
  const { body: meter } = await account.request('POST', '/v1/usance/meters', {
    display_name: 'Models',
    event_name: name,
    default_aggregation: { formula: 'sum' },
    dimension_payload_keys: ['model'],
  });
  const useModel = async (model: string, value: number, at: string) =>
    await stripe.billing.meterEvents.create({
      event_name: name,
      payload: { stripe_customer_id: customer.id, value: String(value), model },
      timestamp: unix(at),
    });
  return { meter: meter.id as string, useModel };
}

test.each(['a new item', 'the same item'])(
  '%s that counts another value of a dimension leaves that second to the old one',
  async (kind) => {
    const story = await newStory('2026-01-01T00:00:00Z');
    const { stripe, clock } = story;
    const { meter, useModel } = await modelsOf(story);
    const small = await priceOf(story, meter, 'small', '10');
    const large = await priceOf(story, meter, 'large', '100');
    const { id, items } = await stripe.subscriptions.create({
      customer: story.customer.id,
      items: [{ price: small }],
      ...FLEXIBLE,
    });
    const [item] = items.data;
    await advance(stripe, clock, '2026-01-10T00:00:00Z');
    await useModel('small', 5, '2026-01-09T00:00:00Z');
    await useModel('small', 9, '2026-01-10T00:00:00Z');
    await useModel('large', 2, '2026-01-10T00:00:00Z');
    const added =
      kind === 'a new item' ? [{ id: item!.id, deleted: true }, { price: large }] : [{ id: item!.id, price: large }];
    await stripe.subscriptions.update(id, { items: added });
    expect(await callsOf(story)).toEqual([
      ['14 × Calls of small (at $0.10 / month)', 140],
      ['2 × Calls of large (at $1.00 / month)', 200],
    ]);
  },
);

const PENDING = { payment_behavior: 'pending_if_incomplete', proration_behavior: 'always_invoice' } as const;

/** Asks for a change that a card refuses, and pays it 20 hours later, after what is used meanwhile. */
async function payLater(
  story: Story & { id: string },
  items: Stripe.SubscriptionUpdateParams.Item[],
  meanwhile: () => Promise<unknown>,
) {
  const { stripe, clock, customer, id } = story;
  await addCard(stripe, customer, 'pm_card_chargeCustomerFail');
  const { pending_update: update, latest_invoice: invoice } = await stripe.subscriptions.update(id, {
    items,
    ...PENDING,
  });
  expect(update).not.toBeNull();
  await advance(stripe, clock, '2026-01-10T20:00:00Z');
  await meanwhile();
  await addCard(stripe, customer);
  await stripe.invoices.pay(invoice as string);
}

test('a meter that a pending update leaves is billed once in the seconds in which it is asked for and made', async () => {
  const story = await inTheSecond();
  const { stripe, customer, meter, item } = story;
  await payLater(story, [{ id: item, deleted: true }], async () => {
    await useAt(stripe, meter, customer.id, 11, '2026-01-10T05:00:00Z');
    await useAt(stripe, meter, customer.id, 13, '2026-01-10T20:00:00Z');
  });
  expect(await callsOf(story)).toEqual([
    ['12 × Calls (at $0.10 / month)', 120],
    ['24 × Calls (at $0.10 / month)', 240],
  ]);
});

test('an item that a pending update puts in the place of another of its meter counts while it waits', async () => {
  const story = await inTheSecond();
  const { stripe, customer, meter, item } = story;
  const raised = await meteredPrice(stripe, meter.id, { unit_amount: 20, product_data: { name: 'Calls, raised' } });
  const items = [{ id: item, deleted: true }, { price: raised.id }];
  await payLater(story, items, async () => await useAt(stripe, meter, customer.id, 63, '2026-01-10T05:00:00Z'));
  expect(await callsOf(story)).toEqual([
    ['5 × Calls (at $0.10 / month)', 50],
    ['70 × Calls, raised (at $0.20 / month)', 1400],
  ]);
});

test('a pending update to another value of a dimension leaves what is used of the old one to be billed', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, seat } = story;
  const { meter, useModel } = await modelsOf(story);
  const small = await priceOf(story, meter, 'small', '10');
  const large = await priceOf(story, meter, 'large', '100');
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: small }, { price: seat.id }],
    ...FLEXIBLE,
  });
  await advance(stripe, clock, '2026-01-10T00:00:00Z');
  await useModel('small', 5, '2026-01-09T00:00:00Z');
  const item = items.data.find(({ price }) => price.id === small)!.id;
  await payLater({ ...story, id }, [{ id: item, price: large }], async () => {
    await useModel('small', 70, '2026-01-10T10:00:00Z');
    await useModel('large', 2, '2026-01-10T10:00:00Z');
  });
  expect(await callsOf(story)).toEqual([
    ['2 × Calls of large (at $1.00 / month)', 200],
    ['5 × Calls of small (at $0.10 / month)', 50],
    ['70 × Calls of small (at $0.10 / month)', 700],
  ]);
});

test.each(['at once', 'later'])(
  'a flat fee of a meter that a pending update leaves is billed once, paid %s',
  async (when) => {
    const story = await newStory('2026-01-01T00:00:00Z');
    const { stripe, clock, customer, meter, seat } = story;
    const tiered = await meteredPrice(stripe, meter.id, {
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 100, flat_amount: 1000, unit_amount: 0 },
        { up_to: 'inf', unit_amount: 10 },
      ],
      product_data: { name: 'Tiered' },
    });
    const large = await licensedPrice(stripe, { unit_amount: 6200, product_data: { name: 'Large seat' } });
    const { id, items } = await subscribe(story, [tiered, seat], FLEXIBLE);
    const itemOf = (price: Stripe.Price) => items.data.find((each) => each.price.id === price.id)!.id;
    await advance(stripe, clock, '2026-01-10T00:00:00Z');
    await useAt(stripe, meter, customer.id, 60, '2026-01-09T00:00:00Z');
    const change = [
      { id: itemOf(tiered), deleted: true },
      { id: itemOf(seat), price: large.id },
    ];
    if (when === 'later') await payLater({ ...story, id }, change, async () => undefined);
    else await stripe.subscriptions.update(id, { items: change, ...PENDING });
    await advance(stripe, clock, '2026-02-01T02:00:00Z');
    const totals = (await invoicesOf(stripe, customer.id)).map(({ total }) => total);
    // 22 of 31 days of the seat are given back, and paid for at 62 USD.
    expect(totals).toEqual([3100, 1000 - 2200 + 4400, 6200]);
    expect(await differencesOf(story)).toEqual([]);
  },
);
