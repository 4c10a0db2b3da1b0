import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { newDesk, newDraft, newPayer, type Payer } from '../support/billed.ts';
import { eventTypes, refusal } from '../support/shop.ts';

/** What each line loses, and the totals. */
function read(invoice: Stripe.Invoice) {
  return {
    lines: invoice.lines.data.map((line) => line.discount_amounts?.map(({ amount }) => amount)),
    discounts: invoice.total_discount_amounts?.map(({ amount }) => amount),
    subtotal: invoice.subtotal,
    total: invoice.total,
    due: invoice.amount_due,
  };
}

const timesRedeemed = async ({ stripe }: Payer, id: string) => (await stripe.coupons.retrieve(id)).times_redeemed;

test('an amount is spread over the lines, the remainder on the last: 500 over 1000 and 2000', async () => {
  const payer = await newPayer();
  const coupon = await payer.stripe.coupons.create({ amount_off: 500, currency: 'usd' });
  const draft = await newDraft(payer, [1000, 2000], { discounts: [{ coupon: coupon.id }] });
  expect(read(draft)).toEqual({ lines: [[166], [334]], discounts: [500], subtotal: 3000, total: 2500, due: 2500 });
  const final = await payer.stripe.invoices.finalizeInvoice(draft.id);
  expect(read(final)).toEqual(read(draft));
  expect(await timesRedeemed(payer, coupon.id)).toBe(1);
});

test('discounts apply one after the other, and never below zero', async () => {
  const payer = await newPayer();
  const { stripe } = payer;
  const half = await stripe.coupons.create({ percent_off: 50 });
  const ten = await stripe.coupons.create({ amount_off: 1000, currency: 'usd' });
  const draft = await newDraft(payer, [999], { discounts: [{ coupon: half.id }, { coupon: ten.id }] });
  expect(read(draft)).toEqual({ lines: [[500, 499]], discounts: [500, 499], subtotal: 999, total: 0, due: 0 });
  const turned = await stripe.invoices.update(draft.id, { discounts: [{ coupon: ten.id }, { coupon: half.id }] });
  expect(read(turned)).toMatchObject({ lines: [[999, 0]], discounts: [999, 0], total: 0 });
  // The same coupons, in another order: nothing was redeemed again.
  expect(turned.discounts).toEqual(draft.discounts.toReversed());
  expect([await timesRedeemed(payer, half.id), await timesRedeemed(payer, ten.id)]).toEqual([1, 1]);
});

test('lines that come, change and go are discounted anew', async () => {
  const payer = await newPayer();
  const { stripe } = payer;
  const coupon = await stripe.coupons.create({ percent_off: 12.5 });
  const draft = await newDraft(payer, [], { discounts: [{ coupon: coupon.id }] });
  expect(draft).toMatchObject({ total: 0, total_discount_amounts: [{ amount: 0 }] });
  const added = await stripe.invoices.addLines(draft.id, {
    lines: [{ amount: 1001 }, { amount: 99, discountable: false }, { amount: -400 }],
  });
  // 125.125 is 125; what is a credit or not discountable stays.
  expect(read(added)).toMatchObject({ lines: [[125], [], []], discounts: [125], total: 575 });
  const [first] = added.lines.data;
  await stripe.invoices.updateLineItem(draft.id, first!.id, { amount: 2004 });
  const changed = await stripe.invoices.retrieve(draft.id);
  expect(read(changed)).toMatchObject({ lines: [[251], [], []], discounts: [251], total: 1452 });
  await stripe.invoiceItems.create({ invoice: draft.id, amount: 100 });
  expect(read(await stripe.invoices.retrieve(draft.id))).toMatchObject({ discounts: [264], total: 1539 });
  const rest = await stripe.invoices.removeLines(draft.id, { lines: [{ id: first!.id, behavior: 'delete' }] });
  expect(read(rest)).toMatchObject({ discounts: [13], total: -214 });
  const bare = await stripe.invoices.update(draft.id, { discounts: '' });
  expect(read(bare)).toMatchObject({ lines: [[], [], []], discounts: [], total: -201 });
});

