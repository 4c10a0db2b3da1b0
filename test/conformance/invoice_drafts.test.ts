import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { type Desk, newDesk, newDraft, SENT } from '../support/billed.ts';
import { plain, refusal } from '../support/shop.ts';

const HOUR = 3600;

describe('a draft', () => {
  test('is made for a customer, and stays one until it is told otherwise', async () => {
    const { stripe, customer } = await newDesk();
    const draft = await stripe.invoices.create({ customer: customer.id });
    expect(draft).toMatchObject({
      amount_due: 0,
      auto_advance: false,
      automatically_finalizes_at: null,
      billing_reason: 'manual',
      collection_method: 'charge_automatically',
      currency: 'usd',
      customer: customer.id,
      description: null,
      due_date: null,
      effective_at: null,
      lines: { data: [], has_more: false, url: `/v1/invoices/${draft.id}/lines` },
      next_payment_attempt: null,
      number: null,
      parent: null,
      period_end: draft.created,
      period_start: draft.created,
      status: 'draft',
    });
    expect(await stripe.invoices.retrieve(draft.id)).toEqual(draft);
  });

  test('takes all that it is given', async () => {
    const { stripe, customer } = await newDesk();
    const params = {
      description: 'Work in May',
      footer: 'Thank you',
      custom_fields: [{ name: 'PO', value: '7' }],
      metadata: { a: '1' },
      number: 'INV-7',
      currency: 'eur',
      effective_at: 1_700_000_000,
    };
    const dueDate = Math.floor(Date.now() / 1000) + 30 * 24 * HOUR;
    const draft = await stripe.invoices.create({
      customer: customer.id,
      collection_method: 'send_invoice',
      due_date: dueDate,
      automatically_finalizes_at: dueDate - HOUR,
      ...params,
    });
    expect(draft).toMatchObject({
      ...params,
      auto_advance: true,
      automatically_finalizes_at: dueDate - HOUR,
      due_date: dueDate,
      next_payment_attempt: null,
    });
    const final = await stripe.invoices.finalizeInvoice(draft.id);
    expect(final).toMatchObject({ number: 'INV-7', effective_at: 1_700_000_000, status: 'paid' });
  });

  test('shows what its customer wants shown, unless it is given its own', async () => {
    const { stripe, customer } = await newDesk();
    const fields = [{ name: 'VAT', value: '1' }];
    await stripe.customers.update(customer.id, { invoice_settings: { footer: 'Bye', custom_fields: fields } });
    const draft = await stripe.invoices.create({ customer: customer.id });
    expect(draft).toMatchObject({ footer: 'Bye', custom_fields: fields });
    const own = await stripe.invoices.create({ customer: customer.id, custom_fields: '', footer: 'Own' });
    expect(own).toMatchObject({ footer: 'Own', custom_fields: null });
  });

  test('includes pending items, newest first, where it is asked to', async () => {
    const { stripe, customer } = await newDesk();
    for (const amount of [100, 20, 3]) await stripe.invoiceItems.create({ customer: customer.id, amount });
    const without = await stripe.invoices.create({ customer: customer.id });
    expect(without.lines.data).toEqual([]);
    const include = { customer: customer.id, pending_invoice_items_behavior: 'include' } as const;
    const draft = await stripe.invoices.create(include);
    expect(draft.lines.data.map(({ amount }) => amount)).toEqual([3, 20, 100]);
    expect(draft).toMatchObject({ subtotal: 123, total: 123, amount_due: 123 });
    await stripe.invoices.addLines(draft.id, { lines: [{ amount: 7 }, { amount: 8 }] });
    const more = await stripe.invoices.addLines(draft.id, { lines: [{ amount: 9 }] });
    expect(more.lines.data.map(({ amount }) => amount)).toEqual([3, 20, 100, 7, 8, 9]);
    expect(await refusal(stripe.invoices.create(include))).toMatchObject({
      status: 400,
      code: 'invoice_no_customer_line_items',
    });
  });

  test('that is deleted gives pending items back, and takes those with it that were made for it', async () => {
    const desk = await newDesk();
    const { stripe, customer } = desk;
    const pending = await stripe.invoiceItems.create({ customer: customer.id, amount: 100 });
    const draft = await newDraft(desk, [7], { pending_invoice_items_behavior: 'include' });
    expect(draft.total).toBe(107);
    await stripe.invoices.del(draft.id);
    const left = (await stripe.invoiceItems.list()).data;
    expect(left).toEqual([pending]);
    expect((await stripe.invoices.list()).data).toEqual([]);
  });

  test('pages its lines beyond the tenth, also after some are removed', async () => {
    const desk = await newDesk();
    const { stripe } = desk;
    const draft = await newDraft(
      desk,
      Array.from({ length: 25 }, (_, index) => index + 1),
    );
    expect(draft.lines).toMatchObject({ has_more: true });
    const all = await stripe.invoices.listLineItems(draft.id, { limit: 10 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ amount }) => amount)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    const lines = all.slice(0, 12).map(({ id }) => ({ id, behavior: 'delete' as const }));
    const fewer = await stripe.invoices.removeLines(draft.id, { lines });
    expect(fewer.lines.data.map(({ amount }) => amount)).toEqual([13, 14, 15, 16, 17, 18, 19, 20, 21, 22]);
    expect(fewer.total).toBe((13 + 25) * 6.5);
    expect(await stripe.invoices.retrieve(draft.id)).toEqual(fewer);
    expect((await stripe.invoices.list()).data).toEqual([fewer]);
  });
});

