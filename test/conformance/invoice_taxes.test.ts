import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newDraft, newPayer, newRate, type Rate, SENT } from '../support/billed.ts';
import { pdfPages } from '../support/pdf-text.ts';
import { licensedPrice, refusal } from '../support/shop.ts';

/** The taxes of each line, and the totals. */
function read(invoice: Stripe.Invoice) {
  return {
    lines: invoice.lines.data.map((line) => line.taxes?.map(({ amount }) => amount)),
    taxes: invoice.total_taxes?.map(({ amount }) => amount),
    net: invoice.total_excluding_tax,
    total: invoice.total,
  };
}

describe('worked examples, to the cent', () => {
  test.each<[string, Rate, number[], number | undefined, ReturnType<typeof read>]>([
    ['25 % on 5.00', [25, 'on top'], [500], undefined, { lines: [[125]], taxes: [125], net: 500, total: 625 }],
    ['25 % within 5.00', [25, 'within'], [500], undefined, { lines: [[100]], taxes: [100], net: 400, total: 500 }],
    [
      '10 % within 1000.00 and 50.00',
      [10, 'within'],
      [100_000, 5000],
      undefined,
      { lines: [[9091], [455]], taxes: [9546], net: 95_454, total: 105_000 },
    ],
    [
      '5 % on what 10 % off leaves of 5.00 and 10.00',
      [5, 'on top'],
      [500, 1000],
      10,
      { lines: [[23], [45]], taxes: [68], net: 1350, total: 1418 },
    ],
    [
      '5 % within what 10 % off leaves of 5.00 and 10.00',
      [5, 'within'],
      [500, 1000],
      10,
      { lines: [[21], [43]], taxes: [64], net: 1286, total: 1350 },
    ],
  ])('%s', async (_name, rate, amounts, percentOff, expected) => {
    const payer = await newPayer();
    const { stripe } = payer;
    const discounts = percentOff === undefined ? [] : [await stripe.coupons.create({ percent_off: percentOff })];
    const draft = await newDraft(payer, amounts, {
      default_tax_rates: [await newRate(payer, rate)],
      discounts: discounts.map(({ id }) => ({ coupon: id })),
    });
    expect(read(draft)).toEqual(expected);
    const final = await stripe.invoices.finalizeInvoice(draft.id);
    expect(read(final)).toEqual(expected);
    expect(final.amount_due).toBe(expected.total);
  });

  test.each([
    ['exempt', 'customer_exempt'],
    ['reverse', 'reverse_charge'],
  ] as const)('10 %% within 100.00 of a customer who is %s: 90.91, with all parts', async (taxExempt, reason) => {
    const payer = await newPayer();
    const { stripe, customer } = payer;
    const rates = [await newRate(payer, [10, 'within']), await newRate(payer, [7, 'on top'])];
    await stripe.customers.update(customer.id, { tax_exempt: taxExempt });
    const draft = await newDraft(payer, [10_000], { default_tax_rates: rates });
    const none = { amount: 0, taxability_reason: reason, taxable_amount: 0, type: 'tax_rate_details' };
    const taxes = [
      { ...none, tax_behavior: 'inclusive', tax_rate_details: { tax_rate: rates[0] } },
      { ...none, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: rates[1] } },
    ];
    expect(draft).toMatchObject({
      subtotal: 10_000,
      subtotal_excluding_tax: 9091,
      total_excluding_tax: 9091,
      total: 9091,
      amount_due: 9091,
      total_taxes: taxes,
      customer_tax_exempt: taxExempt,
    });
    expect(draft.lines.data[0]).toMatchObject({ amount: 10_000, subtotal: 10_000, taxes });
  });
});