test('a coupon of products takes off their lines alone', async () => {
  const desk = await newDesk();
  const { stripe, product, price } = desk;
  const coupon = await stripe.coupons.create({ percent_off: 100, applies_to: { products: [product.id] } });
  const draft = await newDraft(desk, [700], { discounts: [{ coupon: coupon.id }] });
  const both = await stripe.invoices.addLines(draft.id, { lines: [{ pricing: { price: price.id }, quantity: 3 }] });
  expect(read(both)).toMatchObject({ lines: [[], [1500]], discounts: [1500], subtotal: 2200, total: 700 });
});

test.each([
  ['jpy', { percent_off: 33.33 }, 1000, 333],
  ['kwd', { amount_off: 1234, currency: 'kwd' }, 10_000, 1234],
  ['eur', { amount_off: 500, currency: 'usd', currency_options: { eur: { amount_off: 450 } } }, 1000, 450],
])('in %s %o takes off %s: %s', async (currency, params, amount, off) => {
  const payer = await newPayer();
  const coupon = await payer.stripe.coupons.create(params);
  const draft = await newDraft(payer, [amount], { currency, discounts: [{ coupon: coupon.id }] });
  expect(read(draft)).toMatchObject({ discounts: [off], total: amount - off });
});

test('the discount itself: expanded, kept by its id, deleted with what it was on', async () => {
  const payer = await newPayer();
  const { stripe, customer } = payer;
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'repeating', duration_in_months: 2 });
  const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'TEN' });
  const draft = await newDraft(payer, [1000], { discounts: [{ promotion_code: code.id }] });
  const id = draft.discounts[0] as string;
  const kept = await stripe.invoices.update(draft.id, {
    discounts: [{ discount: id }],
    expand: [
      'discounts',
      'discounts.source.coupon',
      'discounts.promotion_code',
      'lines.data.discount_amounts.discount',
    ],
  });
  expect(kept.discounts).toMatchObject([
    {
      id,
      object: 'discount',
      customer: customer.id,
      invoice: draft.id,
      promotion_code: { id: code.id, times_redeemed: 1 },
      source: { type: 'coupon', coupon: { id: coupon.id, times_redeemed: 1 } },
      end: expect.any(Number),
    },
  ]);
  expect(kept.lines.data[0]!.discount_amounts).toMatchObject([{ amount: 100, discount: { id } }]);
  await stripe.invoices.del(draft.id);
  expect(await timesRedeemed(payer, coupon.id)).toBe(1);
  expect(await eventTypes(stripe, 'invoice.')).toEqual(['invoice.created', 'invoice.updated', 'invoice.deleted']);
});

test('the terms of a deleted coupon go on, also when another has its id', async () => {
  const payer = await newPayer();
  const { stripe } = payer;
  await stripe.coupons.create({ id: 'SALE', percent_off: 10 });
  const draft = await newDraft(payer, [1000], { discounts: [{ coupon: 'SALE' }] });
  await stripe.coupons.del('SALE');
  await stripe.coupons.create({ id: 'SALE', percent_off: 90 });
  const more = await stripe.invoices.addLines(draft.id, { lines: [{ amount: 1000 }] });
  expect(read(more)).toMatchObject({ discounts: [200], total: 1800 });
});

test('ten requests at once redeem a coupon as often as it allows', async () => {
  const payer = await newPayer();
  const coupon = await payer.stripe.coupons.create({ percent_off: 10, max_redemptions: 3 });
  const payers = await Promise.all(
    Array.from({ length: 10 }, () => payer.stripe.customers.create({ name: 'One of ten' })),
  );
  const outcomes = await Promise.allSettled(
    payers.map(({ id }) => payer.stripe.invoices.create({ customer: id, discounts: [{ coupon: coupon.id }] })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await timesRedeemed(payer, coupon.id)).toBe(3);
  expect((await payer.stripe.invoices.list({ limit: 100 })).data).toHaveLength(3);
});

test('a preview shows discounts and redeems nothing', async () => {
  const payer = await newPayer();
  const { stripe, customer } = payer;
  const always = await stripe.coupons.create({ percent_off: 10, duration: 'forever', max_redemptions: 1 });
  const once = await stripe.coupons.create({ amount_off: 55, currency: 'usd' });
  const seats = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 1005,
    recurring: { interval: 'month' },
    product_data: { name: 'Seat' },
  });
  const asked = {
    customer: customer.id,
    subscription_details: { items: [{ price: seats.id }] },
    discounts: [{ coupon: always.id }, { coupon: once.id }],
  };
  const next = await stripe.invoices.createPreview(asked);
  // 100.5 is 101.
  expect(read(next)).toEqual({ lines: [[101, 55]], discounts: [101, 55], subtotal: 1005, total: 849, due: 849 });
  expect(await stripe.invoices.retrieve(next.id)).toEqual(next);
  const recurring = await stripe.invoices.createPreview({ ...asked, preview_mode: 'recurring' });
  expect(read(recurring)).toMatchObject({ discounts: [101], total: 904 });
  expect([await timesRedeemed(payer, always.id), await timesRedeemed(payer, once.id)]).toEqual([0, 0]);
  const refused = stripe.invoices.createPreview({ ...asked, discounts: [{ coupon: 'none' }] });
  expect(await refusal(refused)).toMatchObject({ code: 'resource_missing', param: 'discounts[0][coupon]' });
});

