import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newDesk, newDraft } from '../support/billed.ts';
import { eventTypes, plain, refusal } from '../support/shop.ts';

describe('an invoice item', () => {
  test('of an amount is pending until an invoice takes it', async () => {
    const { stripe, customer } = await newDesk();
    const item = await stripe.invoiceItems.create({
      customer: customer.id,
      amount: 1250,
      currency: 'usd',
      description: 'Set-up',
      metadata: { a: '1' },
      period: { start: 1_700_000_000, end: 1_700_086_400 },
    });
    expect(item.id).toMatch(/^ii_\w{24}$/);
    expect(plain(item)).toMatchObject({
      amount: 1250,
      currency: 'usd',
      customer: customer.id,
      description: 'Set-up',
      discountable: true,
      invoice: null,
      metadata: { a: '1' },
      parent: null,
      period: { start: 1_700_000_000, end: 1_700_086_400 },
      pricing: { type: 'price_details', unit_amount_decimal: '1250' },
      proration: false,
      quantity: 1,
      quantity_decimal: '1',
    });
    expect(await stripe.invoiceItems.retrieve(item.id)).toEqual(item);
    const after = await stripe.customers.retrieve(customer.id);
    expect(after).toMatchObject({ currency: 'usd' });
    expect(await eventTypes(stripe, 'invoiceitem.', 'customer.updated')).toEqual([
      'customer.updated',
      'invoiceitem.created',
    ]);
  });

  test.each([
    ['a price', { quantity: 3 }, 1500, '3', 'Set-up'],
    ['a price and a fraction of it', { quantity_decimal: Stripe.Decimal.from('1.25') }, 625, '1.25', 'Set-up'],
    ['a price with words of its own', { description: 'Twice', quantity: 2 }, 1000, '2', 'Twice'],
  ])('of %s charges it', async (_, params, amount, quantity, description) => {
    const { stripe, customer, price, product } = await newDesk();
    const item = await stripe.invoiceItems.create({ customer: customer.id, pricing: { price: price.id }, ...params });
    expect(plain(item)).toMatchObject({
      amount,
      quantity_decimal: quantity,
      quantity: Math.floor(Number(quantity)),
      description,
      pricing: { price_details: { price: price.id, product: product.id }, unit_amount_decimal: '500' },
    });
  });

  test('of an inline price gets an inactive price of its own', async () => {
    const { stripe, customer, product } = await newDesk();
    const item = await stripe.invoiceItems.create({
      customer: customer.id,
      price_data: { currency: 'usd', product: product.id, unit_amount_decimal: Stripe.Decimal.from('0.5') },
      quantity: 7,
    });
    // 7 × 0.5 = 3.5 cents, rounded half away from zero.
    expect(item.amount).toBe(4);
    const price = await stripe.prices.retrieve(item.pricing!.price_details!.price as string);
    expect(plain(price)).toMatchObject({
      active: false,
      type: 'one_time',
      unit_amount_decimal: '0.5',
      product: product.id,
    });
  });

  test('of a unit amount may be a credit, which no discount reduces', async () => {
    const { stripe, customer } = await newDesk();
    const item = await stripe.invoiceItems.create({
      customer: customer.id,
      unit_amount_decimal: Stripe.Decimal.from('-2.5'),
      quantity: 3,
    });
    expect(plain(item)).toMatchObject({ amount: -8, discountable: false, pricing: { unit_amount_decimal: '-2.5' } });
  });

  test('in the currency option of a price', async () => {
    const { stripe, customer, price } = await newDesk();
    const item = await stripe.invoiceItems.create({
      customer: customer.id,
      currency: 'eur',
      pricing: { price: price.id },
    });
    expect(item).toMatchObject({ amount: 400, currency: 'eur' });
  });

  test('changes, and a draft that has it follows', async () => {
    const desk = await newDesk();
    const { stripe, customer, price } = desk;
    const draft = await newDraft(desk);
    const item = await stripe.invoiceItems.create({ invoice: draft.id, pricing: { price: price.id } });
    expect(item).toMatchObject({ customer: customer.id, invoice: draft.id, amount: 500 });
    const changed = await stripe.invoiceItems.update(item.id, {
      quantity: 4,
      description: 'Four',
      metadata: { a: '1' },
      discountable: false,
    });
    expect(changed).toMatchObject({ amount: 2000, description: 'Four', quantity: 4, metadata: { a: '1' } });
    const after = await stripe.invoices.retrieve(draft.id);
    expect(after).toMatchObject({ subtotal: 2000, total: 2000, amount_due: 2000 });
    expect(plain(after.lines.data)).toMatchObject([
      {
        amount: 2000,
        description: 'Four',
        discountable: false,
        metadata: { a: '1' },
        parent: {
          type: 'invoice_item_details',
          invoice_item_details: { invoice_item: item.id, subscription: null },
          subscription_item_details: null,
        },
        quantity: 4,
      },
    ]);
    const own = await stripe.invoiceItems.update(item.id, { amount: 99 });
    expect(plain(own)).toMatchObject({ amount: 99, quantity: 1, pricing: { unit_amount_decimal: '99' } });
    expect(own.pricing).not.toHaveProperty('price_details');
    const many = await stripe.invoiceItems.update(item.id, { quantity_decimal: Stripe.Decimal.from('2.5') });
    expect(many.amount).toBe(248);
    expect(await stripe.invoiceItems.del(item.id)).toEqual({ id: item.id, object: 'invoiceitem', deleted: true });
    expect(await stripe.invoices.retrieve(draft.id)).toMatchObject({ total: 0, lines: { data: [] } });
    expect(await refusal(stripe.invoiceItems.retrieve(item.id))).toMatchObject({
      status: 404,
      code: 'resource_missing',
    });
    expect(await eventTypes(stripe, 'invoice')).toEqual([
      'invoice.created',
      'invoiceitem.created',
      ...Array.from({ length: 4 }, () => 'invoice.updated'),
      'invoiceitem.deleted',
      'invoice.updated',
    ]);
  });

  test('belongs to a subscription where it names one', async () => {
    const { stripe, customer } = await newDesk();
    const seats = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 900,
      recurring: { interval: 'month' },
      product_data: { name: 'Seats' },
    });
    const terms = { collection_method: 'send_invoice', days_until_due: 7 } as const;
    const items = [{ price: seats.id }];
    const { id: subscription } = await stripe.subscriptions.create({ customer: customer.id, items, ...terms });
    const item = await stripe.invoiceItems.create({ customer: customer.id, amount: 100, subscription });
    expect(item.parent).toEqual({ subscription_details: { subscription }, type: 'subscription_details' });
    await stripe.invoiceItems.create({ customer: customer.id, amount: 30 });
    const only = await stripe.invoices.create({
      customer: customer.id,
      subscription,
      pending_invoice_items_behavior: 'include',
    });
    expect(only).toMatchObject({ total: 100, billing_reason: 'manual' });
    expect(only.parent!.subscription_details).toMatchObject({ subscription, metadata: {} });
    expect(await refusal(stripe.invoices.del(only.id))).toMatchObject({ code: 'invoice_not_editable' });
    await stripe.subscriptions.cancel(subscription);
    expect(await refusal(stripe.invoiceItems.create({ customer: customer.id, amount: 1, subscription }))).toMatchObject(
      { status: 400, param: 'subscription' },
    );
  });
});