test('each tax tells its rate, its behaviour and what it is of', async () => {
  const payer = await newPayer();
  const rates = [await newRate(payer, [10, 'within']), await newRate(payer, [7.5, 'on top'])];
  const coupon = await payer.stripe.coupons.create({ amount_off: 100, currency: 'usd' });
  const draft = await newDraft(payer, [1200], { default_tax_rates: rates, discounts: [{ coupon: coupon.id }] });
  const common = { taxability_reason: 'not_available', taxable_amount: 1000, type: 'tax_rate_details' };
  const taxes = [
    { amount: 100, tax_behavior: 'inclusive', tax_rate_details: { tax_rate: rates[0] }, ...common },
    { amount: 75, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: rates[1] }, ...common },
  ];
  expect(draft.lines.data[0]!.taxes).toEqual(taxes);
  expect(draft).toMatchObject({
    default_tax_rates: [{ id: rates[0], object: 'tax_rate', percentage: 10 }, { id: rates[1] }],
    subtotal: 1200,
    // Before discounts: what 10 % leaves of 12.00.
    subtotal_excluding_tax: 1091,
    total_excluding_tax: 1000,
    total: 1175,
    total_taxes: taxes,
  });
});

test('rates of a line go before those of its invoice, and taking them away brings these back', async () => {
  const payer = await newPayer();
  const { stripe } = payer;
  const [ten, twenty] = [await newRate(payer, [10, 'on top']), await newRate(payer, [20, 'on top'])];
  const draft = await newDraft(payer, [], { default_tax_rates: [ten] });
  await stripe.invoiceItems.create({ invoice: draft.id, amount: 100, tax_rates: [twenty] });
  const added = await stripe.invoices.addLines(draft.id, {
    lines: [{ amount: 200 }, { amount: 400, tax_rates: [ten, twenty] }],
  });
  expect(read(added)).toEqual({ lines: [[20], [20], [40, 80]], taxes: [100, 60], net: 700, total: 860 });
  const [first, second, third] = added.lines.data.map(({ id }) => id) as [string, string, string];
  await stripe.invoices.updateLines(draft.id, { lines: [{ id: second, tax_rates: [twenty] }] });
  await stripe.invoices.updateLineItem(draft.id, third, { tax_rates: '' });
  const item = (await stripe.invoiceItems.list({ invoice: draft.id, limit: 1 })).data.find(
    (each) => each.amount === 400,
  );
  expect(item!.tax_rates).toEqual([]);
  const changed = await stripe.invoices.retrieve(draft.id);
  expect(read(changed)).toMatchObject({ lines: [[20], [40], [40]], total: 800 });
  const bare = await stripe.invoices.update(draft.id, { default_tax_rates: '' });
  expect(read(bare)).toMatchObject({ lines: [[20], [40], []], total: 760 });
  const parent = bare.lines.data[0]!.parent!.invoice_item_details!.invoice_item;
  const own = await stripe.invoiceItems.retrieve(parent);
  expect(own.tax_rates).toMatchObject([{ id: twenty, object: 'tax_rate' }]);
  expect((await stripe.invoiceItems.update(parent, { tax_rates: '' })).tax_rates).toEqual([]);
  expect(read(await stripe.invoices.retrieve(draft.id))).toMatchObject({ lines: [[], [40], []], total: 740 });
  expect((await stripe.invoices.removeLines(draft.id, { lines: [{ id: first, behavior: 'delete' }] })).total).toBe(640);
});

test('a credit takes its tax back, and a total below zero becomes credit with its tax', async () => {
  const payer = await newPayer();
  const { stripe, customer } = payer;
  const draft = await newDraft(payer, [1000, -1550], { default_tax_rates: [await newRate(payer, [19, 'on top'])] });
  expect(read(draft)).toEqual({ lines: [[190], [-295]], taxes: [-105], net: -550, total: -655 });
  expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ status: 'paid', ending_balance: -655 });
  const next = await newDraft(payer, [1000], { default_tax_rates: [await newRate(payer, [19, 'on top'])] });
  // The balance comes after taxes.
  expect(await stripe.invoices.finalizeInvoice(next.id)).toMatchObject({ total: 1190, amount_due: 535 });
  expect((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).toMatchObject({ balance: 0 });
});

