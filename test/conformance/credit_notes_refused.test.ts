import type Stripe from 'stripe';
import { beforeAll, describe, expect, test } from 'vitest';
import { intentOf, newCardPayer, openInvoice, paidInvoice } from '../support/credited.ts';
import { type Refusal, refusal } from '../support/shop.ts';

type Params = Stripe.CreditNoteCreateParams;

let stripe: Stripe;
/** Invoices by what they are, of 1,000 (a line of 500 and one of 5 times 100) less 10%; one of 100 and less 40. */
let invoices: Record<string, Stripe.Invoice>;
let refunds: Record<string, string>;

beforeAll(async () => {
  const payer = await newCardPayer();
  stripe = payer.stripe;
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  const product = await stripe.products.create({ name: 'Shirt' });
  const shirts = { price_data: { currency: 'usd', product: product.id, unit_amount: 100 }, quantity: 5 };
  const weighed = { price_data: shirts.price_data, quantity_decimal: '2.5' as never };
  const terms = { discounts: [{ coupon: coupon.id }] };
  const open = await openInvoice(payer, [500, shirts], terms);
  const byUnits = await openInvoice(payer, [shirts]);
  const used = byUnits.lines.data[0]!.id;
  await stripe.creditNotes.create({
    invoice: byUnits.id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: used, quantity: 2 }],
  });
  const voided = await openInvoice(payer, [500]);
  const uncollectible = await openInvoice(payer, [500]);
  const elsewhere = await openInvoice(payer, [500]);
  const paid = await paidInvoice(payer, [500, shirts], terms);
  const other = await paidInvoice(payer, [1_000]);
  const pending = await openInvoice(payer, [500]);
  const bank = await stripe.paymentMethods.attach('pm_usBankAccount_processing', { customer: payer.customer.id });
  await stripe.invoices.pay(pending.id, { payment_method: bank.id });
  invoices = {
    draft: await stripe.invoices.create({ customer: payer.customer.id }),
    open,
    byUnits,
    negative: await openInvoice(payer, [100, -40]),
    parts: await openInvoice(payer, [weighed]),
    void: await stripe.invoices.voidInvoice(voided.id),
    uncollectible: await stripe.invoices.markUncollectible(uncollectible.id),
    elsewhere: await stripe.invoices.pay(elsewhere.id, { paid_out_of_band: true }),
    paid,
    other,
    pending,
  };
  const refund = async (intent: string, amount: number) =>
    (await stripe.refunds.create({ payment_intent: intent, amount })).id;
  refunds = { own: await refund(intentOf(paid), 100), others: await refund(intentOf(other), 100) };
});

const lineOf = (name: string, place: number) => invoices[name]!.lines.data[place]!.id;
const ofLine = (
  name: string,
  place: number,
  params: Partial<Stripe.CreditNoteCreateParams.Line>,
): Pick<Params, 'lines'> => ({
  lines: [{ type: 'invoice_line_item', invoice_line_item: lineOf(name, place), ...params }],
});
const custom = (params: Partial<Stripe.CreditNoteCreateParams.Line>): Pick<Params, 'lines'> => ({
  lines: [{ type: 'custom_line_item', ...params }],
});

const NOT_CREDITABLE = 'You can only create a credit note for an invoice that is open or paid.';
const SUM = 'The sum of `refund_amount`, `refunds`, `credit_amount` and `out_of_band_amount`';

type Case = [what: string, invoice: string, params: () => Omit<Params, 'invoice'>, error: Partial<Refusal>];

