import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import { billed, newPlanner, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('an existing subscription is put on a schedule, which lowers its plan at the end of the month', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const [large, small] = [await plan(9000), await plan(4000)];
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: large, metadata: { seat: 'a' } }],
    collection_method: 'send_invoice',
    days_until_due: 10,
  });
  await advance(stripe, clock, '2026-01-10T00:00:00Z');
  const made = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const january = { start_date: unix('2026-01-01T00:00:00Z'), end_date: unix('2026-02-01T00:00:00Z') };
  expect(made).toMatchObject({
    status: 'active',
    subscription: subscription.id,
    end_behavior: 'release',
    current_phase: january,
    default_settings: { collection_method: 'send_invoice', invoice_settings: { days_until_due: 10 } },
    phases: [{ ...january, items: [{ price: large, quantity: 1, metadata: { seat: 'a' } }] }],
  });
  expect((await stripe.subscriptions.retrieve(subscription.id)).schedule).toBe(made.id);

  const changed = await stripe.subscriptionSchedules.update(made.id, {
    end_behavior: 'release',
    phases: [
      { ...january, items: [{ price: large }] },
      { items: [{ price: small, quantity: 2 }], duration: { interval: 'month', interval_count: 2 } },
    ],
  });
  expect(changed.phases[1]).toMatchObject({ start_date: january.end_date, end_date: unix('2026-04-01T00:00:00Z') });
  await advance(stripe, clock, '2026-02-10T00:00:00Z');
  // Bought beside the schedule: the current phase is split, and the rest of the plan stays.
  const [item] = (await stripe.subscriptions.retrieve(subscription.id)).items.data;
  await stripe.subscriptionItems.update(item!.id, { quantity: 3, proration_behavior: 'none' });
  const split = await stripe.subscriptionSchedules.retrieve(made.id);
  expect(split.phases.map(({ start_date: start, items }) => [start, items[0]!.quantity])).toEqual([
    [january.start_date, 1],
    [january.end_date, 2],
    [unix('2026-02-10T00:00:00Z'), 3],
  ]);
  expect(split.current_phase).toEqual({
    start_date: unix('2026-02-10T00:00:00Z'),
    end_date: unix('2026-04-01T00:00:00Z'),
  });
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-01-01T00:00:00Z', 9000, '1 × Plan (at $90.00 / month): 9000'],
    ['2026-02-01T00:00:00Z', 8000, '2 × Plan (at $40.00 / month): 8000'],
    ['2026-03-01T00:00:00Z', 12_000, '3 × Plan (at $40.00 / month): 12000'],
    ['2026-04-01T00:00:00Z', 12_000, '3 × Plan (at $40.00 / month): 12000'],
  ]);
  expect((await stripe.subscriptions.retrieve(subscription.id)).schedule).toBeNull();
  expect(await differencesOf(planner)).toEqual([]);
});