test('a draft follows its customer, a final invoice keeps what was', async () => {
  const payer = await newPayer();
  const { stripe, customer } = payer;
  const draft = await newDraft(payer, [1000], { default_tax_rates: [await newRate(payer, [20, 'within'])] });
  expect(draft).toMatchObject({ total: 1000, customer_tax_ids: [] });
  await stripe.customers.update(customer.id, { tax_exempt: 'reverse' });
  await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'DE123456789' });
  const shown = { total: 833, amount_due: 833, customer_tax_ids: [{ type: 'eu_vat', value: 'DE123456789' }] };
  expect(await stripe.invoices.retrieve(draft.id)).toMatchObject(shown);
  expect((await stripe.invoices.list()).data).toMatchObject([shown]);
  expect(await stripe.invoices.update(draft.id, { description: 'Seen' })).toMatchObject(shown);
  const final = await stripe.invoices.finalizeInvoice(draft.id);
  expect(final).toMatchObject({
    ...shown,
    customer_tax_exempt: 'reverse',
    lines: { data: [{ taxes: [{ amount: 0 }] }] },
  });
  await stripe.customers.update(customer.id, { tax_exempt: 'none' });
  const [taxId] = (await stripe.customers.listTaxIds(customer.id)).data;
  await stripe.customers.deleteTaxId(customer.id, taxId!.id);
  expect(await stripe.invoices.retrieve(final.id)).toEqual(final);
  expect(await newDraft(payer)).toMatchObject({ customer_tax_ids: [], customer_tax_exempt: 'none' });
});

test('the page and the PDF of an invoice tell its taxes and the tax ids of the customer', async () => {
  const payer = await newPayer();
  const { stripe, customer } = payer;
  await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'DE123456789' });
  const { id } = await newDraft(payer, [1000], { default_tax_rates: [await newRate(payer, [7.5, 'on top'])] });
  const final = await stripe.invoices.finalizeInvoice(id);
  const page = await (await fetch(final.hosted_invoice_url!)).text();
  const pdf = await (await fetch(final.invoice_pdf!)).arrayBuffer();
  const [told = []] = pdfPages(Buffer.from(pdf));
  for (const text of ['EU VAT DE123456789', 'Total excluding tax', 'VAT (7.5% on $10.00)', '$0.75', '$10.75 USD']) {
    expect(page).toContain(text);
    expect(told.join('\n')).toContain(text);
  }
});

