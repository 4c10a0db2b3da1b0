import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import { billed, newPlanner, schedule, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

// April has 30 days: a plan of 30 dollars costs a dollar a day in it, one of 60 two.
const APRIL_16 = unix('2026-04-16T00:00:00Z');

for (const [behavior, invoices] of [
  [
    'create_prorations',
    [
      ['2026-04-01T00:00:00Z', 3000, '1 × Plan (at $30.00 / month): 3000'],
      [
        '2026-05-01T00:00:00Z',
        7500,
        'Unused time on Plan after 16 Apr 2026: -1500',
        'Remaining time on Plan after 16 Apr 2026: 3000',
        '1 × Plan (at $60.00 / month): 6000',
      ],
    ],
  ],
  [
    'always_invoice',
    [
      ['2026-04-01T00:00:00Z', 3000, '1 × Plan (at $30.00 / month): 3000'],
      [
        '2026-04-16T00:00:00Z',
        1500,
        'Unused time on Plan after 16 Apr 2026: -1500',
        'Remaining time on Plan after 16 Apr 2026: 3000',
      ],
      ['2026-05-01T00:00:00Z', 6000, '1 × Plan (at $60.00 / month): 6000'],
    ],
  ],
  [
    'none',
    [
      ['2026-04-01T00:00:00Z', 3000, '1 × Plan (at $30.00 / month): 3000'],
      ['2026-05-01T00:00:00Z', 6000, '1 × Plan (at $60.00 / month): 6000'],
    ],
  ],
] as const) {
  test(`a phase that begins within a month is prorated as it says: ${behavior}`, async () => {
    const planner = await newPlanner('2026-04-01T00:00:00Z');
    const { stripe, clock, plan } = planner;
    const [small, large] = [await plan(3000), await plan(6000)];
    const { subscription } = await schedule(planner, [
      { items: [{ price: small }], end_date: APRIL_16 },
      { items: [{ price: large }], duration: { interval: 'month' }, proration_behavior: behavior },
    ]);
    await advance(stripe, clock, '2026-05-01T02:00:00Z');
    expect(await billed(planner)).toEqual(invoices);
    const { items } = await stripe.subscriptions.retrieve(subscription as string);
    expect(items.data.map(({ price, current_period_end: end }) => [price.id, end])).toEqual([
      [large, unix('2026-06-01T00:00:00Z')],
    ]);
    expect(await differencesOf(planner)).toEqual([]);
  });
}

test('a phase can start the billing cycle anew', async () => {
  const planner = await newPlanner('2026-04-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const [small, large] = [await plan(3000), await plan(6000)];
  await schedule(planner, [
    { items: [{ price: small }], end_date: APRIL_16 },
    { items: [{ price: large }], duration: { interval: 'month' }, billing_cycle_anchor: 'phase_start' },
  ]);
  await advance(stripe, clock, '2026-05-16T02:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-04-01T00:00:00Z', 3000, '1 × Plan (at $30.00 / month): 3000'],
    [
      '2026-04-16T00:00:00Z',
      4500,
      'Unused time on Plan after 16 Apr 2026: -1500',
      'Remaining time on Plan after 16 Apr 2026: 6000',
    ],
    ['2026-05-16T00:00:00Z', 6000, '1 × Plan (at $60.00 / month): 6000'],
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});
