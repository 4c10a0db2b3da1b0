import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { refusal } from '../support/shop.ts';
import { newStory, periodOf, subscribe, subscriptionEvents, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

test('a trial that is extended twice is paid from its last end on, and announced for each', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id } = await subscribe(story, [seat, calls], { trial_period_days: 7 });
  await useAt(stripe, meter, customer.id, 5);
  await advance(stripe, clock, '2026-01-06T00:00:00Z');
  const longer = await stripe.subscriptions.update(id, { trial_end: unix('2026-01-15T00:00:00Z') });
  expect(longer).toMatchObject({
    status: 'trialing',
    trial_start: unix('2026-01-01T00:00:00Z'),
    trial_end: unix('2026-01-15T00:00:00Z'),
    billing_cycle_anchor: unix('2026-01-15T00:00:00Z'),
  });
  expect(periodOf(longer)).toEqual(['2026-01-01T00:00:00Z', '2026-01-15T00:00:00Z']);
  await advance(stripe, clock, '2026-01-14T00:00:00Z');
  // Two days ahead: that is told at once.
  await stripe.subscriptions.update(id, { trial_end: unix('2026-01-16T00:00:00Z'), metadata: { extended: 'twice' } });
  await advance(stripe, clock, '2026-01-15T12:00:00Z');
  await useAt(stripe, meter, customer.id, 4);
  await advance(stripe, clock, '2026-02-16T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-01T00:00:00Z', 0, [['Free trial for 1 × Seat', 0]]],
    [
      '2026-01-16T00:00:00Z',
      3100,
      [
        ['Free trial for 9 × Calls', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
    [
      '2026-02-16T00:00:00Z',
      3100,
      [
        ['0 × Calls (at $0.10 / month)', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
  ]);
  expect(await subscriptionEvents(stripe)).toEqual([
    ['2026-01-01T00:00:00Z', 'created'],
    ['2026-01-05T00:00:00Z', 'trial_will_end'],
    ['2026-01-06T00:00:00Z', 'updated'],
    ['2026-01-12T00:00:00Z', 'trial_will_end'],
    ['2026-01-14T00:00:00Z', 'updated'],
    ['2026-01-14T00:00:00Z', 'trial_will_end'],
    ['2026-01-16T00:00:00Z', 'updated'],
    ['2026-02-16T00:00:00Z', 'updated'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a trial that ends now is paid now, with the items as they are changed in the same request', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id, items } = await subscribe(story, [seat, calls], { trial_period_days: 30 });
  await useAt(stripe, meter, customer.id, 5);
  await advance(stripe, clock, '2026-01-11T06:00:00Z');
  const item = items.data.find(({ price }) => price.id === seat.id)!;
  const paying = await stripe.subscriptions.update(id, {
    trial_end: 'now',
    items: [{ id: item.id, quantity: 2 }],
    expand: ['latest_invoice'],
  });
  expect([paying.status, text(paying.trial_end!), text(paying.billing_cycle_anchor)]).toEqual([
    'active',
    '2026-01-11T06:00:00Z',
    '2026-01-11T06:00:00Z',
  ]);
  expect(periodOf(paying)).toEqual(['2026-01-11T06:00:00Z', '2026-02-11T06:00:00Z']);
  const invoice = paying.latest_invoice as Stripe.Invoice;
  expect([invoice.status, invoice.billing_reason, invoice.amount_paid]).toEqual(['paid', 'subscription_update', 6200]);
  await useAt(stripe, meter, customer.id, 3);
  await advance(stripe, clock, '2026-02-11T08:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-01T00:00:00Z', 0, [['Free trial for 1 × Seat', 0]]],
    [
      '2026-01-11T06:00:00Z',
      6200,
      [
        ['Free trial for 5 × Calls', 0],
        ['2 × Seat (at $31.00 / month)', 6200],
      ],
    ],
    [
      '2026-02-11T06:00:00Z',
      6230,
      [
        ['3 × Calls (at $0.10 / month)', 30],
        ['2 × Seat (at $31.00 / month)', 6200],
      ],
    ],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a trial that ends now follows its settings where nothing can be charged', async () => {
  const story = await newStory('2026-01-01T00:00:00Z', { card: false });
  const { stripe, seat } = story;
  const trial = { trial_period_days: 30 };
  const first = await subscribe(story, [seat], trial);
  const second = await subscribe(story, [seat], trial);
  const ends = (missing_payment_method: 'cancel' | 'pause') => ({
    trial_end: 'now' as const,
    trial_settings: { end_behavior: { missing_payment_method } },
  });
  expect((await stripe.subscriptions.update(first.id, ends('cancel'))).status).toBe('canceled');
  expect((await stripe.subscriptions.update(second.id, ends('pause'))).status).toBe('paused');
  expect(await differencesOf(story)).toEqual([]);
});

test('what can not be is refused, and the trial stays as it is', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, seat } = story;
  const before = await subscribe(story, [seat], { trial_period_days: 30 });
  const { id } = before;
  const refused = async (params: Stripe.SubscriptionUpdateParams) =>
    await refusal(stripe.subscriptions.update(id, params));
  expect(await refused({ trial_end: unix('2025-12-31T00:00:00Z') })).toMatchObject({ status: 400, param: 'trial_end' });
  expect(await refused({ trial_end: unix('2029-01-01T00:00:00Z') })).toMatchObject({ param: 'trial_end' });
  expect(await refused({ trial_end: 'now', billing_cycle_anchor: { type: 'now' } })).toMatchObject({
    code: 'parameters_exclusive',
  });
  expect(await refused({ trial_from_plan: true })).toMatchObject({ code: 'parameter_not_served' });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ trial_end: before.trial_end, status: 'trialing' });
  // One that is in none has none to end.
  const active = await subscribe(story, [story.calls]);
  expect((await stripe.subscriptions.update(active.id, { trial_end: 'now' })).status).toBe('active');
  await stripe.subscriptions.pause(active.id);
  const later = { trial_end: unix('2026-01-05T00:00:00Z') };
  expect(await refusal(stripe.subscriptions.update(active.id, later))).toMatchObject({
    status: 400,
    param: 'trial_end',
  });
});
