import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix } from '../support/clock-shop.ts';
import { newStory, subscribe, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

test('a config with a time: the anchor is its next occurrence, and what it leaves out is as at the start', async () => {
  const story = await newStory('2026-01-10T08:15:30Z');
  const { stripe, clock, customer, seat } = story;
  const created = await subscribe(story, [seat], { billing_cycle_anchor_config: { day_of_month: 10, hour: 6 } });
  expect(created.billing_cycle_anchor_config).toEqual({
    day_of_month: 10,
    hour: 6,
    minute: null,
    month: null,
    second: null,
  });
  // January 10 at 6:15:30 is over.
  expect(text(created.billing_cycle_anchor)).toBe('2026-02-10T06:15:30Z');
  await advance(stripe, clock, '2026-03-10T08:00:00Z');
  // 30 days and 22 hours of 31 days: 3100 × 742 / 744, rounded.
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-10T08:15:30Z', 3092, [['1 × Seat (at $31.00 / month)', 3092]]],
    ['2026-02-10T06:15:30Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]],
    ['2026-03-10T06:15:30Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('an anchor on the 31st, made in February, bills on the last day of every month for two years', async () => {
  const story = await newStory('2027-02-10T00:00:00Z');
  const { stripe, clock, customer, seat } = story;
  const config = { day_of_month: 31, hour: 0, minute: 0, second: 0 };
  const created = await subscribe(story, [seat], { billing_cycle_anchor_config: config });
  expect(text(created.billing_cycle_anchor)).toBe('2027-03-31T00:00:00Z');
  await advance(stripe, clock, '2029-02-28T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  const days = [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28];
  // From February 10 to 28 are 18 of the 28 days to March 10: 3100 × 18 / 28 = 1992.86.
  expect(invoices.map(({ created: at, total }) => [text(at), total])).toEqual([
    ['2027-02-10T00:00:00Z', 1993],
    ['2027-02-28T00:00:00Z', 3100],
    ...days.map((day, index) => {
      const month = Temporal.PlainYearMonth.from('2027-03').add({ months: index });
      return [`${month.toString()}-${day}T00:00:00Z`, 3100];
    }),
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a yearly seat with a month: a part of the year, then a year from that month on', async () => {
  const story = await newStory('2026-03-01T00:00:00Z');
  const { stripe, clock, customer } = story;
  const yearly = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 36_500,
    recurring: { interval: 'year' },
    product_data: { name: 'Yearly' },
  });
  const month = { day_of_month: 1, month: 7, hour: 0, minute: 0, second: 0 };
  await subscribe(story, [yearly], { billing_cycle_anchor_config: month });
  await advance(stripe, clock, '2027-07-02T00:00:00Z', 200 * 86_400);
  // March has 31 days, April 30, May 31, June 30: 122 of 365 days at a dollar each.
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-03-01T00:00:00Z', 12_200, [['1 × Yearly (at $365.00 / year)', 12_200]]],
    ['2026-07-01T00:00:00Z', 36_500, [['1 × Yearly (at $365.00 / year)', 36_500]]],
    ['2027-07-01T00:00:00Z', 36_500, [['1 × Yearly (at $365.00 / year)', 36_500]]],
  ]);
  expect(unix('2027-07-01T00:00:00Z')).toBeGreaterThan(0);
  expect(await differencesOf(story)).toEqual([]);
});