describe('taxes of subscriptions', () => {
  test('rates of an item go before those of the subscription, also over time', async () => {
    const payer = await newPayer();
    const { stripe, customer } = payer;
    const [seats, storage] = [await licensedPrice(stripe), await licensedPrice(stripe, { unit_amount: 500 })];
    const [ten, twenty] = [await newRate(payer, [10, 'on top']), await newRate(payer, [20, 'on top'])];
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      ...SENT,
      items: [{ price: seats.id }, { price: storage.id, tax_rates: [twenty] }],
      default_tax_rates: [ten],
      expand: ['latest_invoice'],
    });
    expect(made.default_tax_rates).toMatchObject([{ id: ten, object: 'tax_rate' }]);
    expect(made.items.data.map((item) => item.tax_rates?.map(({ id }) => id))).toEqual([[], [twenty]]);
    const first = made.latest_invoice as Stripe.Invoice;
    expect(first.default_tax_rates).toMatchObject([{ id: ten }]);
    expect(read(first)).toEqual({ lines: [[100], [200]], taxes: [100, 200], net: 2500, total: 2800 });
    const item = made.items.data[1]!.id;
    expect((await stripe.subscriptionItems.update(item, { tax_rates: '' })).tax_rates).toEqual([]);
    await stripe.invoiceItems.create({ customer: customer.id, amount: 1000 });
    const next = await stripe.invoices.createPreview({ subscription: made.id });
    expect(read(next)).toEqual({ lines: [[100], [50], [200]], taxes: [350], net: 3500, total: 3850 });
    expect(read(await stripe.invoices.retrieve(next.id))).toEqual(read(next));
    const changed = await stripe.subscriptions.update(made.id, { default_tax_rates: [twenty] });
    expect(changed.default_tax_rates).toMatchObject([{ id: twenty }]);
    const [event] = (await stripe.events.list({ type: 'customer.subscription.updated' })).data;
    expect(event!.data.previous_attributes).toMatchObject({ default_tax_rates: [{ id: ten }] });
    // What is made keeps its rates.
    expect(read(await stripe.invoices.retrieve(first.id))).toEqual(read(first));
    expect(read(await stripe.invoices.createPreview({ subscription: made.id }))).toMatchObject({ taxes: [700] });
    const byHand = await stripe.invoices.create({ customer: customer.id, subscription: made.id });
    expect(byHand.default_tax_rates).toMatchObject([{ id: twenty }]);
    const none = await stripe.subscriptions.update(made.id, { default_tax_rates: '' });
    expect(none.default_tax_rates).toEqual([]);
  });

  test('a discount of the subscription comes before its taxes, on its invoices and in previews', async () => {
    const payer = await newPayer();
    const { stripe, customer } = payer;
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'forever' });
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      ...SENT,
      items: [{ price: (await licensedPrice(stripe)).id }],
      default_tax_rates: [await newRate(payer, [10, 'on top'])],
      discounts: [{ coupon: coupon.id }],
      expand: ['latest_invoice'],
    });
    const expected = { lines: [[150]], taxes: [150], net: 1500, total: 1650 };
    expect(read(made.latest_invoice as Stripe.Invoice)).toEqual(expected);
    expect(read(await stripe.invoices.createPreview({ subscription: made.id }))).toEqual(expected);
  });

  test('previews take rates of a subscription to be, of its items and of what is charged once', async () => {
    const payer = await newPayer();
    const { stripe, customer } = payer;
    const [seats, storage] = [await licensedPrice(stripe), await licensedPrice(stripe, { unit_amount: 500 })];
    const [ten, twenty] = [await newRate(payer, [10, 'within']), await newRate(payer, [20, 'on top'])];
    const preview = await stripe.invoices.createPreview({
      customer: customer.id,
      subscription_details: {
        items: [{ price: seats.id }, { price: storage.id, tax_rates: [twenty] }],
        default_tax_rates: [ten],
      },
      invoice_items: [{ amount: 100, tax_rates: [twenty] }, { amount: 110 }],
    });
    expect(read(preview)).toEqual({ lines: [[10], [20], [100], [182]], taxes: [192, 120], net: 2518, total: 2830 });
    expect(await stripe.invoiceItems.list()).toMatchObject({ data: [] });
    const alone = await stripe.invoices.createPreview({
      customer: customer.id,
      invoice_items: [{ amount: 100, tax_rates: [ten] }],
    });
    expect(read(alone)).toEqual({ lines: [[9]], taxes: [9], net: 91, total: 100 });
    const exempt = await stripe.invoices.createPreview({
      customer: customer.id,
      customer_details: { tax_exempt: 'exempt', tax_ids: [{ type: 'eu_vat', value: 'DE123456789' }] },
      invoice_items: [{ amount: 100, tax_rates: [ten] }],
    });
    expect(read(exempt)).toEqual({ lines: [[0]], taxes: [0], net: 91, total: 91 });
    expect(exempt.customer_tax_ids).toEqual([{ type: 'eu_vat', value: 'DE123456789' }]);
    const taxIds: Stripe.InvoiceCreatePreviewParams.CustomerDetails.TaxId[] = [{ type: 'eu_vat', value: 'X' }];
    const malformed = { customer: customer.id, customer_details: { tax_ids: taxIds } };
    expect(
      await refusal(stripe.invoices.createPreview({ ...malformed, invoice_items: [{ amount: 1 }] })),
    ).toMatchObject({
      code: 'tax_id_invalid',
      param: 'customer_details[tax_ids][0][value]',
    });
  });
});

