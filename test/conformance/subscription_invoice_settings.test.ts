import { expect, test } from 'vitest';
import { SENT } from '../support/billed.ts';
import { licensedPrice, newShop, refusal } from '../support/shop.ts';

test('the invoices of a subscription show what its settings say, before what the customer has', async () => {
  const { account, stripe, customer } = await newShop();
  await stripe.customers.update(customer.id, {
    invoice_settings: { footer: 'Of the customer', custom_fields: [{ name: 'Order', value: '7' }] },
  });
  const seats = await licensedPrice(stripe);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }],
    invoice_settings: {
      description: 'Thank you',
      custom_fields: [{ name: 'Contract', value: 'A-1' }],
      issuer: { type: 'self' },
    },
    ...SENT,
  });
  expect(subscription.invoice_settings).toEqual({
    account_tax_ids: null,
    custom_fields: [{ name: 'Contract', value: 'A-1' }],
    description: 'Thank you',
    footer: null,
    issuer: { type: 'self' },
  });
  const [invoice] = (await stripe.invoices.list({ customer: customer.id })).data;
  expect(invoice).toMatchObject({
    description: 'Thank you',
    custom_fields: [{ name: 'Contract', value: 'A-1' }],
    footer: 'Of the customer',
  });
  const changed = await account.request('POST', `/v1/subscriptions/${subscription.id}`, {
    'invoice_settings[description]': '',
    'invoice_settings[footer]': 'Of the subscription',
  });
  expect(changed.body.invoice_settings).toMatchObject({
    description: null,
    footer: 'Of the subscription',
    custom_fields: [{ name: 'Contract', value: 'A-1' }],
  });
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview).toMatchObject({ description: null, footer: 'Of the subscription' });
});

test('invoices of others are not served', async () => {
  const { stripe, price, customer } = await newShop();
  const create = (invoice_settings: object) =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], invoice_settings });
  expect(await refusal(create({ issuer: { type: 'account' } }))).toMatchObject({ code: 'parameter_not_served' });
  expect(await refusal(create({ account_tax_ids: ['atxi_1'] }))).toMatchObject({ code: 'parameter_not_served' });
  expect(await refusal(create({ description: 'x'.repeat(1501) }))).toMatchObject({ status: 400 });
});
