import { expect, test } from 'vitest';
import { advance, invoicesOf, newClockShop, read, text, unix, useAt } from '../support/clock-shop.ts';
import { expectAudited, pendingOf, SENT } from '../support/changed.ts';
import { licensedPrice, meteredPrice } from '../support/shop.ts';

type Mode = 'classic' | 'flexible';
type Behavior = 'always_invoice' | 'create_prorations' | 'none';

/** 250 tokens at 0.04 USD for each 100 begun until the 16th of April, then 130 at 0.01 USD each. */
async function switchedShop(type: Mode, behavior: Behavior) {
  const shop = await newClockShop('2026-04-01T00:00:00Z');
  const { stripe, meter, price, clock, customer } = shop;
  const single = await meteredPrice(stripe, meter.id, { unit_amount: 1, product_data: { name: 'Tokens' } });
  const items = [{ price: price.id }];
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items,
    billing_mode: { type },
    ...SENT,
  });
  await useAt(stripe, meter, customer.id, 250, '2026-04-01T00:00:00Z');
  await advance(stripe, clock, '2026-04-16T12:34:56Z');
  // Usage of the second of the switch takes the new price.
  await useAt(stripe, meter, customer.id, 30, '2026-04-16T12:34:56Z');
  const change = [{ id: subscription.items.data[0]!.id, price: single.id }];
  const details = { items: change, proration_behavior: behavior };
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: details });
  const changed = await stripe.subscriptions.update(subscription.id, details);
  await advance(stripe, clock, '2026-04-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 100);
  return { ...shop, subscription, changed, preview };
}

const OLD = ['250 × Alpaca AI (at $0.04 per 100 units / month)', 12];
const NEW = ['130 × Tokens (at $0.01 / month)', 130];
const NOTHING = [['0 × Alpaca AI (at $0.04 per 100 units / month)', 0]];

test.each<[Mode, Behavior, ...unknown[][]]>([
  ['flexible', 'create_prorations', [OLD, NEW]],
  ['flexible', 'always_invoice', [OLD], [NEW]],
  ['flexible', 'none', [NEW]],
  // What was used before is lost, and the first invoice announces the item.
  ['classic', 'create_prorations', NOTHING, [NEW]],
  ['classic', 'always_invoice', NOTHING, [NEW]],
])('from one metered price to another, %s with %s', async (type, behavior, ...expected) => {
  const { account, stripe, clock, customer, changed, preview } = await switchedShop(type, behavior);
  expect(changed.items.data[0]).not.toHaveProperty('quantity');
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(read)).toEqual(expected);
  const old = invoices.flatMap((invoice) => invoice.lines.data).find((line) => line.description === OLD[0]);
  if (type === 'flexible' && behavior !== 'none') {
    expect(old).toMatchObject({ quantity: 250, discountable: true, parent: { type: 'subscription_item_details' } });
    expect(old!.parent!.subscription_item_details).toMatchObject({ proration: false });
    expect([text(old!.period.start), text(old!.period.end)]).toEqual(['2026-04-01T00:00:00Z', '2026-04-16T12:34:56Z']);
    expect(read(preview)[0]).toEqual(OLD);
  }
  const line = invoices.at(-1)!.lines.data.at(-1)!;
  expect([text(line.period.start), text(line.period.end)]).toEqual(['2026-04-16T12:34:56Z', '2026-05-01T00:00:00Z']);
  await expectAudited(account, customer.id);
});