test('rounding by invoice is a setting, which an invoice keeps', async () => {
  const payer = await newPayer();
  const { account, stripe } = payer;
  const rate = await newRate(payer, [10, 'within']);
  const before = await newDraft(payer, [100_000, 5000], { default_tax_rates: [rate] });
  const set = async (rounding: string) =>
    await account.request('POST', '/v1/usance/invoice_settings', { tax_rounding: rounding });
  expect((await set('invoice')).body).toMatchObject({ tax_rounding: 'invoice', numbering: 'customer' });
  expect((await account.request('GET', '/v1/usance/invoice_settings')).body).toMatchObject({ tax_rounding: 'invoice' });
  const after = await newDraft(payer, [100_000, 5000], { default_tax_rates: [rate] });
  // 1050.00 without 10 % is 954.5454…
  expect(read(after)).toEqual({ lines: [[9091], [454]], taxes: [9545], net: 95_455, total: 105_000 });
  expect(read(await stripe.invoices.finalizeInvoice(after.id))).toEqual(read(after));
  expect(read(await stripe.invoices.finalizeInvoice(before.id))).toMatchObject({ taxes: [9546] });
  const preview = await stripe.invoices.createPreview({
    customer: payer.customer.id,
    invoice_items: [100_000, 5000].map((amount) => ({ amount, tax_rates: [rate] })),
  });
  expect(read(preview)).toMatchObject({ taxes: [9545] });
  expect((await set('never')).body.error).toMatchObject({ param: 'tax_rounding' });
});

test.each([
  // 8.875 % of 999: 88.66125; 1.5 % of 999: 14.985; 19 % within 999: 159.504…
  ['jpy', [8.875, 'on top'], 999, 89],
  ['kwd', [1.5, 'on top'], 999, 15],
  ['eur', [19, 'within'], 999, 160],
] as const)('in %s a tax of %o on %s is %s', async (currency, rate, amount, tax) => {
  const payer = await newPayer();
  const draft = await newDraft(payer, [amount], { currency, default_tax_rates: [await newRate(payer, rate)] });
  expect(read(draft).taxes).toEqual([tax]);
});

test('an archived rate goes on where it is, and can not be given again', async () => {
  const payer = await newPayer();
  const { stripe } = payer;
  const rate = await newRate(payer, [20, 'on top']);
  const draft = await newDraft(payer, [100], { default_tax_rates: [rate] });
  await stripe.taxRates.update(rate, { active: false, display_name: 'Old' });
  const added = await stripe.invoices.addLines(draft.id, { lines: [{ amount: 100 }] });
  expect(added).toMatchObject({ total: 240, default_tax_rates: [{ display_name: 'Old', active: false }] });
  const said = await refusal(stripe.invoices.update(draft.id, { default_tax_rates: [rate] }));
  expect(said).toMatchObject({ status: 400, param: 'default_tax_rates[0]' });
});

test('taxes can be taken to zero and beyond nothing', async () => {
  const payer = await newPayer();
  const { stripe } = payer;
  const coupon = await stripe.coupons.create({ percent_off: 100 });
  const rate = await newRate(payer, [20, 'on top']);
  const draft = await newDraft(payer, [999], { default_tax_rates: [rate], discounts: [{ coupon: coupon.id }] });
  expect(read(draft)).toEqual({ lines: [[0]], taxes: [0], net: 0, total: 0 });
  expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ status: 'paid' });
  const full = await newRate(payer, [100, 'on top']);
  expect(read(await newDraft(payer, [999], { default_tax_rates: [full] }))).toMatchObject({ total: 1998 });
});
