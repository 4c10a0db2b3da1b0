import type Stripe from 'stripe';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import { SENT } from '../support/billed.ts';
import { advance, customerOn, unix, useAt } from '../support/clock-shop.ts';
import { productRoutes } from '../support/compatibility.ts';
import type { Params } from '../support/form.ts';
import { meteredPrice } from '../support/shop.ts';

let owner: TestAccount;
let stranger: TestAccount;
/** Another stranger, who has nothing at all. */
/** Ids of the owner's objects by what a path calls them. */
let ids: Record<string, string>;
let strangerCustomer: string;

beforeAll(async () => {
  owner = await newAccount();
  stranger = await newAccount();
  const { stripe } = owner;
  const customer = await stripe.customers.create({ email: 'owner@example.com' });
  const meter = await stripe.billing.meters.create({
    display_name: 'T',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 4,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    product_data: { name: 'P' },
    lookup_key: 'mine',
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    billing_mode: { type: 'classic' },
  });
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1, name: 'owner@example.com' });
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  const invoiceItem = await stripe.invoiceItems.create({ customer: customer.id, amount: 1 });
  const used = { event_name: 'tokens', payload: { stripe_customer_id: customer.id, value: '1' } };
  await stripe.billing.meterEvents.create(used);
  const session = await stripe.v2.billing.meterEventSession.create();
  const token = { authorization: `Bearer ${session.authentication_token}` };
  await owner.request('POST', '/v2/billing/meter_event_stream', { events: [{ ...used, payload: {} }] }, token);
  const paid = await stripe.paymentIntents.create({
    amount: 1000,
    currency: 'usd',
    customer: customer.id,
    confirm: true,
    payment_method: 'pm_card_visa',
    setup_future_usage: 'off_session',
  });
  const owed = await stripe.invoices.create({ customer: customer.id });
  await stripe.invoices.addLines(owed.id, { lines: [{ amount: 500 }] });
  await stripe.invoices.finalizeInvoice(owed.id);
  const note = await stripe.creditNotes.create({ invoice: owed.id, amount: 100 });
  const refund = await stripe.refunds.create({ payment_intent: paid.id });
  const setup = await stripe.setupIntents.create({ customer: customer.id });
  strangerCustomer = (await stranger.stripe.customers.create()).id;
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id } });
  const rate = await stripe.taxRates.create({ display_name: 'VAT', inclusive: false, percentage: 20 });
  const taxId = await stripe.customers.createTaxId(customer.id, { type: 'us_ein', value: '12-3456789' });
  await stripe.taxIds.create({ type: 'us_ein', value: '98-7654321' });
  const transaction = await stripe.customers.createBalanceTransaction(customer.id, { amount: -5, currency: 'usd' });
  await useLate(stripe, meter, price);
  const schedule = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    phases: [{ items: [{ price: price.id }], duration: { interval: 'month' } }],
  });
  const firstEvent = async (params: Params) =>
    (await owner.request('GET', '/v1/usance/meter_events', params)).body.data[0].id as string;
  ids = {
    meterEvent: await firstEvent({}),
    rejectedEvent: await firstEvent({ status: 'rejected' }),
    customer: customer.id,
    coupon: coupon.id,
    promotionCode: code.id,
    taxRate: rate.id,
    taxId: taxId.id,
    transaction: transaction.id,
    clock: clock.id,
    meter: meter.id,
    price: price.id,
    product: price.product as string,
    subscription: subscription.id,
    item: subscription.items.data[0]!.id,
    invoice: subscription.latest_invoice as string,
    preview: preview.id,
    invoiceItem: invoiceItem.id,
    invoicePayment: (await stripe.invoicePayments.list()).data[0]!.id,
    event: (await stripe.events.list()).data[0]!.id,
    paymentIntent: paid.id,
    paymentMethod: paid.payment_method as string,
    charge: paid.latest_charge as string,
    refund: refund.id,
    creditNote: note.id,
    owed: owed.id,
    setupIntent: setup.id,
    schedule: schedule.id,
    requestLog: await firstRequest(),
  };
});

/** Requests are logged a second later. */
async function firstRequest(): Promise<string> {
  return await vi.waitFor(
    async () => {
      const { body } = await owner.request('GET', '/v1/usance/request_logs');
      expect(body.data).not.toEqual([]);
      return body.data[0].id as string;
    },
    { timeout: 10_000, interval: 200 },
  );
}