describe('lines', () => {
  test('are added with prices, amounts and pending items', async () => {
    const desk = await newDesk();
    const { stripe, customer, price, product } = desk;
    const pending = await stripe.invoiceItems.create({ customer: customer.id, amount: 40, description: 'old' });
    const draft = await newDraft(desk);
    const after = await stripe.invoices.addLines(draft.id, {
      invoice_metadata: { lines: 'yes' },
      lines: [
        { pricing: { price: price.id }, quantity: 2, metadata: { a: '1' } },
        { amount: -10, description: 'Sorry', period: { start: 1_700_000_000, end: 1_700_000_001 } },
        { invoice_item: pending.id, description: 'new' },
        { price_data: { currency: 'usd', product: product.id, unit_amount: 3 }, quantity: 5 },
        { price_data: { currency: 'usd', product_data: { name: 'Inline', unit_label: 'box' }, unit_amount: 1 } },
      ],
    });
    expect(plain(after.lines.data)).toMatchObject([
      { amount: 1000, description: 'Set-up', quantity: 2, metadata: { a: '1' } },
      { amount: -10, description: 'Sorry', discountable: false, period: { start: 1_700_000_000, end: 1_700_000_001 } },
      { amount: 40, description: 'new', parent: { invoice_item_details: { invoice_item: pending.id } } },
      { amount: 15, description: 'Set-up' },
      { amount: 1, description: 'Inline' },
    ]);
    expect(after).toMatchObject({ total: 1046, metadata: { lines: 'yes' } });
    expect(await stripe.invoiceItems.retrieve(pending.id)).toMatchObject({ invoice: draft.id, description: 'new' });
  });

  test('are changed, one or several, and the items behind them', async () => {
    const desk = await newDesk();
    const { stripe, price } = desk;
    const draft = await newDraft(desk, [100, 200]);
    const [first, second] = draft.lines.data;
    const line = await stripe.invoices.updateLineItem(draft.id, first!.id, { amount: 150, metadata: { a: '1' } });
    expect(line).toMatchObject({ id: first!.id, amount: 150, metadata: { a: '1' } });
    const after = await stripe.invoices.updateLines(draft.id, {
      invoice_metadata: { b: '2' },
      lines: [
        { id: second!.id, pricing: { price: price.id }, quantity_decimal: Stripe.Decimal.from('0.5') },
        { id: first!.id, description: 'First', discountable: false },
      ],
    });
    expect(plain(after.lines.data)).toMatchObject([
      { id: first!.id, amount: 150, description: 'First', discountable: false },
      { id: second!.id, amount: 250, quantity: null, quantity_decimal: '0.5' },
    ]);
    expect(after).toMatchObject({ total: 400, metadata: { b: '2' } });
    const item = second!.parent!.invoice_item_details!.invoice_item;
    expect(plain(await stripe.invoiceItems.retrieve(item))).toMatchObject({ amount: 250, quantity_decimal: '0.5' });
    const [event] = (await stripe.events.list({ type: 'invoice.updated' })).data;
    expect(event!.data.object).toEqual(plain(after));
    expect(event!.data.previous_attributes).toMatchObject({ total: 350, metadata: { b: null } });
  });

  test('are removed: their items are deleted, or pending', async () => {
    const desk = await newDesk();
    const { stripe } = desk;
    const draft = await newDraft(desk, [1, 20, 300]);
    const [first, second, third] = draft.lines.data;
    const after = await stripe.invoices.removeLines(draft.id, {
      lines: [
        { id: first!.id, behavior: 'delete' },
        { id: third!.id, behavior: 'unassign' },
      ],
    });
    expect(after.total).toBe(20);
    expect(after.lines.data.map(({ id }) => id)).toEqual([second!.id]);
    const pending = (await stripe.invoiceItems.list({ pending: true })).data;
    expect(pending.map(({ amount, invoice }) => [amount, invoice])).toEqual([[300, null]]);
    await stripe.invoices.del(draft.id);
    expect((await stripe.invoiceItems.list()).data.map(({ amount }) => amount)).toEqual([300]);
  });

  test('of a subscription say what they are charged for, and keep what they are charged', async () => {
    const { stripe, customer } = await newDesk();
    const recurring = { interval: 'month' } as const;
    const seats = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 900,
      recurring,
      product_data: { name: 'P' },
    });
    const items = [{ price: seats.id }];
    const { latest_invoice: id } = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
    const invoice = await stripe.invoices.retrieve(id as string);
    const [line] = invoice.lines.data;
    const changed = await stripe.invoices.updateLineItem(invoice.id, line!.id, {
      description: 'Ours',
      metadata: { a: '1' },
    });
    expect(changed).toMatchObject({ amount: 900, description: 'Ours', metadata: { a: '1' } });
    expect((await stripe.invoices.retrieve(invoice.id)).lines.data[0]).toEqual(changed);
    const error = { status: 400, code: 'invoice_not_editable' };
    const update = (params: Stripe.InvoiceUpdateLineItemParams) =>
      refusal(stripe.invoices.updateLineItem(invoice.id, line!.id, params));
    expect(await update({ amount: 1 })).toMatchObject({ ...error, param: 'amount' });
    expect(await update({ quantity: 1 })).toMatchObject(error);
    expect(await update({ period: { start: 1, end: 2 } })).toMatchObject({ ...error, param: 'period' });
    const lines = [{ id: line!.id, behavior: 'delete' as const }];
    expect(await refusal(stripe.invoices.removeLines(invoice.id, { lines }))).toMatchObject(error);
    const added = await stripe.invoices.addLines(invoice.id, { lines: [{ amount: -100 }] });
    expect(added.total).toBe(800);
    expect(await refusal(stripe.invoices.del(invoice.id))).toMatchObject(error);
  });
});

