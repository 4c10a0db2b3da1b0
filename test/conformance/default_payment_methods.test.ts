import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { errorOf, eventually, newPayer } from '../support/payer.ts';
import { eventTypes, licensedPrice } from '../support/shop.ts';

/** A customer with a method of each level: that of the customer is its default, the others are attached. */
async function newWallet() {
  const payer = await newPayer();
  const { stripe, customer, method } = payer;
  const attach = (name: string) => stripe.paymentMethods.attach(name, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  const [ofSubscription, ofInvoice, ofRequest] = [
    await attach('pm_card_mastercard'),
    await attach('pm_card_amex'),
    await attach('pm_card_discover'),
  ];
  const price = await licensedPrice(stripe);
  return {
    ...payer,
    price,
    methods: { customer: method, subscription: ofSubscription, invoice: ofInvoice, ofRequest },
  };
}

type Wallet = Awaited<ReturnType<typeof newWallet>>;

async function subscribe({ stripe, customer, price }: Wallet, params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  return await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params });
}

/** An open invoice of 12.34 that nobody collects. */
async function newOpen({ stripe, customer }: Pick<Wallet, 'stripe' | 'customer'>, params: object = {}) {
  const { id } = await stripe.invoices.create({ customer: customer.id, ...params });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount: 1234 });
  return await stripe.invoices.finalizeInvoice(id, { auto_advance: false });
}

async function intentOf({ stripe }: Pick<Wallet, 'stripe'>, invoiceId: string): Promise<Stripe.PaymentIntent> {
  const expand = ['payments.data.payment.payment_intent'];
  const { payments } = await stripe.invoices.retrieve(invoiceId, { expand });
  return payments!.data[0]!.payment.payment_intent as Stripe.PaymentIntent;
}

describe('what pays', () => {
  test.each([
    ['the request', { ofSubscription: true, ofInvoice: true, ofRequest: true }, 'ofRequest'],
    ['the invoice', { ofSubscription: true, ofInvoice: true, ofRequest: false }, 'invoice'],
    ['the subscription', { ofSubscription: true, ofInvoice: false, ofRequest: false }, 'subscription'],
    ['the customer', { ofSubscription: false, ofInvoice: false, ofRequest: false }, 'customer'],
  ] as const)('is what %s names, before all that is more general', async (_, given, paying) => {
    const wallet = await newWallet();
    const { stripe, methods } = wallet;
    const { id: subscription } = await subscribe(wallet, {
      collection_method: 'send_invoice',
      days_until_due: 3,
      ...(given.ofSubscription ? { default_payment_method: methods.subscription.id } : {}),
    });
    const { id } = await newOpen(wallet, {
      subscription,
      ...(given.ofInvoice ? { default_payment_method: methods.invoice.id } : {}),
    });
    await stripe.invoices.pay(id, given.ofRequest ? { payment_method: methods.ofRequest.id } : {});
    expect((await intentOf(wallet, id)).payment_method).toBe(methods[paying].id);
  });

  test('by itself it is the same: the first invoice by the subscription, one of its own by the invoice', async () => {
    const wallet = await newWallet();
    const { stripe, customer, methods } = wallet;
    const { latest_invoice: first } = await subscribe(wallet, { default_payment_method: methods.subscription.id });
    expect((await intentOf(wallet, first as string)).payment_method).toBe(methods.subscription.id);
    const draft = await stripe.invoices.create({ customer: customer.id });
    await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 1234 });
    await stripe.invoices.update(draft.id, { default_payment_method: methods.invoice.id });
    expect((await stripe.invoices.finalizeInvoice(draft.id, { auto_advance: true })).status).toBe('paid');
    expect((await intentOf(wallet, draft.id)).payment_method).toBe(methods.invoice.id);
  });

  test('a subscription needs nothing of its customer where it has a method itself', async () => {
    const { stripe, customer, method } = await newPayer();
    const price = await licensedPrice(stripe);
    const order = { customer: customer.id, items: [{ price: price.id }], expand: ['latest_invoice'] };
    expect(await errorOf(stripe.subscriptions.create(order))).toMatchObject({ code: 'resource_missing' });
    const { latest_invoice: first } = await stripe.subscriptions.create({
      ...order,
      default_payment_method: method.id,
    });
    expect(first).toMatchObject({ status: 'paid', default_payment_method: null });
  });
});