const CASES: Case[] = [
  ['a draft', 'draft', () => ({ amount: 1 }), { message: NOT_CREDITABLE }],
  ['a void invoice', 'void', () => ({ amount: 1 }), { message: NOT_CREDITABLE }],
  ['an uncollectible invoice', 'uncollectible', () => ({ amount: 1 }), { message: NOT_CREDITABLE }],
  [
    'an invoice whose payment is on its way',
    'pending',
    () => ({ amount: 1 }),
    {
      code: 'payment_intent_unexpected_state',
      param: 'invoice',
      message:
        'A payment of this invoice is on its way, so that what remains of it cannot change before that has succeeded or failed.',
    },
  ],
  [
    'the future',
    'open',
    () => ({ amount: 1, effective_at: Math.floor(Date.now() / 1000) + 3_600 }),
    { param: 'effective_at', message: '`effective_at` cannot be in the future.' },
  ],
  [
    'neither amount nor lines',
    'open',
    () => ({}),
    {
      code: 'parameter_missing',
      param: 'amount',
      message: 'You must provide one of `amount`, `lines` or `shipping_cost`.',
    },
  ],
  [
    'more than the invoice',
    'open',
    () => ({ amount: 901 }),
    {
      param: 'amount',
      message: 'The amount of the credit note ($9.01) is greater than what is left of the invoice to credit ($9.00).',
    },
  ],
  ['an amount of zero', 'open', () => ({ amount: 0 }), { code: 'parameter_invalid_integer', param: 'amount' }],
  [
    'an amount that is not that of the lines',
    'open',
    () => ({ amount: 100, ...ofLine('open', 0, { amount: 100 }) }),
    { param: 'amount', message: 'The amount of the credit note ($1.00) is not what its lines come to ($0.90).' },
  ],
  [
    'money back that nobody paid',
    'open',
    () => ({ amount: 100, credit_amount: 1 }),
    { message: `${SUM} ($0.01) must equal the part of the credit note that was paid already ($0.00).` },
  ],
  [
    'a line that the invoice does not have',
    'open',
    () => ofLine('paid', 0, { amount: 1 }),
    { code: 'resource_missing', param: 'lines[0][invoice_line_item]' },
  ],
  [
    'a line that is not named',
    'open',
    () => ({ lines: [{ type: 'invoice_line_item', amount: 1 }] }),
    { code: 'parameter_missing', param: 'lines[0][invoice_line_item]' },
  ],
  [
    'nothing of a line',
    'open',
    () => ofLine('open', 0, {}),
    { code: 'parameter_missing', param: 'lines[0][quantity]' },
  ],
  [
    'units and an amount of a line',
    'open',
    () => ofLine('open', 0, { amount: 1, quantity: 1 }),
    { code: 'parameters_exclusive', param: 'lines[0][quantity]' },
  ],
  [
    'more of a line than the line',
    'open',
    () => ofLine('open', 0, { amount: 501 }),
    {
      param: 'lines[0][amount]',
      message: 'The amount to credit (501) must be between 0 and what is left of the invoice line item (500).',
    },
  ],
  ['less than nothing of a line', 'open', () => ofLine('open', 0, { amount: -1 }), { param: 'lines[0][amount]' }],
  [
    'more units than the line has',
    'open',
    () => ofLine('open', 1, { quantity: 6 }),
    {
      param: 'lines[0][quantity]',
      message: 'The quantity to credit (6) is greater than what is left of the invoice line item (5).',
    },
  ],
  [
    'more units than are left, in one credit note',
    'open',
    () => ({ lines: [...ofLine('open', 1, { quantity: 3 }).lines!, ...ofLine('open', 1, { quantity: 3 }).lines!] }),
    { param: 'lines[1][quantity]', message: expect.stringContaining('(2)') as never },
  ],
  [
    'more units than are left by another',
    'byUnits',
    () => ofLine('byUnits', 0, { quantity: 4 }),
    { param: 'lines[0][quantity]', message: expect.stringContaining('(3)') as never },
  ],
  [
    'an amount of a line that was credited by units',
    'byUnits',
    () => ofLine('byUnits', 0, { amount: 1 }),
    {
      param: 'lines[0][amount]',
      message: "This invoice line item was credited by `quantity` before, so it can't be credited by `amount`.",
    },
  ],
  [
    'units of a line without whole ones',
    'parts',
    () => ofLine('parts', 0, { quantity: 1 }),
    {
      param: 'lines[0][quantity]',
      message: 'This invoice line item has no whole quantity: credit an `amount` of it.',
    },
  ],
  [
    'a positive amount of a negative line',
    'negative',
    () => ofLine('negative', 1, { amount: 1 }),
    { param: 'lines[0][amount]' },
  ],
  [
    'more of a negative line than the line',
    'negative',
    () => ofLine('negative', 1, { amount: -41 }),
    { param: 'lines[0][amount]' },
  ],
  [
    'a negative line alone',
    'negative',
    () => ofLine('negative', 1, { amount: -40 }),
    { param: 'lines', message: 'The total of a credit note must be greater than 0.' },
  ],
  [
    'a line that is more than a negative one leaves of the invoice',
    'negative',
    () => ofLine('negative', 0, { amount: 61 }),
    { param: 'lines', message: expect.stringContaining('($0.60)') as never },
  ],
  [
    'a price of an invoice line',
    'open',
    () => ofLine('open', 0, { amount: 1, unit_amount: 1 }),
    { param: 'lines[0][unit_amount]', message: "`unit_amount` can't be used with the type invoice_line_item." },
  ],
  [
    'an amount of a line of its own',
    'open',
    () => custom({ amount: 1 }),
    { param: 'lines[0][amount]', message: "`amount` can't be used with the type custom_line_item." },
  ],
  [
    'a line of its own without a price',
    'open',
    () => custom({ description: 'x' }),
    { code: 'parameter_missing', param: 'lines[0][unit_amount]' },
  ],
  [
    'a line of its own with two prices',
    'open',
    () => custom({ unit_amount: 1, unit_amount_decimal: '1.5' as never }),
    { code: 'parameters_exclusive', param: 'lines[0][unit_amount_decimal]' },
  ],
  [
    'a negative line of its own',
    'open',
    () => custom({ unit_amount: -1 }),
    { code: 'parameter_invalid_integer', param: 'lines[0][unit_amount]' },
  ],
  [
    'a line of its own beyond all bounds',
    'open',
    () => custom({ unit_amount: 10 ** 15, quantity: 999_999_999 }),
    { param: 'lines' },
  ],
  [
    'nothing given back of what was paid',
    'paid',
    () => ({ amount: 100 }),
    { message: `${SUM} ($0.00) must equal the part of the credit note that was paid already ($1.00).` },
  ],
  [
    'too much given back',
    'paid',
    () => ({ amount: 100, credit_amount: 60, out_of_band_amount: 41 }),
    { message: expect.stringContaining('($1.01)') as never },
  ],
  [
    'a refund of what was paid elsewhere',
    'elsewhere',
    () => ({ amount: 100, refund_amount: 100 }),
    { param: 'refund_amount', message: 'There is no charge of this invoice to refund.' },
  ],
  [
    'a refund of more than is left of the charge',
    'paid',
    () => ({ amount: 900, refund_amount: 900 }),
    {
      param: 'refund_amount',
      message: 'Refund amount ($9.00) is greater than unrefunded amount on charge ($8.00)',
    },
  ],
  [
    'a refund that does not exist',
    'paid',
    () => ({ amount: 1, refunds: [{ refund: 're_no' }] }),
    { code: 'resource_missing', param: 'refunds[0][refund]' },
  ],
  [
    'a refund that is not named',
    'paid',
    () => ({ amount: 1, refunds: [{ amount_refunded: 1 }] }),
    { code: 'parameter_missing', param: 'refunds[0][refund]' },
  ],
  [
    'a refund of another invoice',
    'paid',
    () => ({ amount: 100, refunds: [{ refund: refunds['others']! }] }),
    { param: 'refunds[0][refund]', message: expect.stringContaining('gives nothing back') as never },
  ],
  [
    'more of a refund than the refund',
    'paid',
    () => ({ amount: 101, refunds: [{ refund: refunds['own']!, amount_refunded: 101 }] }),
    { param: 'refunds[0][amount_refunded]' },
  ],
  [
    'a refund named twice',
    'paid',
    () => ({
      amount: 100,
      refunds: [
        { refund: refunds['own']!, amount_refunded: 50 },
        { refund: refunds['own']!, amount_refunded: 50 },
      ],
    }),
    { param: 'refunds[1][refund]' },
  ],
  [
    'a refund of a payment record',
    'paid',
    () => ({ amount: 1, refunds: [{ type: 'payment_record_refund' }] }),
    { code: 'parameter_not_served', param: 'refunds[0][payment_record_refund]' },
  ],
];

