import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix } from '../support/clock-shop.ts';
import { newStory, periodOf, subscribe, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

/** Starts a trial, goes on from its end for so long, and answers when invoices were made. */
async function invoiceTimes(start: string, trialEnd: string, until: string): Promise<[string, number][]> {
  const story = await newStory(start);
  await subscribe(story, [story.seat], { trial_end: unix(trialEnd) });
  await advance(story.stripe, story.clock, until);
  const invoices = await invoicesOf(story.stripe, story.customer.id);
  expect(await differencesOf(story)).toEqual([]);
  return invoices.map(({ created, total }) => [text(created), total]);
}

test('a trial that ends on January 31 leads to the last day of every month', async () => {
  expect(await invoiceTimes('2027-12-25T12:00:00Z', '2028-01-31T12:00:00Z', '2028-05-01T00:00:00Z')).toEqual([
    ['2027-12-25T12:00:00Z', 0],
    ['2028-01-31T12:00:00Z', 3100],
    ['2028-02-29T12:00:00Z', 3100],
    ['2028-03-31T12:00:00Z', 3100],
    ['2028-04-30T12:00:00Z', 3100],
  ]);
});

test('a trial that ends on February 29 leads to the 29th, and to February 28 a year later', async () => {
  const times = await invoiceTimes('2028-02-15T12:00:00Z', '2028-02-29T12:00:00Z', '2029-03-30T00:00:00Z');
  const days = times.map(([time]) => time.slice(0, 10));
  expect(days).toEqual([
    '2028-02-15',
    ...Array.from({ length: 11 }, (_, month) => `2028-${String(month + 2).padStart(2, '0')}-29`),
    '2029-01-29',
    '2029-02-28',
    '2029-03-29',
  ]);
});

test('a yearly seat with the longest trial, 730 days across a leap year, is paid at its end', async () => {
  const story = await newStory('2026-03-01T00:00:00Z');
  const { stripe, clock, customer } = story;
  const yearly = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 30_000,
    recurring: { interval: 'year' },
    product_data: { name: 'Yearly' },
  });
  const created = await subscribe(story, [yearly], { trial_period_days: 730 });
  expect(text(created.trial_end!)).toBe('2028-02-29T00:00:00Z');
  await advance(stripe, clock, '2029-03-01T00:00:00Z', 360 * 86_400);
  expect((await invoicesOf(stripe, customer.id)).map(({ created: at, total }) => [text(at), total])).toEqual([
    ['2026-03-01T00:00:00Z', 0],
    ['2028-02-29T00:00:00Z', 30_000],
    ['2029-02-28T00:00:00Z', 30_000],
  ]);
  expect(periodOf(await stripe.subscriptions.retrieve(created.id))).toEqual([
    '2029-02-28T00:00:00Z',
    '2030-02-28T00:00:00Z',
  ]);
  expect(await differencesOf(story)).toEqual([]);
});