/** Another customer, on a clock of its own, uses something after the invoice of the month was final. */
async function useLate(stripe: Stripe, meter: Stripe.Billing.Meter, price: Stripe.Price): Promise<void> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const customer = await customerOn(stripe, clock);
  // Two prices of one meter, which is worth a warning.
  const second = await meteredPrice(stripe, meter.id);
  const items = [{ price: price.id }, { price: second.id }];
  await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  await advance(stripe, clock, '2026-02-02T00:00:00Z');
  await useAt(stripe, meter, customer.id, 1, '2026-01-02T00:00:00Z');
}

/** Which objects the id of a path names, by a part of the path; the first that fits. */
const KINDS: readonly [part: string, kinds: string[]][] = [
  ['/usance/meter_events/', ['meterEvent', 'rejectedEvent']],
  ['/request_logs/', ['requestLog']],
  ['/test_clocks/', ['clock']],
  ['/payment_methods/', ['paymentMethod']],
  ['/payment_intents/', ['paymentIntent']],
  ['/setup_intents/', ['setupIntent']],
  ['/invoice_payments/', ['invoicePayment']],
  ['/credit_notes/', ['creditNote']],
  ['/charges/', ['charge']],
  ['/refunds/', ['refund']],
  ['/meters/', ['meter']],
  ['/tax_ids/', ['taxId']],
  ['/balance_transactions/', ['transaction']],
  ['/coupons/', ['coupon']],
  ['/promotion_codes/', ['promotionCode']],
  ['/tax_rates/', ['taxRate']],
  ['/customers/', ['customer']],
  ['/prices/', ['price']],
  ['/products/', ['product']],
  ['/subscription_schedules/', ['schedule']],
  ['/subscription_items/', ['item']],
  ['/subscriptions/', ['subscription']],
  ['/invoiceitems/', ['invoiceItem']],
  ['/invoices/', ['invoice', 'preview']],
  ['/events/', ['event']],
];

function kindsOf(path: string): string[] {
  const found = KINDS.find(([part]) => path.includes(part));
  if (found === undefined) throw new Error(`Say here which object ${path} names`);
  return found[1];
}

/** What a request must have to come as far as the object that its path names. */
function requiredParams(method: string, path: string): Params {
  if (path.endsWith('/top_customers')) return { start_time: '0', end_time: '60' };
  if (path.endsWith('summaries')) return { customer: ids['customer']!, start_time: '0', end_time: '60' };
  if (path.endsWith('/advance')) return { frozen_time: '2' };
  if (path.endsWith('/migrate')) return { 'billing_mode[type]': 'flexible' };
  if (method === 'POST' && path.endsWith('/balance_transactions')) return { amount: '1', currency: 'usd' };
  if (method === 'POST' && path.endsWith('/tax_ids')) return { type: 'us_ein', value: '12-3456789' };
  if (path.endsWith('/remove_lines')) return { 'lines[0][id]': 'il_no', 'lines[0][behavior]': 'delete' };
  if (path.endsWith('/update_lines')) return { 'lines[0][id]': 'il_no' };
  if (path.endsWith('/add_lines')) return { 'lines[0][amount]': '1' };
  if (path.endsWith('/attach')) return { customer: strangerCustomer };
  if (path.endsWith('/migrate')) return { 'billing_mode[type]': 'flexible' };
  return path.endsWith('/authenticate') ? { outcome: 'succeed' } : {};
}

const routes = productRoutes();
// Keys are for people alone, whatever the account: see request_log.test.ts.
const withId = routes.filter((route) => route.path.includes(':') && !route.path.includes('/api_keys/'));
const lists = routes.filter((route) => 'list' in route.answers && !route.path.includes(':'));

describe('another account does not see an object by its id', () => {
  test.each(withId.map((route) => [route.method, route.path] as const))('%s %s', async (method, path) => {
    for (const kind of kindsOf(path)) {
      // A path that names the customer as well names the right one.
      const target = path.replace(/:customer(?=\/)/, ids['customer']!).replaceAll(/:\w+/g, ids[kind]!);
      const params = requiredParams(method, path);
      const foreign = await stranger.request(method, target, params);
      expect(foreign.status).toBe(404);
      expect(JSON.stringify(foreign.body)).not.toContain('owner@example.com');
      // The same request of the owner proves that the id was right.
      if (method === 'GET') expect((await owner.request(method, target, params)).status).toBe(200);
    }
  });
});

/** What a list must be asked for. */
function listParams(path: string): Params {
  if (path.endsWith('/credit_notes/preview/lines')) return { invoice: ids['owed']!, amount: '1' };
  return path.endsWith('/subscription_items') ? { subscription: ids['subscription']! } : {};
}

