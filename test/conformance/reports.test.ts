import { beforeEach, expect, test } from 'vitest';
import type Stripe from 'stripe';
import { newAccount, type TestAccount } from '../support/account.ts';
import { advance, customerOn, invoicesOf, unix } from '../support/clock-shop.ts';
import type { Params } from '../support/form.ts';
import { licensedPrice, meteredPrice, newMeter } from '../support/shop.ts';

/** Not near midnight, where a test would be of two days. */
const DAY = Math.floor(Date.now() / 86_400_000) * 86_400;
const TODAY = { start_time: String(DAY), end_time: String(DAY + 2 * 86_400) };

let account: TestAccount;
let stripe: Stripe;

beforeEach(async () => {
  account = await newAccount();
  ({ stripe } = account);
});

const ask = async (path: string, params: Params = {}) => await account.request('GET', `/v1/usance/${path}`, params);

async function invoice(customer: string, amount: number, currency = 'usd'): Promise<Stripe.Invoice> {
  const draft = await stripe.invoices.create({
    customer,
    currency,
    collection_method: 'send_invoice',
    days_until_due: 30,
    auto_advance: false,
  });
  await stripe.invoices.addLines(draft.id, { lines: [{ description: 'Work', amount }] });
  return await stripe.invoices.finalizeInvoice(draft.id);
}

test('totals are those of the invoices themselves, by currency, without what is void or on a clock', async () => {
  const customer = await stripe.customers.create({ name: 'John Doe', email: 'john@example.com' });
  const euros = await stripe.customers.create({ name: 'Jane Doe', email: 'jane@example.com' });
  const paid = await invoice(customer.id, 1_250);
  await stripe.invoices.pay(paid.id, { paid_out_of_band: true });
  await invoice(customer.id, 300);
  await stripe.invoices.voidInvoice((await invoice(customer.id, 9_999)).id);
  await stripe.invoices.create({ customer: customer.id });
  await invoice(euros.id, 77, 'eur');
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: DAY + 60 });
  await invoice((await customerOn(stripe, clock)).id, 5_000);

  const { body } = await ask('invoice_totals', TODAY);
  const window = { object: 'usance.invoice_total', start_time: DAY, end_time: DAY + 86_400 };
  expect(body.data).toEqual([
    { ...window, currency: 'eur', invoiced: 77, invoiced_count: 1, paid: 0, paid_count: 0 },
    { ...window, currency: 'usd', invoiced: 1_550, invoiced_count: 2, paid: 1_250, paid_count: 1 },
  ]);
  const invoices = await stripe.invoices.list({ customer: customer.id, limit: 100 });
  const counted = invoices.data.filter(({ status }) => status === 'open' || status === 'paid');
  expect(counted.reduce((sum, { total }) => sum + total, 0)).toBe(1_550);

  const onClock = await ask('invoice_totals', { ...TODAY, test_clock: clock.id });
  expect(onClock.body.data).toMatchObject([{ currency: 'usd', invoiced: 5_000, invoiced_count: 1, paid: 0 }]);
  const byCurrency = await ask('invoice_totals', { ...TODAY, currency: 'eur' });
  expect(byCurrency.body.data).toMatchObject([{ currency: 'eur', invoiced: 77 }]);
});

test('months begin with their first day', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-31T23:59:59Z') });
  const customer = await customerOn(stripe, clock);
  await invoice(customer.id, 100);
  await advance(stripe, clock, '2026-02-01T00:00:00Z');
  await invoice(customer.id, 20);
  const { body } = await ask('invoice_totals', {
    start_time: String(unix('2026-01-01T00:00:00Z')),
    end_time: String(unix('2026-03-01T00:00:00Z')),
    interval: 'month',
    test_clock: clock.id,
  });
  expect(body.data).toMatchObject([
    { start_time: unix('2026-01-01T00:00:00Z'), end_time: unix('2026-02-01T00:00:00Z'), invoiced: 100 },
    { start_time: unix('2026-02-01T00:00:00Z'), end_time: unix('2026-03-01T00:00:00Z'), invoiced: 20 },
  ]);
});

test.each([
  [{ start_time: String(DAY + 1), end_time: String(DAY + 86_400) }, 'start_time', /start of a UTC day/],
  [{ start_time: String(DAY), end_time: String(DAY) }, 'end_time', /after start_time/],
  [{ start_time: String(DAY - 401 * 86_400), end_time: String(DAY) }, 'end_time', /At most 400 days/],
  [{ ...TODAY, start_time: String(unix('2026-01-02T00:00:00Z')), interval: 'month' }, 'start_time', /UTC month/],
  [{ ...TODAY, test_clock: 'clock_no' }, 'test_clock', /No such test_clock/],
])('totals of %o are refused', async (params, param, message) => {
  const { status, body } = await ask('invoice_totals', params);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ param, message: expect.stringMatching(message) });
});