test('tiers that are left are closed: each is an item, with its flat amount, and later usage starts with the first', async () => {
  const { account, stripe, meter, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const tiered = (name: string, first: number) =>
    meteredPrice(stripe, meter.id, {
      product_data: { name },
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 100, unit_amount: first, flat_amount: 500 },
        { up_to: 'inf', unit_amount: 1 },
      ],
    });
  const [old, fresh] = [await tiered('Old', 10), await tiered('New', 20)];
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: old.id }],
    ...SENT,
  });
  await useAt(stripe, meter, customer.id, 150);
  await advance(stripe, clock, '2026-04-11T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: fresh.id }] });
  await useAt(stripe, meter, customer.id, 60);
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [invoice] = await invoicesOf(stripe, customer.id);
  expect(read(invoice!)).toEqual([
    ['100 × Old (Tier 1 at $0.10 / month)', 1000],
    ['Old (Tier 1 at $5.00 / month)', 500],
    ['50 × Old (Tier 2 at $0.01 / month)', 50],
    ['Old (Tier 2 at $0.00 / month)', 0],
    ['60 × New (Tier 1 at $0.20 / month)', 1200],
    ['New (Tier 1 at $5.00 / month)', 500],
  ]);
  await expectAudited(account, customer.id);
});

test.each<[Mode, unknown[]]>([
  [
    'flexible',
    [
      ['100 × Alpaca AI (at $0.04 per 100 units / month)', 4],
      ['1 × Flat (at $20.00 / month)', 2000],
    ],
  ],
  ['classic', [['1 × Flat (at $20.00 / month)', 2000]]],
])('a metered item that is added and removed, %s', async (type, expected) => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const flat = await licensedPrice(stripe, { product_data: { name: 'Flat' } });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: flat.id }],
    billing_mode: { type },
    ...SENT,
  });
  // What was used before the item was there is not its own.
  await useAt(stripe, meter, customer.id, 7000);
  await advance(stripe, clock, '2026-04-10T00:00:00Z');
  const item = await stripe.subscriptionItems.create({ subscription: id, price: price.id });
  expect([text(item.current_period_start), text(item.current_period_end)]).toEqual([
    '2026-04-01T00:00:00Z',
    '2026-05-01T00:00:00Z',
  ]);
  await useAt(stripe, meter, customer.id, 100);
  await advance(stripe, clock, '2026-04-20T00:00:00Z');
  const gone = await stripe.subscriptionItems.del(item.id, { clear_usage: true });
  expect(gone).toEqual({ id: item.id, object: 'subscription_item', deleted: true });
  expect(await pendingOf(stripe, customer.id)).toEqual(expected.slice(0, -1));
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  expect(read((await invoicesOf(stripe, customer.id))[1]!)).toEqual(expected);
  await expectAudited(account, customer.id);
});

test('a proration date changes nothing of usage, which is counted up to the change', async () => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const single = await meteredPrice(stripe, meter.id, { unit_amount: 1, product_data: { name: 'Tokens' } });
  const seat = await licensedPrice(stripe, { unit_amount: 3000, product_data: { name: 'Seat' } });
  const two = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }, { price: seat.id }],
    billing_mode: { type: 'flexible' },
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await useAt(stripe, meter, customer.id, 250, '2026-04-05T00:00:00Z');
  await useAt(stripe, meter, customer.id, 60, '2026-04-12T00:00:00Z');
  const [metered, licensed] = two.items.data;
  await stripe.subscriptions.update(two.id, {
    items: [
      { id: metered!.id, price: single.id },
      { id: licensed!.id, quantity: 2 },
    ],
    proration_date: unix('2026-04-11T00:00:00Z'),
    proration_behavior: 'always_invoice',
  });
  const invoice = (await invoicesOf(stripe, customer.id)).at(-1)!;
  // 310 tokens are 4 packages; a seat more for 20 of 30 days of 30 USD.
  expect(read(invoice)).toEqual([
    ['310 × Alpaca AI (at $0.04 per 100 units / month)', 16],
    ['Unused time on Seat after 11 Apr 2026', -2000],
    ['Remaining time on 2 × Seat after 11 Apr 2026', 4000],
  ]);
  const [usage] = invoice.lines.data;
  expect([text(usage!.period.start), text(usage!.period.end)]).toEqual([
    '2026-04-01T00:00:00Z',
    '2026-04-16T00:00:00Z',
  ]);
  await expectAudited(account, customer.id);
});
