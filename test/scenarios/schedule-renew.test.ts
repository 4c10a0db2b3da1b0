import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import { billed, months, newPlanner, schedule, scheduleEvents, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a schedule that renews begins its last phase anew, with what that charges once', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const [intro, usual] = [await plan(500), await plan(1000)];
  const fee = await stripe.prices.create({ currency: 'usd', unit_amount: 700, product_data: { name: 'Season fee' } });
  const made = await schedule(
    planner,
    [months(intro, 1), months(usual, 2, { add_invoice_items: [{ price: fee.id }] })],
    { end_behavior: 'renew' },
  );
  await advance(stripe, clock, '2026-06-02T00:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-01-01T00:00:00Z', 500, '1 × Plan (at $5.00 / month): 500'],
    ['2026-02-01T00:00:00Z', 1700, 'Season fee: 700', '1 × Plan (at $10.00 / month): 1000'],
    ['2026-03-01T00:00:00Z', 1000, '1 × Plan (at $10.00 / month): 1000'],
    ['2026-04-01T00:00:00Z', 1700, 'Season fee: 700', '1 × Plan (at $10.00 / month): 1000'],
    ['2026-05-01T00:00:00Z', 1000, '1 × Plan (at $10.00 / month): 1000'],
    ['2026-06-01T00:00:00Z', 1700, 'Season fee: 700', '1 × Plan (at $10.00 / month): 1000'],
  ]);
  const now = await stripe.subscriptionSchedules.retrieve(made.id);
  expect(now).toMatchObject({
    status: 'active',
    current_phase: { start_date: unix('2026-06-01T00:00:00Z'), end_date: unix('2026-08-01T00:00:00Z') },
  });
  expect(now.phases).toHaveLength(4);
  // It does not expire, so nothing is told of that.
  expect(await scheduleEvents(planner)).toEqual([
    '2026-01-01 created',
    '2026-02-01 updated',
    '2026-04-01 updated',
    '2026-06-01 updated',
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});
