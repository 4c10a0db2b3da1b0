import { expect, test } from 'vitest';
import { advance, invoicesOf, text, unix, useAt } from '../support/clock-shop.ts';
import { billed, callPrices, newPlanner, schedule, useAudit } from '../support/scheduled.ts';

const audit = useAudit();
const MONTH = { interval: 'month' } as const;

test('a schedule brings its prices along, with thresholds, words on its invoices and a discounted setup', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, customer } = planner;
  const { meter, ten } = await callPrices(planner);
  const product = (await stripe.products.create({ name: 'Seat' })).id;
  const seat = (unit_amount: number) => ({ currency: 'usd', product, recurring: MONTH, unit_amount });
  const fifth = await stripe.coupons.create({ percent_off: 20, duration: 'once' });
  const setup = { currency: 'usd', product: (await stripe.products.create({ name: 'Setup' })).id, unit_amount: 5000 };
  const made = await schedule(
    planner,
    [
      {
        items: [
          { price_data: seat(1200) },
          { price: ten, billing_thresholds: { usage_gte: 100 }, metadata: { kind: 'calls' } },
        ],
        duration: { interval: 'month', interval_count: 2 },
        billing_thresholds: { amount_gte: 9000 },
        invoice_settings: { description: 'Launch', custom_fields: [{ name: 'Order', value: '17' }] },
        add_invoice_items: [
          {
            price_data: setup,
            discounts: [{ coupon: fifth.id }],
            metadata: { kind: 'setup' },
            period: { start: { type: 'phase_start' }, end: { type: 'phase_end' } },
          },
        ],
      },
      { items: [{ price_data: seat(1500) }, { price: ten }], duration: MONTH },
    ],
    { default_settings: { invoice_settings: { footer: 'Thank you' } } },
  );
  const [first, second] = made.phases;
  const feb = unix('2026-02-01T00:00:00Z');
  const [march, april] = [unix('2026-03-01T00:00:00Z'), unix('2026-04-01T00:00:00Z')];
  expect(first).toMatchObject({
    billing_thresholds: { amount_gte: 9000, reset_billing_cycle_anchor: false },
    invoice_settings: { description: 'Launch', custom_fields: [{ name: 'Order', value: '17' }], footer: null },
    add_invoice_items: [
      {
        discounts: [{ coupon: fifth.id, discount: null, promotion_code: null }],
        period: { start: { type: 'phase_start' }, end: { type: 'phase_end' } },
      },
    ],
    items: [{ billing_thresholds: null }, { billing_thresholds: { usage_gte: 100 } }],
  });
  expect(made.default_settings.invoice_settings.footer).toBe('Thank you');
  // Nobody else subscribes to the prices that it brought along.
  const own = [first!.items[0]!.price, second!.items[0]!.price, first!.add_invoice_items[0]!.price] as string[];
  for (const id of own) expect((await stripe.prices.retrieve(id)).active).toBe(false);
  expect(await stripe.subscriptions.retrieve(made.subscription as string)).toMatchObject({
    billing_thresholds: { amount_gte: 9000 },
    invoice_settings: { account_tax_ids: null },
    items: { data: [{ billing_thresholds: null }, { billing_thresholds: { usage_gte: 100 } }] },
  });

  await advance(stripe, clock, '2026-01-10T00:00:00Z');
  await useAt(stripe, meter, customer.id, 120);
  await advance(stripe, clock, '2026-02-10T00:00:00Z');
  // What is planned can be named again, though it is archived.
  const kept = await stripe.subscriptionSchedules.update(made.id, {
    phases: [
      {
        items: [
          { price: own[0]!, quantity: 1 },
          { price: ten, billing_thresholds: { usage_gte: 100 } },
        ],
        start_date: first!.start_date,
        end_date: march,
      },
      { items: [{ price: own[1]! }, { price: ten }], end_date: april },
    ],
  });
  expect(kept.phases.map(({ items }) => items[0]!.price)).toEqual(own.slice(0, 2));
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-03-01T01:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-01-01T00:00:00Z', 5200, 'Setup: 5000', '1 × Seat (at $12.00 / month): 1200'],
    ['2026-01-10T00:00:01Z', 1200, '120 × Calls (at $0.10 / month): 1200'],
    ['2026-02-01T00:00:00Z', 1200, '0 × Calls (at $0.10 / month): 0', '1 × Seat (at $12.00 / month): 1200'],
    ['2026-03-01T00:00:00Z', 1800, '1 × Seat (at $15.00 / month): 1500', '30 × Calls (at $0.10 / month): 300'],
  ]);
  const [begun, , renewed, changed] = await invoicesOf(stripe, customer.id);
  const [line] = begun!.lines.data;
  expect([line!.period, line!.metadata, line!.discount_amounts!.map(({ amount }) => amount)]).toEqual([
    { start: unix('2026-01-01T00:00:00Z'), end: march },
    { kind: 'setup' },
    [1000],
  ]);
  expect([begun!.description, begun!.footer, begun!.custom_fields]).toEqual([
    'Launch',
    'Thank you',
    [{ name: 'Order', value: '17' }],
  ]);
  expect([renewed!.created, renewed!.description]).toEqual([feb, 'Launch']);
  // The update said nothing of a description, so there is none any more.
  expect([changed!.description, changed!.footer, text(changed!.created)]).toEqual([
    null,
    'Thank you',
    '2026-03-01T00:00:00Z',
  ]);
  expect((await stripe.coupons.retrieve(fifth.id)).times_redeemed).toBe(1);
  expect(await audit(planner)).toEqual([]);
});

test('a subscription is made with a price of its own, and renews at it', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, customer } = planner;
  const product = (await stripe.products.create({ name: 'Seat' })).id;
  const price_data = { currency: 'usd', product, recurring: { interval: 'year' }, unit_amount: 9900 } as const;
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price_data, quantity: 3 }],
    collection_method: 'send_invoice',
    days_until_due: 7,
  });
  const { price } = made.items.data[0]!;
  expect(price).toMatchObject({ active: false, product, unit_amount: 9900, recurring: { interval: 'year' } });
  await advance(stripe, clock, '2027-01-01T02:00:00Z');
  const line = '3 × Seat (at $99.00 / year): 29700';
  expect(await billed(planner)).toEqual([
    ['2026-01-01T00:00:00Z', 29_700, line],
    ['2027-01-01T00:00:00Z', 29_700, line],
  ]);
  expect(await audit(planner)).toEqual([]);
});
