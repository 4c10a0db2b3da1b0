import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import { months, newPlanner, schedule, scheduleEvents, totals, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a released subscription stays as it is and takes no further phase', async () => {
  const planner = await newPlanner('2026-03-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const [ten, twenty] = [await plan(1000), await plan(2000)];
  const made = await schedule(planner, [months(ten, 2), months(twenty, 2)]);
  const subscription = made.subscription as string;
  await advance(stripe, clock, '2026-04-15T00:00:00Z');
  const released = await stripe.subscriptionSchedules.release(made.id);
  expect(released).toMatchObject({
    status: 'released',
    released_at: unix('2026-04-15T00:00:00Z'),
    released_subscription: subscription,
    subscription: null,
    current_phase: null,
  });
  // Nobody has paid.
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({ status: 'past_due', schedule: null });
  await advance(stripe, clock, '2026-06-01T02:00:00Z');
  expect(await totals(planner)).toEqual([
    ['2026-03-01', 1000],
    ['2026-04-01', 1000],
    ['2026-05-01', 1000],
    ['2026-06-01', 1000],
  ]);
  expect(await scheduleEvents(planner)).toEqual(['2026-03-01 created', '2026-04-15 updated', '2026-04-15 released']);
  const among = await stripe.subscriptionSchedules.list({
    customer: planner.customer.id,
    released_at: { gte: unix('2026-04-15T00:00:00Z') },
  });
  expect(among.data.map(({ id }) => id)).toEqual([made.id]);
  expect(await differencesOf(planner)).toEqual([]);
});

test('a released subscription does not end with its schedule, unless that date is to be kept', async () => {
  const planner = await newPlanner('2026-03-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const ten = await plan(1000);
  const end = unix('2026-05-01T00:00:00Z');
  const [free, kept] = [
    await schedule(planner, [months(ten, 2)], { end_behavior: 'cancel' }),
    await schedule(planner, [months(ten, 2)], { end_behavior: 'cancel' }),
  ];
  const subscriptions = [free, kept].map(({ subscription }) => subscription as string);
  expect((await stripe.subscriptions.retrieve(subscriptions[0]!)).cancel_at).toBe(end);
  await stripe.subscriptionSchedules.release(free.id);
  await stripe.subscriptionSchedules.release(kept.id, { preserve_cancel_date: true });
  const dates = [];
  for (const id of subscriptions) dates.push((await stripe.subscriptions.retrieve(id)).cancel_at);
  expect(dates).toEqual([null, end]);
  await advance(stripe, clock, '2026-05-02T00:00:00Z');
  const statuses = [];
  for (const id of subscriptions) statuses.push((await stripe.subscriptions.retrieve(id)).status);
  // The customer has nothing to pay with.
  expect(statuses).toEqual(['past_due', 'canceled']);
});
