import { expect, test } from 'vitest';
import { advance, invoicesOf, unix, useAt } from '../support/clock-shop.ts';
import { refusal } from '../support/shop.ts';
import { billed, callPrices, months, newPlanner, schedule, scheduleEvents, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a schedule ends its subscription with the last phase, which bills what was used to the last', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const { meter, ten } = await callPrices(planner);
  const seat = await plan(3000);
  const items = [{ price: seat }, { price: ten }];
  const made = await schedule(planner, [months(seat, 1), months(seat, 2, { items })], { end_behavior: 'cancel' });
  const subscription = made.subscription as string;
  const end = unix('2026-04-01T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({ cancel_at: end, status: 'active' });
  expect(await refusal(stripe.subscriptions.update(subscription, { cancel_at_period_end: true }))).toMatchObject({
    status: 400,
    message: `The subscription is managed by the subscription schedule \`${made.id}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
  });
  await advance(stripe, clock, '2026-03-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-05-02T00:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-01-01T00:00:00Z', 3000, '1 × Plan (at $30.00 / month): 3000'],
    ['2026-02-01T00:00:00Z', 3000, '1 × Plan (at $30.00 / month): 3000'],
    ['2026-03-01T00:00:00Z', 3000, '0 × Calls (at $0.10 / month): 0', '1 × Plan (at $30.00 / month): 3000'],
    ['2026-04-01T00:00:00Z', 300, '30 × Calls (at $0.10 / month): 300'],
  ]);
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({ status: 'canceled', ended_at: end });
  expect(await stripe.subscriptionSchedules.retrieve(made.id)).toMatchObject({
    status: 'completed',
    completed_at: end,
    subscription,
  });
  expect(await scheduleEvents(planner)).toEqual([
    '2026-01-01 created',
    '2026-02-01 updated',
    '2026-03-25 expiring',
    '2026-04-01 updated',
    '2026-04-01 completed',
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});

test('a schedule can be made to end its subscription within a month, which is then billed in part', async () => {
  const planner = await newPlanner('2026-04-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const seat = await plan(3000);
  const made = await schedule(planner, [months(seat, 3)]);
  const items = [{ price: seat }];
  const start = made.phases[0]!.start_date;
  await advance(stripe, clock, '2026-04-10T00:00:00Z');
  const changed = await stripe.subscriptionSchedules.update(made.id, {
    end_behavior: 'cancel',
    phases: [{ items, start_date: start, end_date: unix('2026-05-11T00:00:00Z') }],
  });
  expect(changed.phases).toHaveLength(1);
  await advance(stripe, clock, '2026-06-02T00:00:00Z');
  // May has 31 days: ten of them are 3000 × 10 / 31 = 967.74.
  expect((await invoicesOf(stripe, planner.customer.id)).map(({ total }) => total)).toEqual([3000, 968]);
  expect((await stripe.subscriptions.retrieve(made.subscription as string)).status).toBe('canceled');
  expect(await differencesOf(planner)).toEqual([]);
});

test('canceling a schedule ends its subscription now, with a credit and a last invoice of what was used', async () => {
  const planner = await newPlanner('2026-04-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const { meter, ten } = await callPrices(planner);
  const seat = await plan(3000);
  const phases = [months(seat, 2, { items: [{ price: seat }, { price: ten }] })];
  const [billedNow, quiet] = [await schedule(planner, phases), await schedule(planner, phases)];
  await useAt(stripe, meter, customer.id, 80);
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  const canceled = await stripe.subscriptionSchedules.cancel(billedNow.id);
  expect(canceled).toMatchObject({
    status: 'canceled',
    canceled_at: unix('2026-04-16T00:00:00Z'),
    current_phase: null,
  });
  await stripe.subscriptionSchedules.cancel(quiet.id, { invoice_now: false, prorate: false });
  await advance(stripe, clock, '2026-05-02T00:00:00Z');
  // Half of April is given back, and the calls are billed once.
  expect((await invoicesOf(stripe, customer.id)).map(({ total }) => total)).toEqual([3000, 3000, -700]);
  for (const { subscription } of [billedNow, quiet]) {
    expect((await stripe.subscriptions.retrieve(subscription as string)).status).toBe('canceled');
  }
  expect(await differencesOf(planner)).toEqual([]);
});

test('with its customer a schedule that waits is canceled', async () => {
  const planner = await newPlanner('2026-04-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const made = await schedule(planner, [months(await plan(3000), 1)], { start_date: unix('2026-05-01T00:00:00Z') });
  await stripe.customers.del(customer.id);
  expect((await stripe.subscriptionSchedules.retrieve(made.id)).status).toBe('canceled');
  await advance(stripe, clock, '2026-05-02T00:00:00Z');
  expect(await scheduleEvents(planner)).toEqual(['2026-04-01 created', '2026-04-01 updated', '2026-04-01 canceled']);
});
