import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice, meteredPrice } from '../support/shop.ts';
import { newStory, periodOf, span, subscribe, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

const lineSpans = ({ lines }: Stripe.Invoice) => lines.data.map(({ period }) => span(period));

test('an anchor on the first: a part of the month at once, the usage of that part at the anchor, then whole months', async () => {
  const story = await newStory('2026-01-21T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const created = await subscribe(story, [seat, calls], { billing_cycle_anchor: unix('2026-02-01T00:00:00Z') });
  expect([created.status, text(created.billing_cycle_anchor)]).toEqual(['active', '2026-02-01T00:00:00Z']);
  expect(periodOf(created)).toEqual(['2026-01-21T00:00:00Z', '2026-02-01T00:00:00Z']);
  await useAt(stripe, meter, customer.id, 12);
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  // 11 of the 31 days from January 21 to February 21, of 31 USD.
  expect(invoices.map(told)).toEqual([
    ['2026-01-21T00:00:00Z', 1100, [['1 × Seat (at $31.00 / month)', 1100]]],
    [
      '2026-02-01T00:00:00Z',
      3220,
      [
        ['12 × Calls (at $0.10 / month)', 120],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
    [
      '2026-03-01T00:00:00Z',
      3100,
      [
        ['0 × Calls (at $0.10 / month)', 0],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
  ]);
  expect(invoices.map(({ status }) => status)).toEqual(['paid', 'paid', 'paid']);
  expect(lineSpans(invoices[0]!)).toEqual([['2026-01-21T00:00:00Z', '2026-02-01T00:00:00Z']]);
  expect(lineSpans(invoices[1]!)).toEqual([
    ['2026-01-21T00:00:00Z', '2026-02-01T00:00:00Z'],
    ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ]);
  const [part] = invoices[0]!.lines.data;
  expect(part!.parent!.subscription_item_details!.proration).toBe(true);
  expect([part!.quantity, String(part!.pricing!.unit_amount_decimal)]).toEqual([1, '3100']);
  expect(await differencesOf(story)).toEqual([]);
});

test('with none the part before the anchor is free of seats and of invoices; its usage is billed at the anchor', async () => {
  const story = await newStory('2026-01-21T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const created = await subscribe(story, [seat, calls], {
    billing_cycle_anchor: unix('2026-02-01T00:00:00Z'),
    proration_behavior: 'none',
  });
  expect([created.status, created.latest_invoice]).toEqual(['active', null]);
  await useAt(stripe, meter, customer.id, 12);
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(({ created: at, total }) => [text(at), total])).toEqual([
    ['2026-02-01T00:00:00Z', 3220],
    ['2026-03-01T00:00:00Z', 3100],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a trial before the anchor: free, then a part, then whole months', async () => {
  const story = await newStory('2026-01-15T00:00:00Z');
  const { stripe, clock, customer, seat } = story;
  const created = await subscribe(story, [seat], {
    trial_end: unix('2026-01-22T00:00:00Z'),
    billing_cycle_anchor: unix('2026-02-01T00:00:00Z'),
  });
  expect(created).toMatchObject({ status: 'trialing', billing_cycle_anchor: unix('2026-02-01T00:00:00Z') });
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  // 10 of the 31 days from January 22 to February 22.
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-15T00:00:00Z', 0, [['Free trial for 1 × Seat', 0]]],
    ['2026-01-22T00:00:00Z', 1000, [['1 × Seat (at $31.00 / month)', 1000]]],
    ['2026-02-01T00:00:00Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]],
    ['2026-03-01T00:00:00Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('an unchanged anchor is that of the start, and a trial that ends between two of its periods is followed by a part', async () => {
  const story = await newStory('2026-01-15T00:00:00Z');
  const { stripe, clock, customer, seat } = story;
  const created = await subscribe(story, [seat], {
    trial_period_days: 10,
    trial_settings: { end_behavior: { billing_cycle_anchor: 'unchanged' } },
  });
  expect(text(created.billing_cycle_anchor)).toBe('2026-01-15T00:00:00Z');
  await advance(stripe, clock, '2026-03-15T02:00:00Z');
  // 21 of the 31 days from January 25 to February 25.
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    ['2026-01-15T00:00:00Z', 0, [['Free trial for 1 × Seat', 0]]],
    ['2026-01-25T00:00:00Z', 2100, [['1 × Seat (at $31.00 / month)', 2100]]],
    ['2026-02-15T00:00:00Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]],
    ['2026-03-15T00:00:00Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test.each(['classic', 'flexible'] as const)(
  'another interval before the first paid period is paid from the anchor on, %s',
  async (type) => {
    const story = await newStory('2026-01-10T00:00:00Z');
    const { stripe, clock, customer, seat } = story;
    const year = await licensedPrice(stripe, {
      unit_amount: 36_500,
      product_data: { name: 'Year' },
      recurring: { interval: 'year' },
    });
    const { id, items } = await subscribe(story, [seat], {
      billing_mode: { type },
      billing_cycle_anchor: unix('2026-02-01T00:00:00Z'),
      proration_behavior: 'none',
    });
    await advance(stripe, clock, '2026-01-15T00:00:00Z');
    const changed = await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: year.id }] });
    expect([text(changed.billing_cycle_anchor), ...periodOf(changed)]).toEqual([
      '2026-02-01T00:00:00Z',
      '2026-01-10T00:00:00Z',
      '2026-02-01T00:00:00Z',
    ]);
    await advance(stripe, clock, '2026-02-01T02:00:00Z');
    expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
      ['2026-02-01T00:00:00Z', 36_500, [['1 × Year (at $365.00 / year)', 36_500]]],
    ]);
    expect(periodOf(await stripe.subscriptions.retrieve(id))).toEqual(['2026-02-01T00:00:00Z', '2027-02-01T00:00:00Z']);
    expect(await differencesOf(story)).toEqual([]);
  },
);

test('a metered price that is left before the first paid period bills its usage at the anchor', async () => {
  const story = await newStory('2026-01-10T00:00:00Z');
  const { stripe, clock, customer, meter, calls } = story;
  const dear = await meteredPrice(stripe, meter.id, { unit_amount: 100, product_data: { name: 'Dear' } });
  const { id, items } = await subscribe(story, [calls], {
    billing_mode: { type: 'flexible' },
    billing_cycle_anchor: unix('2026-02-01T00:00:00Z'),
    proration_behavior: 'none',
  });
  await useAt(stripe, meter, customer.id, 12);
  await advance(stripe, clock, '2026-01-15T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: dear.id }] });
  await useAt(stripe, meter, customer.id, 3);
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told)).toEqual([
    [
      '2026-02-01T00:00:00Z',
      420,
      [
        ['12 × Calls (at $0.10 / month)', 120],
        ['3 × Dear (at $1.00 / month)', 300],
      ],
    ],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});