test('it is told, expanded, changed and cleared', async () => {
  const wallet = await newWallet();
  const { stripe, methods } = wallet;
  const expand = ['default_payment_method'];
  const made = await subscribe(wallet, { default_payment_method: methods.subscription.id, expand });
  expect(made.default_payment_method).toEqual(methods.subscription);
  const changed = await stripe.subscriptions.update(made.id, { default_payment_method: methods.customer.id });
  expect(changed.default_payment_method).toBe(methods.customer.id);
  const cleared = await stripe.subscriptions.update(made.id, { default_payment_method: '' });
  expect(cleared.default_payment_method).toBeNull();
  const { id } = await newOpen(wallet, { default_payment_method: methods.invoice.id });
  expect((await stripe.invoices.retrieve(id, { expand })).default_payment_method).toEqual(methods.invoice);
  const other = await stripe.invoices.update(id, { default_payment_method: methods.customer.id });
  expect(other.default_payment_method).toBe(methods.customer.id);
  expect(await stripe.invoices.update(id, { default_payment_method: '' })).toMatchObject({
    default_payment_method: null,
    status: 'open',
  });
});

test('whoever detaches a method takes it from all that it was to pay, but not from what it paid', async () => {
  const wallet = await newWallet();
  const { stripe, customer, methods } = wallet;
  const named = { default_payment_method: methods.invoice.id };
  const [paid, open] = [await newOpen(wallet, named), await newOpen(wallet, named)];
  await stripe.invoices.pay(paid.id);
  const draft = await stripe.invoices.create({ customer: customer.id, ...named });
  const living = await subscribe(wallet, named);
  const ended = await subscribe(wallet, named);
  await stripe.subscriptions.cancel(ended.id);
  await stripe.paymentMethods.detach(methods.invoice.id);
  for (const id of [open.id, draft.id]) {
    expect((await stripe.invoices.retrieve(id)).default_payment_method).toBeNull();
  }
  expect((await stripe.subscriptions.retrieve(living.id)).default_payment_method).toBeNull();
  expect((await stripe.invoices.retrieve(paid.id)).default_payment_method).toBe(methods.invoice.id);
  expect((await stripe.subscriptions.retrieve(ended.id)).default_payment_method).toBe(methods.invoice.id);
  expect((await eventTypes(stripe)).slice(-4)).toEqual([
    'customer.subscription.updated',
    'invoice.updated',
    'invoice.updated',
    'payment_method.detached',
  ]);
  expect(await stripe.invoices.pay(open.id)).toMatchObject({ status: 'paid' });
  expect((await intentOf(wallet, open.id)).payment_method).toBe(methods.customer.id);
});

test('a method that is named while it is detached is named by nothing afterwards', async () => {
  const wallet = await newWallet();
  const { stripe, customer } = wallet;
  const { id: invoice } = await newOpen(wallet);
  const { id: subscription } = await subscribe(wallet);
  for (let round = 0; round < 8; round++) {
    const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const named = { default_payment_method: id };
    await Promise.allSettled([
      stripe.invoices.update(invoice, named),
      stripe.paymentMethods.detach(id),
      stripe.subscriptions.update(subscription, named),
    ]);
    expect((await stripe.paymentMethods.retrieve(id)).customer).toBeNull();
    expect((await stripe.invoices.retrieve(invoice)).default_payment_method).toBeNull();
    expect((await stripe.subscriptions.retrieve(subscription)).default_payment_method).toBeNull();
  }
});