describe('nothing is written, and nothing previewed, of', () => {
  test.each(CASES)('%s', async (_what, name, params, error) => {
    const { id } = invoices[name]!;
    const before = await stripe.invoices.retrieve(id);
    const asked = { invoice: id, ...params() };
    const expected = { status: 400, message: expect.any(String), ...error };
    expect(await refusal(stripe.creditNotes.create(asked))).toEqual(expected);
    expect(await refusal(stripe.creditNotes.preview(asked))).toEqual(expected);
    expect(await stripe.invoices.retrieve(id)).toEqual(before);
  });
});

test('what does not exist is told so', async () => {
  const missing = { code: 'resource_missing', param: 'id', status: 404, message: "No such credit_note: 'cn_no'" };
  expect(await refusal(stripe.creditNotes.retrieve('cn_no'))).toEqual(missing);
  expect(await refusal(stripe.creditNotes.update('cn_no', { memo: 'x' }))).toEqual(missing);
  expect(await refusal(stripe.creditNotes.voidCreditNote('cn_no'))).toEqual(missing);
  expect(await refusal(stripe.creditNotes.listLineItems('cn_no'))).toEqual(missing);
  const unknown = { status: 400, code: 'resource_missing' };
  expect(await refusal(stripe.creditNotes.create({ invoice: 'in_no', amount: 1 }))).toMatchObject({
    ...unknown,
    param: 'invoice',
  });
  expect(await refusal(stripe.creditNotes.preview({ invoice: 'in_no', amount: 1 }))).toMatchObject({
    ...unknown,
    param: 'invoice',
  });
  expect(await refusal(stripe.creditNotes.list({ invoice: 'in_no' }))).toMatchObject({ ...unknown, param: 'invoice' });
  expect(await refusal(stripe.creditNotes.list({ customer: 'cus_no' }))).toMatchObject({
    ...unknown,
    param: 'customer',
  });
});

