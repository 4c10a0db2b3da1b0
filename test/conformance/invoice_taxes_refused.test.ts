import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newDesk, newDraft, newPayer, newRate, SENT } from '../support/billed.ts';
import { eventTypes, licensedPrice, refusal } from '../support/shop.ts';

describe('taxes are refused', () => {
  test('rates that do not exist, are too many or are given twice, wherever they are given', async () => {
    const desk = await newDesk();
    const { stripe, customer } = desk;
    const rate = await newRate(desk, [20, 'on top']);
    const seats = await licensedPrice(stripe);
    const draft = await newDraft(desk, [100]);
    const [line] = draft.lines.data;
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      ...SENT,
      items: [{ price: seats.id }],
    });
    const item = subscription.items.data[0]!.id;
    const events = await eventTypes(stripe, '');
    const wheres: [string, (rates: string[]) => Promise<unknown>][] = [
      ['default_tax_rates', (rates) => stripe.invoices.create({ customer: customer.id, default_tax_rates: rates })],
      ['default_tax_rates', (rates) => stripe.invoices.update(draft.id, { default_tax_rates: rates })],
      ['tax_rates', (rates) => stripe.invoiceItems.create({ customer: customer.id, amount: 1, tax_rates: rates })],
      [
        'lines[0][tax_rates]',
        (rates) => stripe.invoices.addLines(draft.id, { lines: [{ amount: 1, tax_rates: rates }] }),
      ],
      [
        'lines[0][tax_rates]',
        (rates) => stripe.invoices.updateLines(draft.id, { lines: [{ id: line!.id, tax_rates: rates }] }),
      ],
      ['tax_rates', (rates) => stripe.invoices.updateLineItem(draft.id, line!.id, { tax_rates: rates })],
      ['default_tax_rates', (rates) => stripe.subscriptions.update(subscription.id, { default_tax_rates: rates })],
      ['tax_rates', (rates) => stripe.subscriptionItems.update(item, { tax_rates: rates })],
      [
        'items[0][tax_rates]',
        (rates) =>
          stripe.subscriptions.create({ customer: customer.id, items: [{ price: seats.id, tax_rates: rates }] }),
      ],
      [
        'subscription_details[default_tax_rates]',
        (rates) =>
          stripe.invoices.createPreview({
            subscription: subscription.id,
            subscription_details: { default_tax_rates: rates },
          }),
      ],
      [
        'invoice_items[0][tax_rates]',
        (rates) =>
          stripe.invoices.createPreview({ customer: customer.id, invoice_items: [{ amount: 1, tax_rates: rates }] }),
      ],
    ];
    for (const [param, call] of wheres) {
      const missing = { status: 400, code: 'resource_missing', param: `${param}[1]` };
      expect(await refusal(call([rate, 'txr_no']))).toMatchObject(missing);
      expect(await refusal(call([rate, rate]))).toMatchObject({ status: 400, param: `${param}[1]` });
      expect(await refusal(call(Array.from({ length: 6 }, () => rate)))).toMatchObject({ status: 400, param });
    }
    expect(await eventTypes(stripe, '')).toEqual(events);
  });

  test('rates that contradict what a price says of itself', async () => {
    const payer = await newPayer();
    const { stripe, customer } = payer;
    const [within, onTop] = [await newRate(payer, [20, 'within']), await newRate(payer, [20, 'on top'])];
    const gross = await licensedPrice(stripe, { tax_behavior: 'inclusive' });
    const subscribe = (params: Partial<Stripe.SubscriptionCreateParams>) =>
      stripe.subscriptions.create({ customer: customer.id, ...SENT, items: [{ price: gross.id }], ...params });
    const conflict = { status: 400, message: expect.stringContaining('`tax_behavior` that conflicts') };
    expect(await refusal(subscribe({ default_tax_rates: [onTop] }))).toMatchObject(conflict);
    const made = await subscribe({ default_tax_rates: [within] });
    expect(await refusal(stripe.subscriptions.update(made.id, { default_tax_rates: [onTop] }))).toMatchObject(conflict);
    const item = made.items.data[0]!.id;
    expect(await refusal(stripe.subscriptionItems.update(item, { tax_rates: [onTop] }))).toMatchObject(conflict);
    const once = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 500,
      tax_behavior: 'exclusive',
      product_data: { name: 'Set-up' },
    });
    const pricing = { price: once.id };
    const draft = await newDraft(payer, [], { default_tax_rates: [within] });
    const add = (rates?: string[]) =>
      stripe.invoices.addLines(draft.id, {
        lines: [{ pricing, ...(rates === undefined ? {} : { tax_rates: rates }) }],
      });
    expect(await refusal(add())).toMatchObject(conflict);
    expect((await add([onTop])).total).toBe(600);
    expect(
      await refusal(stripe.invoiceItems.create({ customer: customer.id, pricing, tax_rates: [within] })),
    ).toMatchObject(conflict);
  });
});