describe('only the method of the customer', () => {
  test.each<[string, (wallet: Wallet, id: string) => Promise<unknown>]>([
    [
      'a new invoice',
      ({ stripe, customer }, id) => stripe.invoices.create({ customer: customer.id, default_payment_method: id }),
    ],
    [
      'an open invoice',
      async (wallet, id) => wallet.stripe.invoices.update((await newOpen(wallet)).id, { default_payment_method: id }),
    ],
    ['a new subscription', (wallet, id) => subscribe(wallet, { default_payment_method: id })],
    [
      'a subscription',
      async (wallet, id) =>
        wallet.stripe.subscriptions.update((await subscribe(wallet)).id, { default_payment_method: id }),
    ],
  ])('can be that of %s', async (_, name) => {
    const wallet = await newWallet();
    const { stripe } = wallet;
    const stranger = await stripe.customers.create();
    const foreign = await stripe.paymentMethods.attach('pm_card_visa', { customer: stranger.id });
    for (const id of [foreign.id, 'pm_none', 'pm_card_visa']) {
      expect(await errorOf(name(wallet, id))).toMatchObject({
        status: 400,
        code: 'resource_missing',
        param: 'default_payment_method',
        message: `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
      });
    }
  });
});

describe('payment_settings', () => {
  test('the types that may pay are those of the invoice, which has them of its subscription', async () => {
    const wallet = await newWallet();
    const { stripe, customer } = wallet;
    const types = { payment_settings: { payment_method_types: ['us_bank_account' as const] } };
    const { id: subscription } = await subscribe(wallet, {
      ...types,
      collection_method: 'send_invoice',
      days_until_due: 3,
    });
    const { data } = await stripe.invoices.list({ subscription });
    expect(data[0]!.payment_settings.payment_method_types).toEqual(['us_bank_account']);
    const preview = await stripe.invoices.createPreview({ subscription });
    expect(preview.payment_settings.payment_method_types).toEqual(['us_bank_account']);
    const open = await newOpen(wallet, types);
    expect(await intentOf(wallet, open.id)).toMatchObject({
      payment_method_types: ['us_bank_account'],
      automatic_payment_methods: null,
    });
    expect(await errorOf(stripe.invoices.pay(open.id))).toMatchObject({
      code: 'payment_intent_incompatible_payment_method',
    });
    const draft = await stripe.invoices.create({ customer: customer.id, ...types });
    const cleared = await stripe.invoices.update(draft.id, { payment_settings: { payment_method_types: '' } });
    expect(cleared.payment_settings.payment_method_types).toBeNull();
  });

  test('types that can not pay in the currency are refused', async () => {
    const { stripe, customer } = await newPayer();
    const payment_settings = { payment_method_types: ['card' as const, 'us_bank_account' as const] };
    const refused = stripe.invoices.create({ customer: customer.id, currency: 'eur', payment_settings });
    expect(await errorOf(refused)).toMatchObject({
      status: 400,
      param: 'payment_settings[payment_method_types]',
      message: 'The payment method types card, us_bank_account cannot all pay in eur.',
    });
  });

  test.each([
    ['a card', 'pm_card_mastercard'],
    ['a bank account, once its debit has come', 'pm_usBankAccount'],
  ])('what pays becomes the default where the subscription keeps it: %s', async (_, name) => {
    const wallet = await newWallet();
    const { stripe } = wallet;
    const { id: subscription } = await subscribe(wallet, {
      collection_method: 'send_invoice',
      days_until_due: 3,
      payment_settings: { save_default_payment_method: 'on_subscription' },
    });
    const { id } = await newOpen(wallet, { subscription });
    await stripe.invoices.pay(id, { payment_method: name });
    const { payment_method: paying, setup_future_usage: usage } = await intentOf(wallet, id);
    expect(usage).toBe('off_session');
    const saved = await eventually(
      () => stripe.subscriptions.retrieve(subscription),
      ({ default_payment_method: method }) => method !== null,
    );
    expect(saved.default_payment_method).toBe(paying);
    expect((await stripe.paymentMethods.retrieve(paying as string)).customer).toBe(wallet.customer.id);
    expect(await eventTypes(stripe)).toContain('customer.subscription.updated');
    // From then on it keeps nothing.
    await stripe.subscriptions.update(subscription, { payment_settings: { save_default_payment_method: 'off' } });
    const next = await newOpen(wallet, { subscription });
    await stripe.invoices.pay(next.id, { payment_method: 'pm_card_visa' });
    expect((await stripe.subscriptions.retrieve(subscription)).default_payment_method).toBe(paying);
  });
});