test('a credit note is voided once', async () => {
  const payer = await newCardPayer();
  const invoice = await openInvoice(payer, [500]);
  const { id } = await payer.stripe.creditNotes.create({ invoice: invoice.id, amount: 100 });
  await payer.stripe.creditNotes.voidCreditNote(id);
  expect(await refusal(payer.stripe.creditNotes.voidCreditNote(id))).toEqual({
    status: 400,
    message: 'This credit note is already void.',
  });
  expect((await payer.stripe.invoices.retrieve(invoice.id)).amount_due).toBe(500);
});

test('the balance of a deleted customer, who can still be given a refund', async () => {
  const payer = await newCardPayer();
  const { id } = await paidInvoice(payer, [1_000]);
  await payer.stripe.customers.del(payer.customer.id);
  const { creditNotes } = payer.stripe;
  const params = { invoice: id, amount: 100, credit_amount: 100 };
  const refused = { status: 400, param: 'credit_amount', message: expect.stringContaining('deleted') };
  expect(await refusal(creditNotes.create(params))).toMatchObject(refused);
  expect(await refusal(creditNotes.preview(params))).toMatchObject(refused);
  const given = { invoice: id, amount: 100, refund_amount: 60, out_of_band_amount: 40 };
  expect(await creditNotes.create(given)).toMatchObject({ status: 'issued', post_payment_amount: 100 });
});

test('a void while a payment is on its way', async () => {
  const payer = await newCardPayer();
  const { id } = await openInvoice(payer, [1_000]);
  const note = await payer.stripe.creditNotes.create({ invoice: id, amount: 100 });
  const bank = await payer.stripe.paymentMethods.attach('pm_usBankAccount_processing', { customer: payer.customer.id });
  await payer.stripe.invoices.pay(id, { payment_method: bank.id });
  expect(await refusal(payer.stripe.creditNotes.voidCreditNote(note.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
    message: expect.stringContaining('A payment of this invoice is on its way'),
  });
});
