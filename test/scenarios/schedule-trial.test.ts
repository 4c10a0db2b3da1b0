import { expect, test } from 'vitest';
import { advance, unix, useAt } from '../support/clock-shop.ts';
import { billed, callPrices, months, newPlanner, schedule, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a phase that is a trial costs nothing, and the phase after it is billed from its first day', async () => {
  const planner = await newPlanner('2026-01-10T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const { meter, ten } = await callPrices(planner);
  const [small, large] = [await plan(1000), await plan(2500)];
  const made = await schedule(planner, [
    months(small, 1, { items: [{ price: small }, { price: ten }], trial: true }),
    months(large, 2, { items: [{ price: large }, { price: ten }] }),
  ]);
  const end = unix('2026-02-10T00:00:00Z');
  expect(made.phases[0]).toMatchObject({ trial_end: end, end_date: end });
  const subscription = made.subscription as string;
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({ status: 'trialing', trial_end: end });
  await useAt(stripe, meter, customer.id, 400);
  await advance(stripe, clock, '2026-02-10T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({
    status: 'active',
    items: {
      data: expect.arrayContaining([expect.objectContaining({ price: expect.objectContaining({ id: large }) })]),
    },
  });
  await useAt(stripe, meter, customer.id, 20);
  await advance(stripe, clock, '2026-03-10T02:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-01-10T00:00:00Z', 0, 'Free trial for 1 × Plan: 0'],
    ['2026-02-10T00:00:00Z', 2500, '1 × Plan (at $25.00 / month): 2500', 'Free trial for 400 × Calls: 0'],
    ['2026-03-10T00:00:00Z', 2700, '1 × Plan (at $25.00 / month): 2500', '20 × Calls (at $0.10 / month): 200'],
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});

test('a phase can begin with a trial of some days, also after months that were paid', async () => {
  const planner = await newPlanner('2026-03-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const [small, large] = [await plan(1000), await plan(2500)];
  const trialEnd = unix('2026-04-08T00:00:00Z');
  const made = await schedule(planner, [
    months(small, 1),
    { items: [{ price: large }], trial_end: trialEnd, end_date: unix('2026-06-08T00:00:00Z') },
  ]);
  await advance(stripe, clock, '2026-04-02T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(made.subscription as string)).toMatchObject({
    status: 'trialing',
    trial_start: unix('2026-04-01T00:00:00Z'),
    trial_end: trialEnd,
  });
  await advance(stripe, clock, '2026-05-08T02:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-03-01T00:00:00Z', 1000, '1 × Plan (at $10.00 / month): 1000'],
    ['2026-04-08T00:00:00Z', 2500, '1 × Plan (at $25.00 / month): 2500'],
    ['2026-05-08T00:00:00Z', 2500, '1 × Plan (at $25.00 / month): 2500'],
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});
