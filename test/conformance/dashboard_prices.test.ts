import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { costOf } from '../../dashboard/src/catalog/cost.ts';
import { draftModel, NEW_DRAFT, paramsOf, type PriceDraft, problemsOf } from '../../dashboard/src/catalog/draft.ts';
import { exact } from '../../dashboard/src/ui/exact.ts';
import type { Params } from '../support/form.ts';
import { newShop, use } from '../support/shop.ts';

const tiers = [
  { lastUnit: '31', perUnit: '0.036', flatFee: '' },
  { lastUnit: '1,000', perUnit: '0.0255', flatFee: '10' },
  { lastUnit: '', perUnit: '', flatFee: '0.125' },
];

const DRAFTS: readonly (readonly [string, Partial<PriceDraft>])[] = [
  ['a flat rate', { amount: '19.99' }],
  ['fractions of a cent', { amount: '0.00055', period: '3 month' }],
  ['packages', { model: 'package', amount: '0.04', packageSize: '100', period: 'year' }],
  ['packages of fractions', { model: 'package', amount: '0.0333', packageSize: '7', currency: 'jpy' }],
  ['volume tiers', { model: 'tiered', tiersMode: 'volume', tiers, period: 'custom', customCount: '2' }],
  ['graduated tiers', { model: 'tiered', tiersMode: 'graduated', tiers, currency: 'kwd' }],
];

const QUANTITIES = [0, 1, 2, 30, 31, 32, 99, 100, 101, 999, 1000, 1001, 123_457];

test.each(DRAFTS)('the dashboard calculates %s as previews do', async (_name, fields) => {
  const { stripe, customer, account } = await newShop();
  const draft = { ...NEW_DRAFT, ...fields };
  expect(problemsOf(draft)).toEqual({});
  const params = { ...paramsOf(draft), product_data: { name: 'Seats' } } as Params;
  const { status, body: price } = await account.request('POST', '/v1/prices', params);
  expect(status).toBe(200);
  const model = draftModel(draft);
  if (model === undefined) throw new Error('A draft without problems has a model');
  for (const quantity of QUANTITIES) {
    const preview = await stripe.invoices.createPreview({
      customer: customer.id,
      subscription_details: { items: [{ price: price.id as string, quantity }] },
    });
    expect([quantity, costOf(model, exact(BigInt(quantity))).total]).toEqual([quantity, BigInt(preview.subtotal)]);
  }
});

test('the dashboard calculates usage with decimals as previews do', async () => {
  const { stripe, customer, account, meter } = await newShop();
  const draft: PriceDraft = { ...NEW_DRAFT, model: 'usage', structure: 'per_tier', tiers, meter: meter.id };
  const params = { ...paramsOf(draft), product_data: { name: 'Tokens' } } as Params;
  const { body } = await account.request('POST', '/v1/prices', params);
  const price = body as Stripe.Price;
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await use(stripe, meter, customer.id, '1000.5');
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  const model = draftModel(draft);
  if (model === undefined) throw new Error('A draft without problems has a model');
  // 31 × 3.6 = 111.6, 969 × 2.55 = 2470.95 and 1000 flat, 0.5 × 0 and 12.5 flat.
  expect(preview.subtotal).toBe(112 + 2471 + 1000 + 13);
  expect(costOf(model, exact('1000.5')).total).toBe(BigInt(preview.subtotal));
});
