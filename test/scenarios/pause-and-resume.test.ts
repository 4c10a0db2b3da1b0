import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { newStory, periodOf, type Story, subscribe, subscriptionEvents, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

/** Seats and calls from January 1 on: 31 USD are paid, and ten calls were made by January 11. */
async function tenDays(): Promise<Story & { readonly id: string }> {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id } = await subscribe(story, [seat, calls]);
  await useAt(stripe, meter, customer.id, 10);
  await advance(stripe, clock, '2026-01-11T00:00:00Z');
  return { ...story, id };
}

test('a pause within a month: what is unused is credited, what was used is billed, what is used meanwhile is nobody’s', async () => {
  const story = await tenDays();
  const { stripe, clock, customer, meter, id } = story;
  const paused = await stripe.subscriptions.pause(id);
  expect(paused).toMatchObject({
    status: 'paused',
    status_details: {
      paused: { subscription: { type: 'pause_requested' }, transitioned_at: unix('2026-01-11T00:00:00Z') },
    },
  });
  await useAt(stripe, meter, customer.id, 50);
  await advance(stripe, clock, '2026-01-21T00:00:00Z');
  const resumed = await stripe.subscriptions.resume(id, { billing_cycle_anchor: { type: 'unchanged' } });
  expect([resumed.status, text(resumed.billing_cycle_anchor)]).toEqual(['active', '2026-01-01T00:00:00Z']);
  expect(resumed).not.toHaveProperty('status_details');
  await useAt(stripe, meter, customer.id, 3);
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  // 21 of 31 days are credited, 11 are charged again.
  expect(invoices.map(told).slice(1)).toEqual([
    [
      '2026-02-01T00:00:00Z',
      1100 - 2100 + 100 + 30 + 3100,
      [
        ['Remaining time on Seat after 21 Jan 2026', 1100],
        ['Unused time on Seat after 11 Jan 2026', -2100],
        ['10 × Calls (at $0.10 / month)', 100],
        ['3 × Calls (at $0.10 / month)', 30],
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
  expect((await subscriptionEvents(stripe)).slice(2, 6)).toEqual([
    ['2026-01-11T00:00:00Z', 'updated'],
    ['2026-01-11T00:00:00Z', 'paused'],
    ['2026-01-21T00:00:00Z', 'updated'],
    ['2026-01-21T00:00:00Z', 'resumed'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a pause over the end of two periods bills none of them, and a resume in the old cycle pays for the rest alone', async () => {
  const story = await tenDays();
  const { stripe, clock, customer, meter, id } = story;
  await stripe.subscriptions.pause(id, { invoicing_behavior: 'invoice' });
  const [, credited] = await invoicesOf(stripe, customer.id);
  expect(credited).toMatchObject({
    total: -2000,
    amount_due: 0,
    status: 'paid',
    billing_reason: 'subscription_update',
  });
  expect((await stripe.customers.retrieve(customer.id)) as { balance?: number }).toMatchObject({ balance: -2000 });
  await useAt(stripe, meter, customer.id, 50);
  await advance(stripe, clock, '2026-03-11T00:00:00Z');
  const resumed = await stripe.subscriptions.resume(id, {
    billing_cycle_anchor: { type: 'unchanged' },
    proration_behavior: 'none',
  });
  expect(periodOf(resumed)).toEqual(['2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z']);
  await useAt(stripe, meter, customer.id, 4);
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  const [, , next] = await invoicesOf(stripe, customer.id);
  expect(told(next!)).toEqual([
    '2026-04-01T00:00:00Z',
    3140,
    [
      ['4 × Calls (at $0.10 / month)', 40],
      ['1 × Seat (at $31.00 / month)', 3100],
    ],
  ]);
  // 20 USD of it are paid by the credit.
  expect([next!.starting_balance, next!.amount_paid]).toEqual([-2000, 1140]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a pause that bills for nothing leaves the month paid, and its usage until the resume unbilled', async () => {
  const story = await tenDays();
  const { stripe, clock, customer, meter, id } = story;
  await stripe.subscriptions.pause(id, {
    bill_for: { outstanding_usage_through: { type: 'none' }, unused_time_from: { type: 'none' } },
  });
  await advance(stripe, clock, '2026-01-21T00:00:00Z');
  await stripe.subscriptions.resume(id, {
    billing_cycle_anchor: { type: 'unchanged' },
    proration_behavior: 'always_invoice',
  });
  await useAt(stripe, meter, customer.id, 2);
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told).slice(1)).toEqual([
    [
      '2026-02-01T00:00:00Z',
      3120,
      [
        ['2 × Calls (at $0.10 / month)', 20],
        ['1 × Seat (at $31.00 / month)', 3100],
      ],
    ],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test.each([
  [
    'in the old cycle',
    { billing_cycle_anchor: { type: 'unchanged' }, proration_behavior: 'none' },
    '2026-02-01T02:00:00Z',
    ['4 × Calls (at $0.10 / month)', 40],
  ],
  ['in a new one', {}, '2026-02-11T02:00:00Z', ['4 × Calls (at $0.10 / month)', 40]],
] as const)(
  'what is used in the second of a pause is billed once, also where it is resumed in that second %s',
  async (_, how, until, line) => {
    const story = await tenDays();
    const { stripe, clock, customer, meter, id } = story;
    await useAt(stripe, meter, customer.id, 7);
    await stripe.subscriptions.pause(id, { invoicing_behavior: 'invoice' });
    const resumed = await stripe.subscriptions.resume(id, how);
    if (resumed.status === 'paused') await stripe.invoices.pay(resumed.latest_invoice as string);
    await advance(stripe, clock, '2026-01-12T00:00:00Z');
    await useAt(stripe, meter, customer.id, 4);
    await advance(stripe, clock, until);
    const lines = (await invoicesOf(stripe, customer.id)).flatMap((invoice) => told(invoice)[2]);
    expect(lines.filter(([what]) => what?.includes('Calls'))).toEqual([['17 × Calls (at $0.10 / month)', 170], line]);
    expect(await differencesOf(story)).toEqual([]);
  },
);

test('a pause may give back all of the current period', async () => {
  const story = await tenDays();
  const { stripe, customer, id } = story;
  await stripe.subscriptions.pause(id, {
    bill_for: { unused_time_from: { type: 'item_current_period_start' } },
    invoicing_behavior: 'invoice',
  });
  const [, credited] = await invoicesOf(stripe, customer.id);
  expect(told(credited!)).toEqual([
    '2026-01-11T00:00:00Z',
    -3000,
    [
      ['Unused time on Seat after 01 Jan 2026', -3100],
      ['10 × Calls (at $0.10 / month)', 100],
    ],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});
