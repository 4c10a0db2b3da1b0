import { expect, test } from 'vitest';
import { advance, customerOn, invoicesOf, newClockShop, read, text, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice, meteredPrice, newMeter } from '../support/shop.ts';

test('seats with usage on top: each month bills the usage of the last and the seats of the next', async () => {
  const { stripe, meter, price, clock, customer } = await newClockShop('2026-01-15T10:00:00Z');
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    collection_method: 'send_invoice',
    days_until_due: 30,
    items: [{ price: seats.id, quantity: 5 }, { price: price.id }],
    metadata: { plan: 'team' },
  });
  expect(subscription).toMatchObject({ test_clock: clock.id, start_date: unix('2026-01-15T10:00:00Z') });

  await useAt(stripe, meter, customer.id, 3001);
  await advance(stripe, clock, '2026-02-15T10:00:00Z');
  const [first, draft] = await invoicesOf(stripe, customer.id);
  expect(first).toMatchObject({ status: 'open', amount_due: 10_000, number: `${customer.invoice_prefix}-0001` });
  expect(first!.status_transitions.finalized_at).toBe(unix('2026-01-15T11:00:00Z'));
  expect(draft).toMatchObject({
    status: 'draft',
    billing_reason: 'subscription_cycle',
    number: null,
    created: unix('2026-02-15T10:00:00Z'),
    period_start: unix('2026-01-15T10:00:00Z'),
    period_end: unix('2026-02-15T10:00:00Z'),
    automatically_finalizes_at: unix('2026-02-15T11:00:00Z'),
    due_date: unix('2026-03-17T10:00:00Z'),
    test_clock: clock.id,
    total: 10_124,
    parent: { subscription_details: { subscription: subscription.id, metadata: { plan: 'team' } } },
  });
  expect(read(draft!)).toEqual([
    ['3001 × Alpaca AI (at $0.04 per 100 units / month)', 124],
    ['5 × Seats (at $20.00 / month)', 10_000],
  ]);
  expect(draft!.lines.data.map(({ period }) => [text(period.start), text(period.end)])).toEqual([
    ['2026-01-15T10:00:00Z', '2026-02-15T10:00:00Z'],
    ['2026-02-15T10:00:00Z', '2026-03-15T10:00:00Z'],
  ]);

  await advance(stripe, clock, '2026-03-15T10:00:00Z');
  await useAt(stripe, meter, customer.id, 250);
  await advance(stripe, clock, '2026-04-15T12:00:00Z');
  const totals = (await invoicesOf(stripe, customer.id)).map(({ status, total, number }) => [status, total, number]);
  const prefix = customer.invoice_prefix;
  expect(totals).toEqual([
    ['open', 10_000, `${prefix}-0001`],
    ['open', 10_124, `${prefix}-0002`],
    ['open', 10_000, `${prefix}-0003`],
    // 250 tokens are three packages begun.
    ['open', 10_012, `${prefix}-0004`],
  ]);
  const now = await stripe.subscriptions.retrieve(subscription.id);
  expect(now.items.data.map((item) => text(item.current_period_end))).toEqual([
    '2026-05-15T10:00:00Z',
    '2026-05-15T10:00:00Z',
  ]);
  // Nobody has paid in time.
  expect(now).toMatchObject({ status: 'past_due', latest_invoice: (await invoicesOf(stripe, customer.id)).at(-1)!.id });
});

