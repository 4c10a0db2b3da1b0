import { expect, test } from 'vitest';
import { advance, text, unix } from '../support/clock-shop.ts';
import { billed, newPlanner, schedule, scheduleEvents, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a schedule waits for a leap day, begins its subscription then, and counts its months from that day', async () => {
  const planner = await newPlanner('2027-12-15T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const [price, setUp] = [
    await plan(2900),
    await stripe.prices.create({
      currency: 'usd',
      unit_amount: 5000,
      product_data: { name: 'Set-up' },
    }),
  ];
  const leapDay = unix('2028-02-29T12:00:00Z');
  const made = await schedule(
    planner,
    [
      {
        items: [{ price, quantity: 2 }],
        add_invoice_items: [{ price: setUp.id }],
        duration: { interval: 'month', interval_count: 3 },
        metadata: { contract: 'leap' },
        description: 'From the leap day on',
      },
    ],
    { start_date: leapDay, metadata: { sold_by: 'Ann' } },
  );
  expect(made).toMatchObject({ status: 'not_started', subscription: null, current_phase: null, test_clock: clock.id });
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
  expect((await stripe.subscriptionSchedules.list({ customer: customer.id, scheduled: true })).data).toHaveLength(1);

  await advance(stripe, clock, leapDay);
  const started = await stripe.subscriptionSchedules.retrieve(made.id, { expand: ['subscription'] });
  expect(started).toMatchObject({
    status: 'active',
    current_phase: { start_date: leapDay, end_date: unix('2028-05-29T12:00:00Z') },
    subscription: {
      status: 'active',
      start_date: leapDay,
      billing_cycle_anchor: leapDay,
      schedule: made.id,
      description: 'From the leap day on',
      metadata: { contract: 'leap' },
    },
  });
  await advance(stripe, clock, '2028-05-30T00:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2028-02-29T12:00:00Z', 10_800, 'Set-up: 5000', '2 × Plan (at $29.00 / month): 5800'],
    ['2028-03-29T12:00:00Z', 5800, '2 × Plan (at $29.00 / month): 5800'],
    ['2028-04-29T12:00:00Z', 5800, '2 × Plan (at $29.00 / month): 5800'],
    ['2028-05-29T12:00:00Z', 5800, '2 × Plan (at $29.00 / month): 5800'],
  ]);
  const [first] = (await stripe.invoices.list({ customer: customer.id })).data.toReversed();
  expect([first!.billing_reason, text(first!.status_transitions.finalized_at!)]).toEqual([
    'subscription_create',
    '2028-02-29T13:00:00Z',
  ]);
  expect(await scheduleEvents(planner)).toEqual([
    '2027-12-15 created',
    '2028-02-29 updated',
    '2028-05-22 expiring',
    '2028-05-29 updated',
    '2028-05-29 completed',
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});
