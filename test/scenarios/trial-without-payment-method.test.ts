import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { newStory, subscribe, subscriptionEvents, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

type Ending = 'cancel' | 'create_invoice' | 'pause';

/** A trial of ten days of a customer without any payment method, three days after its end. */
async function endedTrial(missing_payment_method: Ending | undefined) {
  const story = await newStory('2026-01-01T00:00:00Z', { card: false });
  const { stripe, clock, customer, meter, seat, calls } = story;
  const settings =
    missing_payment_method === undefined ? {} : { trial_settings: { end_behavior: { missing_payment_method } } };
  const { id } = await subscribe(story, [seat, calls], { trial_period_days: 10, ...settings });
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-01-14T00:00:00Z');
  return { ...story, id, subscription: await stripe.subscriptions.retrieve(id) };
}

test('its subscription is canceled where that is asked for, and bills nothing more', async () => {
  const story = await endedTrial('cancel');
  const { stripe, clock, customer, subscription } = story;
  expect(subscription).toMatchObject({
    status: 'canceled',
    canceled_at: unix('2026-01-11T00:00:00Z'),
    ended_at: unix('2026-01-11T00:00:00Z'),
    cancellation_details: { reason: null },
  });
  await advance(stripe, clock, '2026-03-14T00:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-01T00:00:00Z', 0, [['Free trial for 1 × Seat', 0]]],
  ]);
  expect(await subscriptionEvents(stripe)).toEqual([
    ['2026-01-01T00:00:00Z', 'created'],
    ['2026-01-08T00:00:00Z', 'trial_will_end'],
    ['2026-01-11T00:00:00Z', 'deleted'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('its subscription is paused where that is asked for, and bills nothing while it is', async () => {
  const story = await endedTrial('pause');
  const { stripe, clock, customer, meter, id, subscription } = story;
  expect(subscription).toMatchObject({
    status: 'paused',
    ended_at: null,
    status_details: {
      paused: {
        subscription: { type: 'trial_end_without_payment_method' },
        transitioned_at: unix('2026-01-11T00:00:00Z'),
        type: 'subscription',
      },
    },
  });
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-04-14T00:00:00Z');
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('paused');
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-01T00:00:00Z', 0, [['Free trial for 1 × Seat', 0]]],
  ]);
  expect((await subscriptionEvents(stripe)).slice(2)).toEqual([
    ['2026-01-11T00:00:00Z', 'updated'],
    ['2026-01-11T00:00:00Z', 'paused'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test.each(['create_invoice', undefined] as const)(
  'with %s there is an invoice that nobody has paid',
  async (ending) => {
    const story = await endedTrial(ending);
    const { stripe, customer, subscription } = story;
    expect(subscription.trial_settings?.end_behavior.missing_payment_method).toBe('create_invoice');
    expect(['active', 'past_due']).toContain(subscription.status);
    const [, invoice] = await invoicesOf(stripe, customer.id);
    expect(told(invoice!)).toEqual([
      '2026-01-11T00:00:00Z',
      3100,
      [
        ['Free trial for 30 × Calls', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ]);
    expect([invoice!.status, invoice!.amount_remaining, text(invoice!.status_transitions.finalized_at!)]).toEqual([
      'open',
      3100,
      '2026-01-11T01:00:00Z',
    ]);
    expect(await differencesOf(story)).toEqual([]);
  },
);

test('a customer who is sent invoices needs no method, whatever the settings say', async () => {
  const story = await newStory('2026-01-01T00:00:00Z', { card: false });
  const { stripe, clock, customer, seat } = story;
  const { id } = await subscribe(story, [seat], {
    collection_method: 'send_invoice',
    days_until_due: 30,
    trial_period_days: 10,
    trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
  });
  await advance(stripe, clock, '2026-01-12T00:00:00Z');
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ status, total }) => [status, total])).toEqual([
    ['paid', 0],
    ['open', 3100],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a trial of two days is announced at once, and once', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock } = story;
  await subscribe(story, [story.seat], { trial_period_days: 2 });
  await advance(stripe, clock, '2026-01-05T00:00:00Z');
  expect(await subscriptionEvents(stripe)).toEqual([
    ['2026-01-01T00:00:00Z', 'created'],
    ['2026-01-01T00:00:00Z', 'trial_will_end'],
    ['2026-01-03T00:00:00Z', 'updated'],
  ]);
  const [event] = (await stripe.events.list({ type: 'customer.subscription.trial_will_end' })).data;
  expect(event?.data.object).toMatchObject({ status: 'trialing', trial_end: unix('2026-01-03T00:00:00Z') });
});