test('an overview tells what stands open and what recurs, by interval', async () => {
  const customer = await stripe.customers.create({ name: 'John Doe', email: 'john@example.com' });
  const seats = await licensedPrice(stripe, { unit_amount: 1_999 });
  const yearly = await licensedPrice(stripe, { unit_amount: 12_000, recurring: { interval: 'year' } });
  const tiers = await stripe.prices.create({
    currency: 'usd',
    product: seats.product as string,
    recurring: { interval: 'month' },
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 2, unit_amount: 500 },
      { up_to: 'inf', unit_amount: 100 },
    ],
  });
  const usage = await meteredPrice(stripe, (await newMeter(stripe)).id, { unit_amount: 4 });
  const sent = { customer: customer.id, collection_method: 'send_invoice', days_until_due: 1 } as const;
  const subscribe = (items: Stripe.SubscriptionCreateParams.Item[], extra = {}) =>
    stripe.subscriptions.create({ ...sent, items, ...extra });
  await subscribe([{ price: seats.id, quantity: 3 }, { price: usage.id }]);
  await subscribe([{ price: seats.id, quantity: 3 }]);
  await subscribe([{ price: tiers.id, quantity: 5 }]);
  await subscribe([{ price: yearly.id }]);
  await subscribe([{ price: seats.id, quantity: 100 }], { trial_period_days: 10 });
  const gone = await subscribe([{ price: seats.id, quantity: 1_000 }]);
  await stripe.subscriptions.cancel(gone.id);

  const { body } = await ask('overview');
  expect(body).toMatchObject({
    object: 'usance.overview',
    metered_item_count: 1,
    // 2 × 3 × 19.99, and 2 × 5.00 + 3 × 1.00.
    recurring: [
      { amount: 11_994 + 1_300, currency: 'usd', interval: 'month', interval_count: 1, item_count: 3 },
      { amount: 12_000, currency: 'usd', interval: 'year', interval_count: 1, item_count: 1 },
    ],
    subscriptions: { active: 4, trialing: 1 },
    test_clock: null,
  });
  const drafts = (await stripe.invoices.list({ status: 'draft', limit: 100 })).data;
  const remaining = drafts.reduce((sum, { amount_remaining: amount }) => sum + amount, 0);
  expect(drafts.length).toBeGreaterThan(3);
  expect(body.invoices).toMatchObject({
    draft: [{ amount: remaining, count: drafts.length, currency: 'usd' }],
    open: [],
    past_due: [],
  });
});

test('what is past due, failed or given up is told by the time of the clock', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const customer = await customerOn(stripe, clock);
  await invoice(customer.id, 1_000);
  await stripe.invoices.markUncollectible((await invoice(customer.id, 70)).id);
  await stripe.paymentMethods
    .attach('pm_card_chargeCustomerFail', { customer: customer.id })
    .then(({ id }) => stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } }));
  const price = await licensedPrice(stripe, { unit_amount: 5 });
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const at = async () => (await ask('overview', { test_clock: clock.id })).body;
  expect((await at()).invoices.past_due).toEqual([]);
  await advance(stripe, clock, '2026-01-31T00:00:01Z');
  const after = await at();
  expect(after.time).toBe(unix('2026-01-31T00:00:01Z'));
  expect(after.invoices).toMatchObject({
    past_due: [{ amount: 1_000, count: 1, currency: 'usd' }],
    uncollectible: [{ amount: 70, count: 1, currency: 'usd' }],
  });
  expect((await ask('overview')).body.invoices.open).toEqual([]);
});

test('the events and the invoices of a clock are those of its customers alone', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const customer = await customerOn(stripe, clock);
  const other = await stripe.customers.create({ name: 'Elsewhere', email: 'elsewhere@example.com' });
  await invoice(other.id, 400);
  const mine = await invoice(customer.id, 300);
  const events = (await ask(`test_clocks/${clock.id}/events`, { limit: '100' })).body.data as Stripe.Event[];
  expect(events.map(({ type }) => type).toReversed()).toEqual([
    'test_helpers.test_clock.created',
    'customer.created',
    'customer.updated',
    'invoice.created',
    'invoiceitem.created',
    'invoice.updated',
    'customer.updated',
    'invoice.finalized',
    'payment_intent.created',
  ]);
  const all = await stripe.events.list({ limit: 100 });
  expect(events.every(({ id }) => all.data.some((one) => one.id === id))).toBe(true);
  const second = await ask(`test_clocks/${clock.id}/events`, { limit: '1', starting_after: events[0]?.id ?? '' });
  expect(second.body).toMatchObject({ data: [{ id: events[1]?.id }], has_more: true });

  const list = await ask('invoices', { test_clock: clock.id, status: 'open' });
  expect(list.body.data).toEqual([JSON.parse(JSON.stringify((await invoicesOf(stripe, customer.id))[0]))]);
  expect(list.body.data[0].id).toBe(mine.id);
  expect((await ask('invoices', { test_clock: clock.id, status: 'paid' })).body.data).toEqual([]);
  expect((await ask('invoices')).body.data).toMatchObject([{ customer: other.id }]);
  expect((await ask('invoices', { test_clock: 'clock_no' })).status).toBe(400);
  expect((await ask('test_clocks/clock_no/events')).status).toBe(404);
});

test('a report of another account is none of ours', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const stranger = await newAccount();
  for (const [path, params] of [
    [`test_clocks/${clock.id}/events`, {}],
    ['overview', { test_clock: clock.id }],
    ['invoices', { test_clock: clock.id }],
  ] as const) {
    const { body } = await stranger.request('GET', `/v1/usance/${path}`, params);
    expect(body.error).toMatchObject({ code: 'resource_missing', message: `No such test_clock: '${clock.id}'` });
  }
});
