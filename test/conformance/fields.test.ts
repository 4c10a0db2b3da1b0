import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { countRedemption, requireRedeemable } from '../../src/catalog/redemption.ts';
import { tellClocks } from '../support/told-clocks.ts';
import { newAccount, type TestAccount } from '../support/account.ts';
import { fillCreditNotes } from '../support/credited.ts';
import { directly } from '../support/direct.ts';
import { tellUnpaid } from '../support/dunning.ts';
import { tellPendingUpdate } from '../support/told-pending.ts';
import { eventually } from '../support/payer.ts';
import { oracle } from '../support/oracle.ts';
import { tellEndings } from '../support/told-endings.ts';
import { tellCompleted, tellSchedules } from '../support/told-schedules.ts';
import { UNFILLED_FIELDS } from '../support/unfilled-fields.ts';

type View = Record<string, unknown>;

/** Null, absent, zero, false and empty tell nothing. */
function tellsSomething(value: unknown): boolean {
  if (value === null || value === undefined || value === 0 || value === false || value === '') return false;
  return typeof value !== 'object' || Object.values(value).length > 0;
}

/** Object name → the fields that told something in any of the views seen, at any depth. */
function collect(filled: Map<string, Set<string>>, value: unknown): void {
  if (Array.isArray(value)) {
    for (const entry of value) collect(filled, entry);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const view = value as View;
  const name = view['object'];
  if (typeof name === 'string') {
    const fields = filled.get(name) ?? new Set();
    for (const [field, entry] of Object.entries(view)) if (tellsSomething(entry)) fields.add(field);
    filled.set(name, fields);
  }
  for (const entry of Object.values(view)) collect(filled, entry);
}

async function fillCatalog({ stripe, request }: TestAccount, meter: string): Promise<unknown[]> {
  const product = await stripe.products.create({
    name: 'Everything',
    description: 'All of it',
    images: ['https://example.com/a.png'],
    marketing_features: [{ name: 'fast' }],
    metadata: { k: 'v' },
    package_dimensions: { height: 1, length: 2, weight: 3, width: 4 },
    shippable: true,
    statement_descriptor: 'EVERYTHING',
    unit_label: 'unit',
    url: 'https://example.com',
    default_price_data: { currency: 'usd', unit_amount: 500 },
  });
  const packages = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 4,
    transform_quantity: { divide_by: 100, round: 'up' },
    recurring: { interval: 'month', usage_type: 'metered', meter },
    product: product.id,
    nickname: 'packages',
    lookup_key: 'packages',
    metadata: { k: 'v' },
    currency_options: { eur: { unit_amount: 3 } },
    expand: ['currency_options'],
  });
  const tiers = await stripe.prices.create({
    currency: 'usd',
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 10, unit_amount: 5, flat_amount: 100 },
      { up_to: 'inf', unit_amount_decimal: '0.5' as never },
    ],
    recurring: { interval: 'month', usage_type: 'metered', meter },
    product: product.id,
    expand: ['tiers'],
  });
  const licensed = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 2000,
    recurring: { interval: 'month' },
    product: product.id,
  });
  const item = await request('GET', `/v1/prices/${packages.id}`);
  return [product, packages, tiers, licensed, item.body];
}

