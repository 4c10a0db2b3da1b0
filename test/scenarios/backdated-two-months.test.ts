import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { meteredPrice } from '../support/shop.ts';
import { newStory, periodOf, span, subscribe, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

/**
 * 10 USD for each 10 GB begun; 100 GB were used in the last month but one, 150 GB in the last. The meter takes what is at
 * most 35 days old, so each is sent in its time.
 */
async function usedStorage() {
  const story = await newStory('2026-01-15T00:00:00Z');
  const { stripe, clock, customer, meter } = story;
  const storage = await meteredPrice(stripe, meter.id, {
    unit_amount: 1000,
    transform_quantity: { divide_by: 10, round: 'up' },
    product_data: { name: 'Storage' },
  });
  await useAt(stripe, meter, customer.id, 100);
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 150);
  await advance(stripe, clock, '2026-03-01T00:00:00Z');
  return { ...story, storage };
}

test('flexible: the first invoice has a line for the usage of each month that is over', async () => {
  const story = await usedStorage();
  const { stripe, clock, customer, storage, seat } = story;
  const created = await subscribe(story, [storage, seat], { backdate_start_date: unix('2026-01-01T00:00:00Z') });
  expect(created).toMatchObject({
    start_date: unix('2026-01-01T00:00:00Z'),
    created: unix('2026-03-01T00:00:00Z'),
    billing_cycle_anchor: unix('2026-03-01T00:00:00Z'),
  });
  expect(periodOf(created)).toEqual(['2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z']);
  await advance(stripe, clock, '2026-04-02T00:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(told)).toEqual([
    [
      '2026-03-01T00:00:00Z',
      3 * 3100 + 25_000,
      [
        ['1 × Seat (at $31.00 / month)', 3100],
        ['1 × Seat (at $31.00 / month)', 3100],
        ['1 × Seat (at $31.00 / month)', 3100],
        ['100 × Storage (at $10.00 per 10 units / month)', 10_000],
        ['150 × Storage (at $10.00 per 10 units / month)', 15_000],
      ],
    ],
    [
      '2026-04-01T00:00:00Z',
      3100,
      [
        ['1 × Seat (at $31.00 / month)', 3100],
        ['0 × Storage (at $10.00 per 10 units / month)', 0],
      ],
    ],
  ]);
  expect(invoices[0]!.lines.data.map(({ period }) => span(period).map((time) => time.slice(0, 10)))).toEqual([
    ['2026-01-01', '2026-02-01'],
    ['2026-02-01', '2026-03-01'],
    ['2026-03-01', '2026-04-01'],
    ['2026-01-01', '2026-02-01'],
    ['2026-02-01', '2026-03-01'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('classic: the next invoice has one line for all of it', async () => {
  const story = await usedStorage();
  const { stripe, clock, customer, storage } = story;
  await subscribe(story, [storage], {
    backdate_start_date: unix('2026-01-01T00:00:00Z'),
    billing_mode: { type: 'classic' },
  });
  await advance(stripe, clock, '2026-05-02T00:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(told)).toEqual([
    ['2026-03-01T00:00:00Z', 0, [['0 × Storage (at $10.00 per 10 units / month)', 0]]],
    ['2026-04-01T00:00:00Z', 25_000, [['250 × Storage (at $10.00 per 10 units / month)', 25_000]]],
    ['2026-05-01T00:00:00Z', 0, [['0 × Storage (at $10.00 per 10 units / month)', 0]]],
  ]);
  expect(span(invoices[1]!.lines.data[0]!.period)).toEqual(['2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z']);
  expect(await differencesOf(story)).toEqual([]);
});

test('with an anchor the periods are counted from it, and the first one is a part', async () => {
  const story = await newStory('2026-02-20T00:00:00Z');
  const { stripe, clock, customer, seat } = story;
  const created = await subscribe(story, [seat], {
    backdate_start_date: unix('2026-01-15T00:00:00Z'),
    billing_cycle_anchor: unix('2026-03-01T00:00:00Z'),
  });
  expect(periodOf(created)).toEqual(['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z']);
  await advance(stripe, clock, '2026-03-02T00:00:00Z');
  // 17 of the 31 days from January 15 to February 15.
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    [
      '2026-02-20T00:00:00Z',
      4800,
      [
        ['1 × Seat (at $31.00 / month)', 1700],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
    ['2026-03-01T00:00:00Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('with none what is past is free, also in what was used', async () => {
  const story = await usedStorage();
  const { stripe, clock, customer, storage, seat } = story;
  await subscribe(story, [storage, seat], {
    backdate_start_date: unix('2026-01-01T00:00:00Z'),
    billing_cycle_anchor: unix('2026-03-10T00:00:00Z'),
    proration_behavior: 'none',
  });
  await useAt(stripe, story.meter, customer.id, 5);
  await advance(stripe, clock, '2026-03-11T00:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ created, total }) => [text(created), total])).toEqual([['2026-03-10T00:00:00Z', 4100]]);
  expect(invoices[0]!.lines.data.map(({ period }) => span(period)[0])).toEqual([
    '2026-03-10T00:00:00Z',
    '2026-03-01T00:00:00Z',
  ]);
  expect(await differencesOf(story)).toEqual([]);
});