describe('another account lists nothing', () => {
  test.each(lists.map((route) => [route.path] as const))('GET %s', async (path) => {
    const params = listParams(path);
    // An account that has asked nothing: the log of requests would rightly tell what it asked before.
    const foreign = await (await newAccount()).request('GET', path, params);
    expect(foreign.body.data ?? []).toEqual([]);
    expect((await owner.request('GET', path, params)).body.data).not.toEqual([]);
  });

  test.each(['meterEvent', 'rejectedEvent'])('not even as a cursor of events: %s', async (kind) => {
    const status = kind === 'meterEvent' ? 'counted' : 'rejected';
    const params = { status, starting_after: ids[kind]! };
    expect((await stranger.request('GET', '/v1/usance/meter_events', params)).status).toBe(400);
    expect((await owner.request('GET', '/v1/usance/meter_events', params)).status).toBe(200);
  });

  test('not even as a cursor', async () => {
    const { status } = await stranger.request('GET', '/v1/customers', { starting_after: ids['customer']! });
    expect(status).toBe(400);
  });
});

test('objects of another account can not be referred to', async () => {
  const meter = await stranger.stripe.billing.meters.create({
    display_name: 'T',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  });
  const customer = await stranger.stripe.customers.create();
  const metered = {
    currency: 'usd',
    unit_amount: '4',
    'recurring[interval]': 'month',
    'recurring[usage_type]': 'metered',
  };
  const attempts: [string, Params][] = [
    [
      '/v1/billing/meter_events',
      { event_name: 'tokens', 'payload[stripe_customer_id]': ids['customer']!, 'payload[value]': '1' },
    ],
    [
      '/v2/billing/meter_events',
      { event_name: 'tokens', payload: { stripe_customer_id: ids['customer']!, value: '1' } },
    ],
    ['/v1/prices', { ...metered, 'recurring[meter]': ids['meter']!, 'product_data[name]': 'P' }],
    ['/v1/prices', { ...metered, 'recurring[meter]': meter.id, product: ids['product']! }],
    ['/v1/subscriptions', { customer: ids['customer']!, 'items[0][price]': ids['price']! }],
    ['/v1/subscriptions', { customer: customer.id, 'items[0][price]': ids['price']! }],
    ['/v1/customers', { test_clock: ids['clock']! }],
    ['/v1/invoices/create_preview', { subscription: ids['subscription']! }],
    ['/v1/payment_intents', { amount: '1000', currency: 'usd', customer: ids['customer']! }],
    ['/v1/payment_intents', { amount: '1000', currency: 'usd', payment_method: ids['paymentMethod']! }],
    ['/v1/setup_intents', { customer: ids['customer']! }],
    ['/v1/setup_intents', { payment_method: ids['paymentMethod']! }],
    ['/v1/refunds', { charge: ids['charge']! }],
    ['/v1/refunds', { payment_intent: ids['paymentIntent']! }],
    ['/v1/payment_methods/pm_card_visa/attach', { customer: ids['customer']! }],
    [`/v1/customers/${customer.id}`, { 'invoice_settings[default_payment_method]': ids['paymentMethod']! }],
    ['/v1/coupons', { percent_off: '5', 'applies_to[products][0]': ids['product']! }],
    ['/v1/promotion_codes', { 'promotion[type]': 'coupon', 'promotion[coupon]': ids['coupon']! }],
    [
      '/v1/tax_ids',
      { type: 'us_ein', value: '12-3456789', 'owner[type]': 'customer', 'owner[customer]': ids['customer']! },
    ],
    ['/v1/credit_notes', { invoice: ids['owed']!, amount: '1' }],
    ['/v1/invoices/create_preview', { customer: ids['customer']! }],
    ['/v1/invoices', { customer: ids['customer']! }],
    ['/v1/invoices', { customer: customer.id, subscription: ids['subscription']! }],
    ['/v1/invoiceitems', { customer: ids['customer']!, amount: '1' }],
    ['/v1/invoiceitems', { invoice: ids['invoice']!, amount: '1' }],
    ['/v1/invoiceitems', { customer: customer.id, 'pricing[price]': ids['price']! }],
  ];
  for (const [path, params] of attempts) {
    const { status, body } = await stranger.request('POST', path, params);
    expect({ path, code: body.error?.code }).toEqual({ path, code: 'resource_missing' });
    expect([400, 404]).toContain(status);
  }
  expect((await stranger.stripe.subscriptions.list()).data).toEqual([]);
  expect((await stranger.stripe.prices.list()).data).toEqual([]);
});

test('names that are unique in an account are free in another', async () => {
  await stranger.stripe.products.create({ name: 'P', id: ids['product']! });
  await stranger.stripe.coupons.create({ percent_off: 10, id: ids['coupon']! });
  await expect(stranger.stripe.customers.create()).resolves.toBeDefined();
});