/** What can be taken off and added to an invoice. */
async function fillTerms({ stripe, accountId }: TestAccount, product: string): Promise<unknown[]> {
  const limits = { max_redemptions: 5, metadata: { k: 'v' } };
  const soon = Math.floor(Date.now() / 1000) + 86_400;
  const coupon = await stripe.coupons.create({
    ...limits,
    amount_off: 500,
    currency: 'usd',
    currency_options: { eur: { amount_off: 400 } },
    applies_to: { products: [product] },
    duration: 'repeating',
    duration_in_months: 3,
    name: 'Off',
    redeem_by: soon,
    expand: ['applies_to', 'currency_options'],
  });
  const customer = await stripe.customers.create({ balance: -700 });
  const code = await stripe.promotionCodes.create({
    ...limits,
    promotion: { type: 'coupon', coupon: coupon.id },
    customer: customer.id,
    expires_at: soon,
    restrictions: { first_time_transaction: true, minimum_amount: 100, minimum_amount_currency: 'usd' },
  });
  const purchase = { customerId: customer.id, currency: 'usd', amount: 100n, hasPaidBefore: false };
  await directly({ accountId, livemode: true }, async (context) => {
    const asked = { kind: 'promotion_code', id: code.id } as const;
    await countRedemption(context, await requireRedeemable(context, asked, purchase, 'discounts'), 'discounts');
  });
  return [
    coupon,
    await stripe.coupons.create({ percent_off: 12.5 }),
    await stripe.coupons.retrieve(coupon.id),
    await stripe.promotionCodes.retrieve(code.id),
    await stripe.taxRates.create({
      display_name: 'VAT',
      inclusive: true,
      percentage: 20.5,
      country: 'DE',
      state: 'BE',
      jurisdiction: 'Berlin',
      description: 'of Berlin',
      tax_type: 'vat',
      metadata: { k: 'v' },
    }),
    await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'DE123456789' }),
    await stripe.customers.createBalanceTransaction(customer.id, {
      amount: 200,
      currency: 'usd',
      description: 'sorry',
      metadata: { k: 'v' },
    }),
    await stripe.customers.retrieve(customer.id, { expand: ['tax_ids', 'invoice_credit_balance'] }),
  ];
}

/** A one-off invoice that is given all that it can have: paid out of band, given up, and charged. */
async function fillInvoices({ stripe }: TestAccount, customer: string, subscription: string): Promise<unknown[]> {
  const half = await stripe.coupons.create({ percent_off: 50 });
  const item = await stripe.invoiceItems.create({
    customer,
    subscription,
    amount: 700,
    discounts: [{ coupon: half.id }],
    expand: ['discounts'],
    description: 'Set-up',
    metadata: { k: 'v' },
    tax_rates: [(await stripe.taxRates.create({ display_name: 'GST', inclusive: true, percentage: 5 })).id],
  });
  const credited = await stripe.invoices.create({ customer });
  await stripe.invoices.addLines(credited.id, { lines: [{ amount: -300 }] });
  const seen: unknown[] = [item, await stripe.invoices.finalizeInvoice(credited.id)];
  seen.push(await stripe.customers.listBalanceTransactions(customer));
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'repeating', duration_in_months: 3 });
  const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id } });
  const discounts = [{ promotion_code: code.id }];
  for (const settle of ['pay', 'giveUp', 'charge']) {
    const { id } = await stripe.invoices.create({ customer, description: 'May', metadata: { k: 'v' }, discounts });
    seen.push(await stripe.invoices.retrieve(id, { expand: ['discounts'] }));
    const draft = await stripe.invoices.addLines(id, { lines: [{ amount: 500 }] });
    seen.push(draft, await stripe.invoiceItems.list({ invoice: id }), await stripe.invoices.finalizeInvoice(id));
    const expand = ['payments', 'confirmation_secret'];
    seen.push(await stripe.invoices.retrieve(id, { expand }));
    if (settle === 'pay') seen.push(await stripe.invoices.pay(id, { paid_out_of_band: true, expand }));
    else if (settle === 'giveUp') seen.push(await stripe.invoices.markUncollectible(id));
    // The built-in gateway does nothing for live accounts.
    else if (!draft.livemode) seen.push(await stripe.invoices.pay(id, { payment_method: 'pm_card_visa', expand }));
    if (settle !== 'giveUp') seen.push(...(await fillCreditNotes(stripe, draft)));
  }
  return seen;
}

