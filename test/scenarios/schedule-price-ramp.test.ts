import { expect, test } from 'vitest';
import { advance, text, unix } from '../support/clock-shop.ts';
import { months, newPlanner, schedule, scheduleEvents, totals, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a price rises by two phases, from 10 to 15 to 20 a month, and goes on alone at the last', async () => {
  const planner = await newPlanner('2026-01-31T09:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const [ten, fifteen, twenty] = [await plan(1000), await plan(1500), await plan(2000)];
  const made = await schedule(planner, [months(ten, 3), months(fifteen, 3), months(twenty, 2)]);
  expect(made).toMatchObject({ status: 'active', customer: customer.id, end_behavior: 'release' });
  expect(made.phases.map(({ start_date: start, end_date: end }) => [text(start), text(end)])).toEqual([
    ['2026-01-31T09:00:00Z', '2026-04-30T09:00:00Z'],
    ['2026-04-30T09:00:00Z', '2026-07-31T09:00:00Z'],
    ['2026-07-31T09:00:00Z', '2026-09-30T09:00:00Z'],
  ]);

  await advance(stripe, clock, '2026-10-31T10:00:00Z');
  expect(await totals(planner)).toEqual([
    ['2026-01-31', 1000],
    ['2026-02-28', 1000],
    ['2026-03-31', 1000],
    ['2026-04-30', 1500],
    ['2026-05-31', 1500],
    ['2026-06-30', 1500],
    ['2026-07-31', 2000],
    ['2026-08-31', 2000],
    ['2026-09-30', 2000],
    ['2026-10-31', 2000],
  ]);
  expect(await scheduleEvents(planner)).toEqual([
    '2026-01-31 created',
    '2026-04-30 updated',
    '2026-07-31 updated',
    '2026-09-23 expiring',
    '2026-09-30 updated',
    '2026-09-30 completed',
  ]);
  const over = await stripe.subscriptionSchedules.retrieve(made.id, { expand: ['phases.items.price'] });
  expect(over).toMatchObject({
    status: 'completed',
    current_phase: null,
    completed_at: unix('2026-09-30T09:00:00Z'),
    released_at: unix('2026-09-30T09:00:00Z'),
    subscription: null,
    released_subscription: made.subscription,
    phases: [{}, {}, { items: [{ price: { id: twenty, unit_amount: 2000 } }] }],
  });
  const subscription = await stripe.subscriptions.retrieve(made.subscription as string);
  expect(subscription).toMatchObject({
    status: 'past_due', // nobody pays
    schedule: null,
    items: { data: [{ price: { id: twenty } }] },
  });
  expect(await differencesOf(planner)).toEqual([]);
});