test('invoice items are listed by customer, invoice, state and time', async () => {
  const desk = await newDesk();
  const { stripe, customer } = desk;
  const draft = await newDraft(desk);
  const attached = await stripe.invoiceItems.create({ customer: customer.id, amount: 1, invoice: draft.id });
  const pending = await stripe.invoiceItems.create({ customer: customer.id, amount: 2 });
  const other = await stripe.customers.create({});
  const ids = async (params: Stripe.InvoiceItemListParams) =>
    (await stripe.invoiceItems.list(params)).data.map(({ id }) => id);
  expect(await ids({})).toEqual([pending.id, attached.id]);
  expect(await ids({ customer: customer.id })).toEqual([pending.id, attached.id]);
  expect(await ids({ customer: other.id })).toEqual([]);
  expect(await ids({ invoice: draft.id })).toEqual([attached.id]);
  expect(await ids({ pending: true })).toEqual([pending.id]);
  expect(await ids({ pending: false })).toEqual([attached.id]);
  expect(await ids({ created: { lt: attached.date } })).toEqual([]);
  expect(await ids({ limit: 1, starting_after: pending.id })).toEqual([attached.id]);
  const expanded = await stripe.invoiceItems.list({ expand: ['data.invoice', 'data.customer'], invoice: draft.id });
  expect(expanded.data[0]).toMatchObject({
    invoice: { id: draft.id, object: 'invoice' },
    customer: { id: customer.id },
  });
  expect(await refusal(stripe.invoiceItems.list({ customer: 'cus_no' }))).toMatchObject({ param: 'customer' });
  expect(await refusal(stripe.invoiceItems.list({ invoice: 'in_no' }))).toMatchObject({ param: 'invoice' });
});