describe('a draft is refused', () => {
  const cases: [name: string, make: (desk: Desk) => object, error: object][] = [
    ['without a customer', () => ({}), { code: 'parameter_missing', param: 'customer' }],
    ['for nobody', () => ({ customer: 'cus_no' }), { code: 'resource_missing', param: 'customer' }],
    [
      'of an unknown subscription',
      () => ({ subscription: 'sub_no' }),
      { code: 'resource_missing', param: 'subscription' },
    ],
    [
      'that is sent at no date',
      () => ({ collection_method: 'send_invoice' }),
      { code: 'parameter_missing', param: 'days_until_due' },
    ],
    ['that is charged at a date', () => ({ days_until_due: 3 }), { param: 'days_until_due' }],
    [
      'that is due twice',
      () => ({ ...SENT, due_date: 4_000_000_000 }),
      { code: 'parameters_exclusive', param: 'due_date' },
    ],
    ['that is due already', () => ({ collection_method: 'send_invoice', due_date: 1 }), { param: 'due_date' }],
    ['that finalizes in the past', () => ({ automatically_finalizes_at: 1 }), { param: 'automatically_finalizes_at' }],
    [
      'that finalizes in six years',
      () => ({ automatically_finalizes_at: Math.floor(Date.now() / 1000) + 6 * 366 * 86_400 }),
      { param: 'automatically_finalizes_at' },
    ],
    [
      'that finalizes and does not',
      () => ({ auto_advance: false, automatically_finalizes_at: 4_000_000_000 }),
      { param: 'automatically_finalizes_at' },
    ],
    [
      'with five custom fields',
      () => ({ custom_fields: Array.from({ length: 5 }, () => ({ name: 'a', value: 'b' })) }),
      { param: 'custom_fields' },
    ],
    ['with a long number', () => ({ number: 'x'.repeat(27) }), { param: 'number' }],
    ['in no currency', () => ({ currency: 'xxx' }), { param: 'currency' }],
    [
      'with a coupon that does not exist',
      () => ({ discounts: [{ coupon: 'c' }] }),
      { code: 'resource_missing', param: 'discounts[0][coupon]' },
    ],
  ];
  test.each(cases)('%s', async (name, make, error) => {
    const desk = await newDesk();
    const params = { ...(name === 'without a customer' ? {} : { customer: desk.customer.id }), ...make(desk) };
    const call = desk.stripe.invoices.create(params);
    expect(await refusal(call)).toMatchObject({ status: 400, ...error });
    expect((await desk.stripe.invoices.list()).data).toEqual([]);
  });

  test('without the email that it would be sent to', async () => {
    const { stripe } = await newDesk();
    const customer = await stripe.customers.create({});
    const call = stripe.invoices.create({ customer: customer.id, ...SENT });
    expect(await refusal(call)).toMatchObject({ status: 400, message: expect.stringContaining('Missing email') });
  });

  test('in a change of its lines, as a whole', async () => {
    const desk = await newDesk();
    const { stripe } = desk;
    const draft = await newDraft(desk, [100]);
    const other = await stripe.invoices.create({ customer: (await stripe.customers.create({})).id });
    const foreign = await stripe.invoices.addLines(other.id, { lines: [{ amount: 5 }] });
    const attached = foreign.lines.data[0]!.parent!.invoice_item_details!.invoice_item;
    const line = draft.lines.data[0]!.id;
    const calls: [() => Promise<unknown>, object][] = [
      [
        () => stripe.invoices.addLines(draft.id, { lines: [{ amount: 1 }, { quantity: 1 }] }),
        { param: 'lines[1][amount]' },
      ],
      [
        () => stripe.invoices.addLines(draft.id, { lines: [{ amount: 1, quantity: 1 }] }),
        { param: 'lines[0][amount]' },
      ],
      [
        () => stripe.invoices.addLines(draft.id, { lines: [{ pricing: { price: 'price_no' } }] }),
        { param: 'lines[0][pricing][price]' },
      ],
      [
        () => stripe.invoices.addLines(draft.id, { lines: [{ amount: 100_000_000 }] }),
        { param: 'lines[0][amount]', code: 'amount_too_large' },
      ],
      [
        () => stripe.invoices.addLines(draft.id, { lines: [{ invoice_item: 'ii_no' }] }),
        { param: 'lines[0][invoice_item]' },
      ],
      [
        () => stripe.invoices.addLines(draft.id, { lines: [{ invoice_item: attached }] }),
        { param: 'lines[0][invoice_item]' },
      ],
      [
        () => stripe.invoices.addLines(draft.id, { lines: [{ price_data: { currency: 'usd', unit_amount: 1 } }] }),
        { param: 'lines[0][price_data][product]' },
      ],
      [
        () => stripe.invoices.updateLines(draft.id, { lines: [{ id: line, amount: 7 }, { id: 'il_no' }] }),
        { param: 'lines[1][id]' },
      ],
      [
        () => stripe.invoices.updateLines(draft.id, { lines: [{ id: foreign.lines.data[0]!.id, amount: 7 }] }),
        { param: 'lines[0][id]' },
      ],
      [
        () => stripe.invoices.removeLines(draft.id, { lines: [{ id: 'il_no', behavior: 'delete' }] }),
        { param: 'lines[0][id]' },
      ],
    ];
    for (const [call, error] of calls) expect(await refusal(call())).toMatchObject({ status: 400, ...error });
    expect(await refusal(stripe.invoices.updateLineItem(draft.id, 'il_no', { amount: 1 }))).toMatchObject({
      status: 404,
    });
    expect(await stripe.invoices.retrieve(draft.id)).toEqual(draft);
    expect((await stripe.products.list()).data).toHaveLength(1);
  });
});