/** One account in which everything that can be filled is filled; returns every view that it showed. */
async function tellEverything(account: TestAccount): Promise<unknown[]> {
  const { stripe } = account;
  const meter = await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
    event_time_window: 'hour',
  });
  const [product, packages, tiers, licensed] = (await fillCatalog(account, meter.id)) as { id: string }[];
  const customer = await stripe.customers.create({
    name: 'Jenny Rosen',
    email: 'jenny@example.com',
    description: 'first',
    phone: '+3906',
    business_name: 'Rosen Ltd',
    individual_name: 'Jenny',
    address: { city: 'Rome', country: 'IT', line1: 'Via 1' },
    shipping: { name: 'Jenny', address: { line1: 'Via 2' } },
    preferred_locales: ['it'],
    invoice_settings: { footer: 'Thank you', custom_fields: [{ name: 'PO', value: '42' }] },
    metadata: { k: 'v' },
  });
  const event = await stripe.billing.meterEvents.create({
    event_name: 'tokens',
    payload: { stripe_customer_id: customer.id, value: '30' },
  });
  const classic = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: tiers!.id, metadata: { k: 'v' } }],
    billing_mode: { type: 'classic' },
    description: 'classic',
    metadata: { k: 'v' },
    expand: ['latest_invoice', 'items.data.price.tiers'],
  });
  await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'IT12345678901' });
  const vat = await stripe.taxRates.create({ display_name: 'IVA', inclusive: false, percentage: 22 });
  const discounts = [{ coupon: (await stripe.coupons.create({ percent_off: 5, duration: 'forever' })).id }];
  const sent = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: licensed!.id, quantity: 3, tax_rates: [vat.id], discounts }, { price: packages!.id }],
    default_tax_rates: [vat.id],
    discounts,
    collection_method: 'send_invoice',
    days_until_due: 30,
    expand: ['latest_invoice', 'discounts', 'items.data.discounts'],
  });
  const previews = [
    await stripe.invoices.createPreview({ subscription: classic.id }),
    await stripe.invoices.createPreview({ subscription: sent.id }),
  ];
  const invoices = await fillInvoices(account, customer.id, sent.id);
  const [seats] = sent.items.data;
  await stripe.subscriptionItems.update(seats!.id, { quantity: 4 });
  const prorations = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
  const canceled = await stripe.subscriptions.cancel(sent.id, {
    cancellation_details: { comment: 'bye', feedback: 'unused' },
  });
  await stripe.products.update(product!.id, { description: 'More of it' });
  const end = Math.floor(Date.now() / 60_000) * 60 + 60;
  return [
    meter,
    await stripe.billing.meters.deactivate(meter.id),
    await stripe.billing.meters.listEventSummaries(meter.id, {
      customer: customer.id,
      start_time: end - 600,
      end_time: end,
    }),
    event,
    product,
    packages,
    tiers,
    await fillTerms(account, product!.id),
    await stripe.customers.retrieve(customer.id, { expand: ['subscriptions'] }),
    classic,
    sent,
    canceled,
    previews,
    await stripe.paymentIntents.create({ amount: 1000, currency: 'usd' }),
    await stripe.setupIntents.create(),
    invoices,
    prorations,
    await stripe.events.list({ limit: 100 }),
  ];
}

/** A refund of a payment with this card. */
async function refundOf(stripe: Stripe, card: string) {
  const order = { amount: 1000, currency: 'usd', confirm: true, payment_method: card };
  const { id } = await stripe.paymentIntents.create(order);
  return await stripe.refunds.create({ payment_intent: id });
}

/** Refunds in every state. */
async function tellRefunds(stripe: Stripe, charge: string): Promise<unknown[]> {
  const { id: failing } = await refundOf(stripe, 'pm_card_refundFail');
  return [
    await stripe.refunds.create({ charge, amount: 1, reason: 'duplicate', metadata: { k: 'v' } }),
    await refundOf(stripe, 'pm_card_pendingRefund'),
    await eventually(
      () => stripe.refunds.retrieve(failing),
      ({ status }) => status === 'failed',
    ),
  ];
}

/** What is paid with a method of its own. */
async function tellDefaults(stripe: Stripe, customer: string): Promise<unknown[]> {
  const { id: own } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  const recurring = { interval: 'month' as const };
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 500,
    recurring,
    product_data: { name: 'Seats' },
  });
  const items = [{ price: price.id }];
  return [
    await stripe.invoices.create({ customer, default_payment_method: own }),
    await stripe.subscriptions.create({ customer, items, default_payment_method: own, expand: ['latest_invoice'] }),
  ];
}