test('a month without usage is an invoice of nothing, which finalization pays', async () => {
  const { stripe, price, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await advance(stripe, clock, '2026-02-01T01:00:00Z');
  const [invoice] = await invoicesOf(stripe, customer.id);
  const finalizedAt = unix('2026-02-01T01:00:00Z');
  expect(invoice).toMatchObject({ status: 'paid', total: 0, attempted: true, auto_advance: false });
  expect(invoice!.status_transitions).toMatchObject({ finalized_at: finalizedAt, paid_at: finalizedAt });
  expect(read(invoice!)).toEqual([['0 × Alpaca AI (at $0.04 per 100 units / month)', 0]]);
});

test.each([
  ['2027-01-31T12:00:00Z', ['2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31']],
  ['2028-01-31T12:00:00Z', ['2028-02-29', '2028-03-31', '2028-04-30', '2028-05-31']],
  ['2027-01-30T12:00:00Z', ['2027-02-28', '2027-03-30', '2027-04-30', '2027-05-30']],
  ['2027-11-30T12:00:00Z', ['2027-12-30', '2028-01-30', '2028-02-29', '2028-03-30']],
])('a subscription of %s renews on %j', async (start, days) => {
  const { stripe, price, clock, customer } = await newClockShop(start);
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await advance(stripe, clock, `${days.at(-1)}T14:00:00Z`);
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map((invoice) => text(invoice.created))).toEqual(days.map((day) => `${day}T12:00:00Z`));
  const ends = [start, ...days.map((day) => `${day}T12:00:00Z`)];
  expect(invoices.map((invoice) => [text(invoice.period_start), text(invoice.period_end)])).toEqual(
    days.map((_, index) => [ends[index], ends[index + 1]]),
  );
});

test('usage of the last second belongs to the period that ends, usage of the boundary to the next', async () => {
  const { stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 1 });
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await useAt(stripe, meter, customer.id, 1, '2026-01-01T00:00:00Z');
  await useAt(stripe, meter, customer.id, 900_000, '2025-12-31T23:59:59Z');
  await advance(stripe, clock, '2026-02-01T00:00:00Z');
  await useAt(stripe, meter, customer.id, 20, '2026-01-31T23:59:59Z');
  await useAt(stripe, meter, customer.id, 300, '2026-02-01T00:00:00Z');
  await useAt(stripe, meter, customer.id, 4_000);
  await advance(stripe, clock, '2026-03-01T00:00:00Z');
  await useAt(stripe, meter, customer.id, 50_000, '2026-02-28T23:59:59Z');
  await useAt(stripe, meter, customer.id, 600_000, '2026-03-01T00:00:00Z');
  await advance(stripe, clock, '2026-03-01T01:00:00Z');
  const totals = (await invoicesOf(stripe, customer.id)).map(({ status, total }) => [status, total]);
  expect(totals).toEqual([
    // Less than can be charged, so it is carried over.
    ['paid', 21],
    ['open', 54_300],
  ]);
});

test('a draft follows late usage for an hour; what comes after it is on no invoice', async () => {
  const { stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const tiers = [
    { up_to: 100, unit_amount: 10, flat_amount: 500 },
    { up_to: 'inf' as const, unit_amount: 5 },
  ];
  const tiered = { billing_scheme: 'tiered', tiers_mode: 'graduated', tiers } as const;
  const price = await meteredPrice(stripe, meter.id, tiered);
  const subscribed = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await useAt(stripe, meter, customer.id, 60);
  await advance(stripe, clock, '2026-02-01T00:30:00Z');
  const { latest_invoice: invoice } = await stripe.subscriptions.retrieve(subscribed.id);
  const draft = await stripe.invoices.retrieve(invoice as string);
  expect([draft.status, draft.total]).toEqual(['draft', 60 * 10 + 500]);

  await useAt(stripe, meter, customer.id, 70, '2026-01-31T23:59:59Z');
  const later = await stripe.invoices.retrieve(draft.id);
  expect(read(later)).toEqual([
    ['100 × Alpaca AI (Tier 1 at $0.10 / month)', 1000],
    ['Alpaca AI (Tier 1 at $5.00 / month)', 500],
    ['30 × Alpaca AI (Tier 2 at $0.05 / month)', 150],
    ['Alpaca AI (Tier 2 at $0.00 / month)', 0],
  ]);
  expect(later).toMatchObject({ total: 1650, subtotal: 1650, amount_due: 1650, amount_remaining: 1650 });
  expect(later.lines.data[0]!.id).toBe(draft.lines.data[0]!.id);
  const ids = later.lines.data.map(({ id }) => id);
  expect((await stripe.invoices.listLineItems(draft.id)).data.map((line) => line.id)).toEqual(ids);
  const page = await stripe.invoices.listLineItems(draft.id, { starting_after: ids[2]! });
  expect(page.data.map((line) => line.id)).toEqual([ids[3]]);
  expect((await stripe.invoices.list({ customer: customer.id })).data[0]!.total).toBe(1650);

  await advance(stripe, clock, '2026-02-01T01:00:00Z');
  await useAt(stripe, meter, customer.id, 1000, '2026-01-31T23:59:59Z');
  const final = await stripe.invoices.retrieve(draft.id);
  expect(final).toMatchObject({ status: 'open', total: 1650, number: `${customer.invoice_prefix}-0001` });
  expect(read(final)).toEqual(read(later));
  expect(final.lines.data.map((line) => line.id)).toEqual(ids);
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(({ total }) => total)).toEqual([1650, 500]);
});