describe('an update of a draft', () => {
  test('changes what it names', async () => {
    const desk = await newDesk();
    const { stripe } = desk;
    const draft = await newDraft(desk, [100], { metadata: { a: '1', b: '2' } });
    const updated = await stripe.invoices.update(draft.id, {
      auto_advance: true,
      description: 'New',
      footer: 'New',
      custom_fields: [{ name: 'n', value: 'v' }],
      metadata: { a: '', c: '3' },
      number: 'N-1',
      effective_at: 1_700_000_000,
      ...SENT,
    });
    expect(updated).toMatchObject({
      auto_advance: true,
      collection_method: 'send_invoice',
      custom_fields: [{ name: 'n', value: 'v' }],
      description: 'New',
      due_date: draft.created + 30 * 24 * HOUR,
      effective_at: 1_700_000_000,
      footer: 'New',
      metadata: { b: '2', c: '3' },
      number: 'N-1',
      total: 100,
    });
    const finalizesAt = updated.automatically_finalizes_at!;
    expect(finalizesAt).toBeGreaterThanOrEqual(draft.created + HOUR);
    const kept = await stripe.invoices.update(draft.id, { description: 'Newer' });
    expect(kept).toEqual({ ...updated, description: 'Newer' });
    const charged = await stripe.invoices.update(draft.id, {
      collection_method: 'charge_automatically',
      effective_at: '',
    });
    expect(charged).toMatchObject({ due_date: null, effective_at: null, next_payment_attempt: finalizesAt });
    const stopped = await stripe.invoices.update(draft.id, { auto_advance: false });
    expect(stopped).toMatchObject({ automatically_finalizes_at: null, next_payment_attempt: null });
  });

  test('that changes nothing tells nothing', async () => {
    const desk = await newDesk();
    const draft = await newDraft(desk);
    expect(await desk.stripe.invoices.update(draft.id, {})).toEqual(draft);
    expect((await desk.stripe.events.list({ type: 'invoice.updated' })).data).toEqual([]);
  });
});
