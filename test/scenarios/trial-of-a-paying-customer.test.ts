import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, unix, useAt } from '../support/clock-shop.ts';
import { newStory, periodOf, subscribe, subscriptionEvents, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

/** Seats and calls that are paid from January 1 on and given a trial on January 11, until the 21st. */
async function givenTrial(mode: 'classic' | 'flexible') {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id } = await subscribe(story, [seat, calls], { billing_mode: { type: mode } });
  await useAt(stripe, meter, customer.id, 10);
  await advance(stripe, clock, '2026-01-11T00:00:00Z');
  const trial = { trial_end: unix('2026-01-21T00:00:00Z') };
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: trial });
  const subscription = await stripe.subscriptions.update(id, trial);
  expect(subscription.status).toBe('trialing');
  expect(periodOf(subscription)).toEqual(['2026-01-11T00:00:00Z', '2026-01-21T00:00:00Z']);
  await useAt(stripe, meter, customer.id, 50);
  return { ...story, id, preview };
}

const lines = ({ lines: { data } }: Stripe.Invoice) => data.map(({ description, amount }) => [description, amount]);

test('flexible: what is unused is credited with the first invoice after the trial, which bills the usage before it', async () => {
  const story = await givenTrial('flexible');
  const { stripe, clock, customer, preview } = story;
  await advance(stripe, clock, '2026-02-21T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(told).slice(1)).toEqual([
    [
      '2026-01-21T00:00:00Z',
      1100,
      [
        ['Unused time on Seat after 11 Jan 2026', -2100],
        ['10 × Calls (at $0.10 / month)', 100],
        ['Free trial for 50 × Calls', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
    [
      '2026-02-21T00:00:00Z',
      3100,
      [
        ['0 × Calls (at $0.10 / month)', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
  ]);
  // It was asked for before the usage of the trial.
  expect(preview.total).toBe(1100);
  expect((await subscriptionEvents(stripe)).slice(2, 5)).toEqual([
    ['2026-01-11T00:00:00Z', 'updated'],
    ['2026-01-18T00:00:00Z', 'trial_will_end'],
    ['2026-01-21T00:00:00Z', 'updated'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('classic: the usage before it and the credit are invoiced at once', async () => {
  const story = await givenTrial('classic');
  const { stripe, clock, customer, preview } = story;
  await advance(stripe, clock, '2026-01-21T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(told).slice(1)).toEqual([
    [
      '2026-01-11T00:00:00Z',
      -2000,
      [
        ['Unused time on Seat after 11 Jan 2026', -2100],
        ['Trial period for Seat', 0],
        ['10 × Calls (at $0.10 / month)', 100],
      ],
    ],
    [
      '2026-01-21T00:00:00Z',
      3100,
      [
        ['50 × Calls (Free trial)', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
  ]);
  expect(lines(preview)).toEqual(lines(invoices[1]!));
  expect([invoices[2]!.starting_balance, invoices[2]!.amount_paid]).toEqual([-2000, 1100]);
  expect(await differencesOf(story)).toEqual([]);
});