type Make = (payer: Payer) => Promise<Stripe.InvoiceCreateParams.Discount[]>;

const coupon =
  (params: Stripe.CouponCreateParams, then?: (stripe: Stripe, id: string) => Promise<unknown>): Make =>
  async ({ stripe }) => {
    const { id } = await stripe.coupons.create(params);
    await then?.(stripe, id);
    return [{ coupon: id }];
  };

test.each<[string, Make, object]>([
  [
    'that is in another currency',
    coupon({ amount_off: 500, currency: 'eur' }),
    { param: 'discounts[0][coupon]', message: expect.stringContaining('takes off an amount in eur') },
  ],
  [
    'that is used up',
    coupon({ percent_off: 5, max_redemptions: 1 }, async (stripe, id) => {
      const { id: customer } = await stripe.customers.create();
      await stripe.invoices.create({ customer, discounts: [{ coupon: id }] });
    }),
    { code: 'coupon_expired', param: 'discounts[0][coupon]' },
  ],
  [
    'that was deleted',
    coupon({ percent_off: 5 }, (stripe, id) => stripe.coupons.del(id)),
    { code: 'resource_missing', param: 'discounts[0][coupon]' },
  ],
  [
    'of a code for somebody else',
    async ({ stripe }) => {
      const other = await stripe.customers.create();
      const { id } = await stripe.coupons.create({ percent_off: 5 });
      const promotion = { type: 'coupon', coupon: id } as const;
      return [{ promotion_code: (await stripe.promotionCodes.create({ promotion, customer: other.id })).id }];
    },
    { param: 'discounts[0][promotion_code]', message: expect.stringContaining('belongs to another customer') },
  ],
  [
    'that is given twice',
    async ({ stripe }) => {
      const { id } = await stripe.coupons.create({ percent_off: 5 });
      return [{ coupon: id }, { coupon: id }];
    },
    { param: 'discounts[1][coupon]', message: 'The same coupon can be applied only once.' },
  ],
  [
    'that another invoice has',
    async (payer) => {
      const { id } = await payer.stripe.coupons.create({ percent_off: 5 });
      const { discounts } = await newDraft(payer, [], { discounts: [{ coupon: id }] });
      return [{ discount: discounts[0] as string }];
    },
    { code: 'resource_missing', param: 'discounts[0][discount]' },
  ],
  [
    'that names two things',
    async () => [{ coupon: 'X', promotion_code: 'Y' }],
    { param: 'discounts[0]', message: expect.stringContaining('exactly one of') },
  ],
  ['of 21', async () => Array.from({ length: 21 }, () => ({ coupon: 'X' })), { param: 'discounts' }],
])('a discount %s is refused, and nothing is written', async (_, make, refused) => {
  const payer = await newPayer();
  const discounts = await make(payer);
  const before = (await payer.stripe.invoices.list()).data.length;
  const call = payer.stripe.invoices.create({ customer: payer.customer.id, currency: 'usd', discounts });
  expect(await refusal(call)).toMatchObject(refused);
  expect((await payer.stripe.invoices.list()).data).toHaveLength(before);
});

test('a final invoice keeps its discounts', async () => {
  const payer = await newPayer();
  const { id } = await newDraft(payer, [1000]);
  await payer.stripe.invoices.finalizeInvoice(id);
  expect(await refusal(payer.stripe.invoices.update(id, { discounts: '' }))).toMatchObject({
    code: 'invoice_not_editable',
  });
});