test('an account may keep its drafts open for longer, but never as long as a period', async () => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const daily = await meteredPrice(stripe, meter.id, { recurring: { interval: 'day' } });
  const settings = await account.request('POST', '/v1/usance/billing_settings', { draft_hours: '72' });
  expect(settings.body).toMatchObject({
    object: 'usance.billing_settings',
    draft_hours: 72,
    late_usage: 'drop',
    livemode: false,
  });
  const other = await customerOn(stripe, clock);
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await stripe.subscriptions.create({ customer: other.id, items: [{ price: daily.id }] });
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  const [ofDay] = await invoicesOf(stripe, other.id);
  expect(text(ofDay!.automatically_finalizes_at!)).toBe('2026-01-02T23:00:00Z');
  await advance(stripe, clock, '2026-02-03T23:59:59Z', 2 * 86_400);
  await useAt(stripe, meter, customer.id, 5000, '2026-01-31T23:59:59Z');
  const [ofMonth] = await invoicesOf(stripe, customer.id);
  expect(ofMonth).toMatchObject({ status: 'draft', total: 200 });
  await advance(stripe, clock, '2026-02-04T00:00:00Z');
  expect(await stripe.invoices.retrieve(ofMonth!.id)).toMatchObject({ status: 'open', total: 200 });
  expect(await invoicesOf(stripe, other.id)).toHaveLength(34);
});

test('a month and a year on one subscription: the year is billed when it is over, together with its last month', async () => {
  const { stripe, meter, price, clock, customer } = await newClockShop('2026-01-10T00:00:00Z');
  const storage = await newMeter(stripe, 'last');
  const yearly = await meteredPrice(stripe, storage.id, {
    unit_amount: 100,
    recurring: { interval: 'year' },
    product_data: { name: 'Storage' },
  });
  const items = [{ price: price.id }, { price: yearly.id }];
  await stripe.subscriptions.create({ customer: customer.id, items });
  await advance(stripe, clock, '2026-12-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 101);
  await useAt(stripe, storage, customer.id, 7);
  await advance(stripe, clock, '2027-02-10T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ total }) => total)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 708, 0]);
  const yearEnd = invoices[11]!;
  expect(read(yearEnd)).toEqual([
    ['7 × Storage (at $1.00 / year)', 700],
    ['101 × Alpaca AI (at $0.04 per 100 units / month)', 8],
  ]);
  expect(yearEnd.lines.data.map(({ period }) => text(period.start))).toEqual([
    '2026-01-10T00:00:00Z',
    '2026-12-10T00:00:00Z',
  ]);
});

test('a canceled subscription renews no more, and its draft waits for somebody', async () => {
  const { stripe, meter, price, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await useAt(stripe, meter, customer.id, 100);
  await advance(stripe, clock, '2026-02-01T00:10:00Z');
  const canceled = await stripe.subscriptions.cancel(id);
  expect([canceled.ended_at, canceled.canceled_at]).toEqual(Array(2).fill(unix('2026-02-01T00:10:00Z')));
  await advance(stripe, clock, '2026-05-01T00:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ status, total, auto_advance: goesOn }) => [status, total, goesOn])).toEqual([
    ['draft', 4, false],
  ]);
});
