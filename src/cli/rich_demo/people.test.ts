import { expect, test } from 'vitest';
import { makePeople } from './people.ts';
import { usageOf } from './usage.ts';

const YEAR = { customers: 200, stops: 52, seed: 1 };

test('the same seed makes the same company, another one another', () => {
  expect(makePeople(YEAR)).toEqual(makePeople(YEAR));
  expect(makePeople({ ...YEAR, seed: 2 })).not.toEqual(makePeople(YEAR));
});

test('the crowd grows: more of it join in each quarter of the year', () => {
  const people = makePeople(YEAR);
  const joined = (from: number, to: number) =>
    people.filter(({ joins }) => joins !== null && joins >= from && joins < to).length;
  const quarters = [joined(1, 13), joined(13, 26), joined(26, 39), joined(39, 52)];
  expect(quarters).toEqual(quarters.toSorted((a, b) => a - b));
  expect(people.filter(({ joins }) => joins === null)).toHaveLength(40);
});

test('every story is told: changes of plans and seats, cancels, failing cards, trials, coupons, invoices that are sent', () => {
  const people = makePeople(YEAR);
  const kinds = people.flatMap(({ changes }) => [...changes.values()].map(({ kind }) => kind));
  expect(new Set(kinds)).toEqual(new Set(['seats', 'plan', 'cancel', 'card_fails', 'new_card']));
  expect(new Set(people.map(({ plan }) => plan))).toEqual(new Set(['starter', 'team', 'scale', 'yearly']));
  expect(new Set(people.map(({ sent }) => sent))).toEqual(new Set(['pays', 'late', null]));
  expect(new Set(people.map(({ coupon }) => coupon))).toEqual(new Set(['launch', 'startup', null]));
  expect(people.some(({ hasTrial }) => hasTrial)).toBe(true);
  expect(new Set(people.map(({ email }) => email)).size).toBe(200);
});

test('what is used lies in its time and is the same each time', () => {
  const from = Temporal.Instant.from('2026-01-05T09:00:00Z');
  const until = from.add({ hours: 156 });
  const user = { customer: 'cus_1', index: 3, appetite: 1, since: from };
  const events = usageOf('scale', user, { from, until, seed: 1 });
  expect(events).toEqual(usageOf('scale', user, { from, until, seed: 1 }));
  // Seven days, begun or whole, with three models and calls; storage on the one Monday.
  expect(events).toHaveLength(7 * 4 + 1);
  for (const { timestamp } of events) {
    expect(Temporal.Instant.compare(timestamp, from)).toBeGreaterThanOrEqual(0);
    expect(Temporal.Instant.compare(timestamp, until)).toBeLessThan(0);
  }
});
