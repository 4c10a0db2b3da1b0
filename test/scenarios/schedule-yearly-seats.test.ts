import { expect, test } from 'vitest';
import { advance, text } from '../support/clock-shop.ts';
import { billed, newPlanner, schedule, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a contract of three years has more seats each year, and goes on by the month afterwards', async () => {
  const planner = await newPlanner('2024-02-29T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const [yearly, monthly] = [await plan(12_000, 'year'), await plan(1100)];
  const year = { interval: 'year' } as const;
  const made = await schedule(planner, [
    { items: [{ price: yearly, quantity: 10 }], duration: year },
    { items: [{ price: yearly, quantity: 25 }], duration: year },
    { items: [{ price: yearly, quantity: 40 }], duration: year },
    { items: [{ price: monthly, quantity: 40 }], duration: { interval: 'month' } },
  ]);
  expect(made.phases.map(({ start_date: start }) => text(start).slice(0, 10))).toEqual([
    '2024-02-29',
    '2025-02-28',
    '2026-02-28',
    '2027-02-28',
  ]);
  const YEAR = 366 * 86_400;
  await advance(stripe, clock, '2027-02-28T00:00:00Z', YEAR);
  await advance(stripe, clock, '2027-03-30T00:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2024-02-29T00:00:00Z', 120_000, '10 × Plan (at $120.00 / year): 120000'],
    ['2025-02-28T00:00:00Z', 300_000, '25 × Plan (at $120.00 / year): 300000'],
    ['2026-02-28T00:00:00Z', 480_000, '40 × Plan (at $120.00 / year): 480000'],
    ['2027-02-28T00:00:00Z', 44_000, '40 × Plan (at $11.00 / month): 44000'],
    ['2027-03-28T00:00:00Z', 44_000, '40 × Plan (at $11.00 / month): 44000'],
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});
