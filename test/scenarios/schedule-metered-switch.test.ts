import { expect, test } from 'vitest';
import { advance, useAt } from '../support/clock-shop.ts';
import { billed, callPrices, newPlanner, schedule, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

const MONTH = { interval: 'month' } as const;

for (const [type, atTheTurn] of [
  [
    'flexible',
    [['2026-03-01T00:00:00Z', 1900, '1 × Plan (at $9.00 / month): 900', '100 × Calls (at $0.10 / month): 1000']],
  ],
  [
    'classic',
    [
      ['2026-03-01T00:00:00Z', 1000, '100 × Calls (at $0.10 / month): 1000'],
      ['2026-03-01T00:00:00Z', 900, '1 × Plan (at $9.00 / month): 900'],
    ],
  ],
] as const) {
  test(`a ${type} subscription bills the usage of a phase at its price, and of the next at that one's`, async () => {
    const planner = await newPlanner('2026-02-01T00:00:00Z');
    const { stripe, clock, customer, plan } = planner;
    const { meter, ten, seven } = await callPrices(planner);
    const seat = await plan(900);
    await schedule(
      planner,
      [
        { items: [{ price: ten }, { price: seat }], duration: MONTH },
        { items: [{ price: seat }, { price: seven }], duration: MONTH },
      ],
      { billing_mode: { type } },
    );
    await useAt(stripe, meter, customer.id, 60);
    await advance(stripe, clock, '2026-02-28T23:59:59Z');
    await useAt(stripe, meter, customer.id, 40);
    await advance(stripe, clock, '2026-03-01T00:00:00Z');
    await useAt(stripe, meter, customer.id, 50);
    await advance(stripe, clock, '2026-04-01T02:00:00Z');
    const invoices = await billed(planner);
    expect(invoices.slice(1)).toEqual([
      ...atTheTurn,
      ['2026-04-01T00:00:00Z', 1250, '50 × Cheap calls (at $0.07 / month): 350', '1 × Plan (at $9.00 / month): 900'],
    ]);
    expect(await differencesOf(planner)).toEqual([]);
  });
}
