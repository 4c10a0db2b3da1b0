import { expect, test } from 'vitest';
import { advance, newClockShop, unix } from '../support/clock-shop.ts';
import { eventTypes, licensedPrice, newShop } from '../support/shop.ts';

const MONTH = { interval: 'month' } as const;

test('a schedule tells its phases, its defaults and its subscription, and expands what it names', async () => {
  const { stripe, customer } = await newShop();
  const seat = await licensedPrice(stripe);
  const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const made = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    default_settings: { default_payment_method: card, description: 'By default' },
    phases: [
      {
        items: [{ price: seat.id, quantity: 2, tax_rates: [vat.id], metadata: { row: '1' } }],
        duration: { interval: 'week', interval_count: 2 },
        metadata: { phase: 'one' },
        description: 'First',
      },
      { items: [{ price: seat.id }], collection_method: 'send_invoice', invoice_settings: { days_until_due: 9 } },
    ],
    expand: ['customer', 'subscription', 'phases.items.price', 'default_settings.default_payment_method'],
  });
  expect(made).toMatchObject({
    object: 'subscription_schedule',
    billing_mode: { type: 'flexible', flexible: { proration_discounts: 'included' } },
    customer: { object: 'customer', id: customer.id },
    default_settings: {
      billing_cycle_anchor: 'automatic',
      collection_method: 'charge_automatically',
      default_payment_method: { object: 'payment_method', id: card },
      description: 'By default',
    },
    end_behavior: 'release',
    pause_schedules: [],
    subscription: {
      object: 'subscription',
      schedule: made.id,
      description: 'First',
      metadata: { phase: 'one' },
      default_payment_method: card,
      items: { data: [{ quantity: 2, metadata: { row: '1' }, tax_rates: [{ id: vat.id }] }] },
    },
    phases: [
      { items: [{ price: { object: 'price', id: seat.id }, tax_rates: [{ id: vat.id }] }], invoice_settings: null },
      { collection_method: 'send_invoice', invoice_settings: { days_until_due: 9 }, trial_end: null },
    ],
  });
  // The last phase needs no end: it lasts for one period of its price.
  const [first, last] = made.phases;
  expect([first!.end_date - first!.start_date, last!.start_date]).toEqual([14 * 86_400, first!.end_date]);
  const { id } = made.subscription as { id: string };
  const { schedule } = await stripe.subscriptions.retrieve(id, { expand: ['schedule.customer'] });
  expect(schedule).toMatchObject({ object: 'subscription_schedule', id: made.id, customer: { id: customer.id } });
  expect(await eventTypes(stripe, 'subscription_schedule.', 'customer.subscription.', 'invoice.')).toEqual([
    'subscription_schedule.created',
    'customer.subscription.created',
    'invoice.created',
  ]);
  const [invoice] = (await stripe.invoices.list({ subscription: id })).data;
  expect([invoice!.status, invoice!.total]).toEqual(['draft', 4800]);
});

test('schedules are listed by customer, by state and by time', async () => {
  const { stripe, customer } = await newShop();
  const phases = [{ items: [{ price: (await licensedPrice(stripe)).id }] }];
  const make = async (start: 'now' | number) =>
    (await stripe.subscriptionSchedules.create({ customer: customer.id, start_date: start, phases })).id;
  const [active, waiting, canceled] = [await make('now'), await make(4_000_000_000), await make(4_000_000_000)];
  await stripe.subscriptionSchedules.cancel(canceled);
  const other = await stripe.customers.create({});
  const ids = async (params: object) => (await stripe.subscriptionSchedules.list(params)).data.map(({ id }) => id);
  expect(await ids({})).toEqual([canceled, waiting, active]);
  expect(await ids({ customer: customer.id, limit: 1 })).toEqual([canceled]);
  expect(await ids({ customer: other.id })).toEqual([]);
  expect(await ids({ scheduled: true })).toEqual([waiting]);
  expect(await ids({ canceled_at: { gte: 1 } })).toEqual([canceled]);
  expect(await ids({ canceled_at: { lt: 1 } })).toEqual([]);
  expect(await ids({ released_at: { gte: 1 } })).toEqual([]);
  expect(await ids({ starting_after: canceled })).toEqual([waiting, active]);
});

test('a schedule that waits can be moved, changed, and started at once', async () => {
  const { stripe, customer } = await newShop();
  const seat = (await licensedPrice(stripe)).id;
  const items = [{ price: seat }];
  const made = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 4_000_000_000,
    phases: [{ items }],
    metadata: { a: '1', b: '2' },
  });
  const moved = await stripe.subscriptionSchedules.update(made.id, {
    metadata: { a: '' },
    end_behavior: 'cancel',
    phases: [{ items, start_date: 4_000_086_400, duration: MONTH }],
  });
  expect(moved).toMatchObject({
    status: 'not_started',
    metadata: { b: '2' },
    end_behavior: 'cancel',
    phases: [{ start_date: 4_000_086_400 }],
  });
  const started = await stripe.subscriptionSchedules.update(made.id, {
    phases: [{ items, start_date: 'now', duration: MONTH }],
  });
  expect(started).toMatchObject({ status: 'active', current_phase: { end_date: started.phases[0]!.end_date } });
  const subscription = await stripe.subscriptions.retrieve(started.subscription as string);
  expect(subscription).toMatchObject({ status: 'active', cancel_at: started.phases[0]!.end_date });
});

test('an update changes the current phase at once, prorated as it says, or ends it and begins another', async () => {
  const { stripe, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const [small, large] = [
    (await licensedPrice(stripe, { unit_amount: 3000 })).id,
    (await licensedPrice(stripe, { unit_amount: 6000 })).id,
  ];
  const fee = await stripe.prices.create({ currency: 'usd', unit_amount: 500, product_data: { name: 'Fee' } });
  const start = unix('2026-04-01T00:00:00Z');
  const end = unix('2026-07-01T00:00:00Z');
  const added = { add_invoice_items: [{ price: fee.id }] };
  const made = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    phases: [{ items: [{ price: small }], end_date: end, ...added }],
  });
  const pending = async () =>
    (await stripe.invoiceItems.list({ customer: customer.id, pending: true })).data.map(({ amount }) => amount);
  // At the very moment at which the phase began: what it charges once is not charged again.
  const current = { items: [{ price: small, quantity: 2 }], start_date: start, end_date: end, ...added };
  await stripe.subscriptionSchedules.update(made.id, { phases: [current], proration_behavior: 'none' });
  expect(await pending()).toEqual([]);
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  // Half of April: four seats are debited, 60 dollars; of the two before, one was paid for, and 15 dollars are given back.
  const four = { ...current, items: [{ price: small, quantity: 4 }] };
  const updated = await stripe.subscriptionSchedules.update(made.id, { phases: [four] });
  expect(updated.phases).toHaveLength(1);
  expect((await pending()).reduce((sum, amount) => sum + amount, 0)).toBe(6000 - 1500);
  const replaced = await stripe.subscriptionSchedules.update(made.id, {
    phases: [
      { ...four, end_date: 'now' },
      { items: [{ price: large }], start_date: 'now', duration: MONTH, proration_behavior: 'none' },
    ],
  });
  expect(replaced.phases.map(({ start_date: from, end_date: to }) => [from, to])).toEqual([
    [start, unix('2026-04-16T00:00:00Z')],
    [unix('2026-04-16T00:00:00Z'), unix('2026-05-16T00:00:00Z')],
  ]);
  const { items } = await stripe.subscriptions.retrieve(made.subscription as string);
  expect(items.data.map(({ price, quantity }) => [price.id, quantity])).toEqual([[large, 1]]);
});
