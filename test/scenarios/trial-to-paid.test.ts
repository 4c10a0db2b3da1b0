import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { newStory, periodOf, subscribe, subscriptionEvents, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

test('a trial of 14 days costs nothing, also for what is used, and the month after it is paid', async () => {
  const story = await newStory('2026-01-17T09:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const created = await subscribe(story, [seat, calls], { trial_period_days: 14 });
  expect(created).toMatchObject({
    status: 'trialing',
    start_date: unix('2026-01-17T09:00:00Z'),
    trial_start: unix('2026-01-17T09:00:00Z'),
    trial_end: unix('2026-01-31T09:00:00Z'),
    billing_cycle_anchor: unix('2026-01-31T09:00:00Z'),
  });
  expect(periodOf(created)).toEqual(['2026-01-17T09:00:00Z', '2026-01-31T09:00:00Z']);
  await useAt(stripe, meter, customer.id, 500);
  await advance(stripe, clock, '2026-01-31T08:59:59Z');
  await useAt(stripe, meter, customer.id, 7);
  await advance(stripe, clock, '2026-01-31T09:00:00Z');
  const paying = await stripe.subscriptions.retrieve(created.id);
  expect([paying.status, paying.trial_end]).toEqual(['active', unix('2026-01-31T09:00:00Z')]);
  expect(periodOf(paying)).toEqual(['2026-01-31T09:00:00Z', '2026-02-28T09:00:00Z']);
  await useAt(stripe, meter, customer.id, 3);
  await advance(stripe, clock, '2026-03-31T11:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(told)).toEqual([
    ['2026-01-17T09:00:00Z', 0, [['Free trial for 1 × Seat', 0]]],
    [
      '2026-01-31T09:00:00Z',
      3100,
      [
        ['Free trial for 507 × Calls', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
    [
      '2026-02-28T09:00:00Z',
      3130,
      [
        ['3 × Calls (at $0.10 / month)', 30],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
    [
      '2026-03-31T09:00:00Z',
      3100,
      [
        ['0 × Calls (at $0.10 / month)', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
  ]);
  expect(invoices.map(({ billing_reason: reason, status }) => [reason, status])).toEqual([
    ['subscription_create', 'paid'],
    ['subscription_cycle', 'paid'],
    ['subscription_cycle', 'paid'],
    ['subscription_cycle', 'paid'],
  ]);
  // The invoice of the trial's end is a draft for an hour, and then paid.
  expect(text(invoices[1]!.status_transitions.paid_at!)).toBe('2026-01-31T10:00:00Z');
  expect((await subscriptionEvents(stripe)).slice(0, 3)).toEqual([
    ['2026-01-17T09:00:00Z', 'created'],
    ['2026-01-28T09:00:00Z', 'trial_will_end'],
    ['2026-01-31T09:00:00Z', 'updated'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('in classic mode a trial has other words, and announces what is metered', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  await subscribe(story, [seat, calls], { trial_end: unix('2026-01-11T00:00:00Z'), billing_mode: { type: 'classic' } });
  await useAt(stripe, meter, customer.id, 40);
  await advance(stripe, clock, '2026-01-12T00:00:00Z');
  await useAt(stripe, meter, customer.id, 2);
  await advance(stripe, clock, '2026-02-12T00:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    [
      '2026-01-01T00:00:00Z',
      0,
      [
        ['0 × Calls (Free trial)', 0],
        ['Trial period for Seat', 0],
      ],
    ],
    [
      '2026-01-11T00:00:00Z',
      3100,
      [
        ['40 × Calls (Free trial)', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
    [
      '2026-02-11T00:00:00Z',
      3120,
      [
        ['2 × Calls (at $0.10 / month)', 20],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a flexible trial of usage alone begins without an invoice', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, calls } = story;
  const { latest_invoice: none } = await subscribe(story, [calls], { trial_period_days: 10 });
  expect(none).toBeNull();
  await useAt(stripe, meter, customer.id, 40);
  await advance(stripe, clock, '2026-01-12T00:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-11T00:00:00Z', 0, [['Free trial for 40 × Calls', 0]]],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});