/** What payments tell, in an account for tests, which is the only kind that can pay. */
async function tellPayments({ stripe, request }: TestAccount): Promise<unknown[]> {
  const address = { city: 'Rome', country: 'IT', line1: 'Via 1', postal_code: '00100' };
  const described = await stripe.paymentMethods.create({
    type: 'card',
    card: { number: '4242424242424242', exp_month: 1, exp_year: 2040, cvc: '123' },
    billing_details: { address, email: 'jenny@example.com', name: 'Jenny', phone: '1', tax_id: '1' },
    allow_redisplay: 'always',
    metadata: { k: 'v' },
  });
  const { id: customer } = await stripe.customers.create({ payment_method: described.id });
  const terms = { amount: 1000, currency: 'usd', customer, description: 'd', metadata: { k: 'v' } };
  const paid = await stripe.paymentIntents.create({
    ...terms,
    confirm: true,
    payment_method: described.id,
    receipt_email: 'jenny@example.com',
    setup_future_usage: 'off_session',
    shipping: { name: 'Jenny', address, carrier: 'c', phone: '1', tracking_number: 't' },
    statement_descriptor_suffix: 'x',
  });
  const charge = paid.latest_charge as string;
  const refunds = await tellRefunds(stripe, charge);
  await stripe.charges.update(charge, { fraud_details: { user_report: 'safe' } });
  const asking = { confirm: true, payment_method: 'pm_card_authenticationRequired', description: 'd' };
  const onlyCards = { allowed_payment_method_types: ['card' as const], metadata: { k: 'v' }, customer };
  const waiting = await stripe.paymentIntents.create({ ...terms, ...asking, ...onlyCards });
  const setup = await stripe.setupIntents.create({ ...asking, ...onlyCards });
  await request('POST', `/v1/usance/setup_intents/${setup.id}/authenticate`, { outcome: 'fail' });
  const bill = await stripe.invoices.create({ customer });
  await stripe.invoices.addLines(bill.id, { lines: [{ amount: 500 }] });
  await stripe.invoices.pay(bill.id, { payment_method: described.id });
  const declined = { ...terms, confirm: true, payment_method: 'pm_card_chargeDeclined' };
  await expect(stripe.paymentIntents.create(declined)).rejects.toMatchObject({ code: 'card_declined' });
  const debit = { ...terms, statement_descriptor: 'X', confirm: true, payment_method: 'pm_usBankAccount' };
  return [
    refunds,
    await stripe.creditNotes.create({ invoice: bill.id, amount: 5, refund_amount: 5 }),
    setup,
    await tellDefaults(stripe, customer),
    await stripe.setupIntents.create(),
    await stripe.paymentIntents.create({ ...debit, expand: ['payment_method'] }),
    await stripe.paymentIntents.cancel(waiting.id, { cancellation_reason: 'abandoned' }),
    await stripe.setupIntents.cancel(setup.id, { cancellation_reason: 'abandoned' }),
    await stripe.charges.retrieve(charge, { expand: ['refunds'] }),
    await stripe.charges.list(),
    await stripe.paymentMethods.list({ customer }),
    await stripe.events.list({ limit: 100 }),
  ];
}

test.skipIf(oracle === undefined)(
  'fields that never tell anything are listed with the reason, and no others',
  async () => {
    const account = await newAccount({ livemode: true });
    const filled = new Map<string, Set<string>>();
    collect(filled, await tellEverything(account));
    collect(filled, await tellClocks(await newAccount()));
    collect(filled, await tellSchedules(account, await account.stripe.customers.create()));
    collect(filled, await tellCompleted(await newAccount()));
    collect(filled, await tellEndings(await newAccount()));
    collect(filled, await tellPayments(await newAccount()));
    collect(filled, await tellUnpaid());
    collect(filled, await tellPendingUpdate());
    for (const [name, reasons] of Object.entries(UNFILLED_FIELDS)) {
      const fields = Object.keys(oracle!.components.schemas[name]!.properties!);
      const empty = fields.filter((field) => !filled.get(name)?.has(field));
      expect({ name, empty: empty.toSorted() }).toEqual({ name, empty: Object.keys(reasons).toSorted() });
    }
  },
  // It makes one of everything, one after the other.
  60_000,
);