describe('an invoice item is refused', () => {
  type Make = (desk: Awaited<ReturnType<typeof newDesk>>) => Promise<Stripe.InvoiceItemCreateParams>;
  const cases: [name: string, make: Make, error: object][] = [
    ['without a customer', async () => ({ amount: 1 }), { code: 'parameter_missing', param: 'customer' }],
    ['of nobody', async () => ({ amount: 1, customer: 'cus_no' }), { code: 'resource_missing', param: 'customer' }],
    [
      'without an amount',
      async ({ customer }) => ({ customer: customer.id }),
      { code: 'parameter_missing', param: 'amount' },
    ],
    [
      'of an amount and a price',
      async ({ customer, price }) => ({ customer: customer.id, amount: 1, pricing: { price: price.id } }),
      { code: 'parameters_exclusive', param: 'amount' },
    ],
    [
      'of an amount and a quantity',
      async ({ customer }) => ({ customer: customer.id, amount: 1, quantity: 2 }),
      { code: 'parameters_exclusive', param: 'amount' },
    ],
    [
      'of two quantities',
      async ({ customer, price }) => ({
        customer: customer.id,
        pricing: { price: price.id },
        quantity: 2,
        quantity_decimal: Stripe.Decimal.from('2'),
      }),
      { code: 'parameters_exclusive', param: 'quantity' },
    ],
    [
      'of more than 8 digits',
      async ({ customer }) => ({ customer: customer.id, amount: 100_000_000 }),
      { code: 'amount_too_large', param: 'amount' },
    ],
    [
      'of more than 8 digits below zero',
      async ({ customer }) => ({ customer: customer.id, amount: -100_000_000 }),
      { code: 'amount_too_large', param: 'amount' },
    ],
    [
      'of a quantity that comes to more than 8 digits',
      async ({ customer, price }) => ({ customer: customer.id, pricing: { price: price.id }, quantity: 200_000 }),
      { code: 'amount_too_large', param: 'quantity' },
    ],
    [
      'of an unknown price',
      async ({ customer }) => ({ customer: customer.id, pricing: { price: 'price_no' } }),
      { code: 'resource_missing', param: 'pricing[price]' },
    ],
    [
      'of an inactive price',
      async ({ stripe, customer, price }) => {
        await stripe.prices.update(price.id, { active: false });
        return { customer: customer.id, pricing: { price: price.id } };
      },
      { param: 'pricing[price]' },
    ],
    [
      'of a recurring price',
      async ({ stripe, customer, product }) => {
        const recurring = { interval: 'month' } as const;
        const price = await stripe.prices.create({ currency: 'usd', unit_amount: 1, product: product.id, recurring });
        return { customer: customer.id, pricing: { price: price.id } };
      },
      { param: 'pricing[price]', message: expect.stringContaining('type=one_time') },
    ],
    [
      'of a price without the currency',
      async ({ customer, price }) => ({ customer: customer.id, currency: 'jpy', pricing: { price: price.id } }),
      { param: 'pricing[price]', message: expect.stringContaining('`jpy`') },
    ],
    [
      'of an inline price in another currency',
      async ({ customer, product }) => ({
        customer: customer.id,
        currency: 'usd',
        price_data: { currency: 'eur', product: product.id, unit_amount: 1 },
      }),
      { param: 'price_data[currency]' },
    ],
    [
      'of an inline price of an unknown product',
      async ({ customer }) => ({
        customer: customer.id,
        price_data: { currency: 'usd', product: 'prod_no', unit_amount: 1 },
      }),
      { code: 'resource_missing', param: 'price_data[product]' },
    ],
    [
      "in another currency than the customer's",
      async ({ stripe, customer }) => {
        await stripe.invoiceItems.create({ customer: customer.id, amount: 1, currency: 'usd' });
        return { customer: customer.id, amount: 1, currency: 'eur' };
      },
      { message: expect.stringContaining('You cannot combine currencies on a single customer.') },
    ],
    [
      'in another currency than its invoice',
      async (desk) => ({ amount: 1, currency: 'eur', invoice: (await newDraft(desk, [], { currency: 'usd' })).id }),
      { param: 'currency' },
    ],
    [
      'for a period that ends before it starts',
      async ({ customer }) => ({ customer: customer.id, amount: 1, period: { start: 2, end: 1 } }),
      { param: 'period[end]' },
    ],
    [
      'on an unknown invoice',
      async ({ customer }) => ({ customer: customer.id, amount: 1, invoice: 'in_no' }),
      { code: 'resource_missing', param: 'invoice' },
    ],
    [
      "on another customer's invoice",
      async (desk) => {
        const other = await desk.stripe.customers.create({});
        return { customer: other.id, amount: 1, invoice: (await newDraft(desk)).id };
      },
      { param: 'invoice' },
    ],
    [
      'on an invoice that is final',
      async (desk) => {
        const { id } = await newDraft(desk, [100]);
        await desk.stripe.invoices.finalizeInvoice(id);
        return { amount: 1, invoice: id };
      },
      { code: 'invoice_not_editable', message: 'This invoice is no longer editable.' },
    ],
  ];
  test.each(cases)('%s', async (_, make, error) => {
    const desk = await newDesk();
    const params = await make(desk);
    const before = await desk.stripe.events.list({ limit: 100 });
    expect(await refusal(desk.stripe.invoiceItems.create(params))).toMatchObject({ status: 400, ...error });
    expect((await desk.stripe.events.list({ limit: 100 })).data).toEqual(before.data);
  });

  test('a change and a deletion of one that is on a final invoice', async () => {
    const desk = await newDesk();
    const { id, lines } = await newDraft(desk, [100]);
    await desk.stripe.invoices.finalizeInvoice(id);
    const item = lines.data[0]!.parent!.invoice_item_details!.invoice_item;
    const error = { status: 400, code: 'invoice_not_editable' };
    expect(await refusal(desk.stripe.invoiceItems.update(item, { amount: 1 }))).toMatchObject(error);
    expect(await refusal(desk.stripe.invoiceItems.del(item))).toMatchObject(error);
    expect(await desk.stripe.invoiceItems.retrieve(item)).toMatchObject({ amount: 100, invoice: id });
  });

  test('beyond 250 that are pending', async () => {
    const desk = await newDesk();
    const { stripe, customer, account } = desk;
    const { id: draft } = await newDraft(
      desk,
      Array.from({ length: 250 }, () => 1),
    );
    const all = await stripe.invoices.listLineItems(draft, { limit: 100 }).autoPagingToArray({ limit: 300 });
    const lines = all.map(({ id }) => ({ id, behavior: 'unassign' as const }));
    await stripe.invoices.removeLines(draft, { lines });
    const error = await refusal(stripe.invoiceItems.create({ customer: customer.id, amount: 1 }));
    expect(error).toMatchObject({ status: 400, param: 'customer' });
    const params = { customer: customer.id, pending_invoice_items_behavior: 'include' } as const;
    const invoice = await stripe.invoices.create(params);
    expect(invoice).toMatchObject({ total: 250, lines: { has_more: true } });
    expect(invoice.lines.data).toHaveLength(10);
    const full = await account.request('POST', `/v1/invoices/${invoice.id}/add_lines`, { 'lines[0][amount]': '1' });
    expect(full.body.error).toMatchObject({ param: 'lines' });
  });
});
