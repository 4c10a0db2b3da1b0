import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/pool.ts';
import { newAccount } from '../support/account.ts';
import { licensedPrice, newShop, plain, refusal, type Shop, use } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

/** A classic subscription: its first invoice is paid at once. */
async function subscribeClassic(
  { stripe, price, customer }: Shop,
  params: Partial<Stripe.SubscriptionCreateParams> = {},
) {
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    billing_mode: { type: 'classic' },
    ...params,
  });
  return { subscription, invoice: await stripe.invoices.retrieve(subscription.latest_invoice as string) };
}

/** A subscription to seats: its first invoice is a draft. */
async function subscribeToSeats({ stripe, customer }: Shop, params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const seats = await licensedPrice(stripe);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id, quantity: 3 }],
    collection_method: 'send_invoice',
    days_until_due: 14,
    ...params,
  });
  return { seats, subscription, invoice: await stripe.invoices.retrieve(subscription.latest_invoice as string) };
}

describe('a stored invoice', () => {
  test('with nothing due is final and paid', async () => {
    const shop = await newShop();
    const { subscription, invoice } = await subscribeClassic(shop);
    expect(invoice).toMatchObject({
      amount_due: 0,
      amount_paid: 0,
      amount_remaining: 0,
      attempted: true,
      attempt_count: 0,
      auto_advance: false,
      automatically_finalizes_at: null,
      billing_reason: 'subscription_create',
      collection_method: 'charge_automatically',
      currency: 'usd',
      customer: shop.customer.id,
      due_date: null,
      ending_balance: 0,
      lines: { data: [{ amount: 0, quantity: 0 }], has_more: false, url: `/v1/invoices/${invoice.id}/lines` },
      next_payment_attempt: null,
      number: `${shop.customer.invoice_prefix}-0001`,
      status: 'paid',
      total: 0,
    });
    expect(invoice.parent!.subscription_details).toMatchObject({ subscription: subscription.id, metadata: {} });
    expect(invoice.status_transitions).toMatchObject({ finalized_at: invoice.created, paid_at: invoice.created });
    expect(invoice.period_start).toBe(subscription.start_date);
    expect(invoice.period_end).toBe(subscription.start_date);
    const { invoice: second } = await subscribeClassic(shop);
    expect(second.number).toBe(`${shop.customer.invoice_prefix}-0002`);
  });

  test('that is sent stays a draft for an hour, with its due date', async () => {
    const { invoice, seats } = await subscribeToSeats(await newShop());
    expect(invoice).toMatchObject({
      amount_due: 6000,
      amount_paid: 0,
      amount_remaining: 6000,
      attempted: false,
      auto_advance: true,
      automatically_finalizes_at: invoice.created + 3600,
      due_date: invoice.created + 14 * 86_400,
      effective_at: null,
      ending_balance: null,
      next_payment_attempt: null,
      number: null,
      status: 'draft',
      subtotal: 6000,
      total: 6000,
    });
    expect(plain(invoice.lines.data)).toMatchObject([
      {
        amount: 6000,
        description: '3 × Alpaca AI (at $20.00 / month)',
        invoice: invoice.id,
        pricing: { price_details: { price: seats.id, product: seats.product }, unit_amount_decimal: '2000' },
        quantity: 3,
        quantity_decimal: '3',
        taxes: [],
      },
    ]);
  });

  test('shows the customer as it is while a draft, and as it was once final', async () => {
    const shop = await newShop();
    const { stripe, customer } = shop;
    await stripe.customers.update(customer.id, {
      address: { city: 'Ghent', country: 'BE' },
      tax_exempt: 'exempt',
      invoice_settings: { footer: 'Thank you', custom_fields: [{ name: 'PO', value: '77' }] },
    });
    const final = (await subscribeClassic(shop)).invoice;
    const draft = (await subscribeToSeats(shop)).invoice;
    const settings = { footer: 'Thank you', custom_fields: [{ name: 'PO', value: '77' }] };
    const before = { customer_name: 'John Doe', customer_email: 'john@example.com', customer_tax_exempt: 'exempt' };
    for (const invoice of [final, draft]) expect(invoice).toMatchObject({ ...before, ...settings });
    expect(final.customer_address).toMatchObject({ city: 'Ghent', country: 'BE', line1: null });
    await stripe.customers.update(customer.id, { name: 'John Roe', email: 'roe@example.com', tax_exempt: 'none' });
    expect(await stripe.invoices.retrieve(final.id)).toEqual(final);
    const after = { customer_name: 'John Roe', customer_email: 'roe@example.com', customer_tax_exempt: 'none' };
    expect(await stripe.invoices.retrieve(draft.id)).toMatchObject(after);
    const list = await stripe.invoices.list();
    expect(list.data.map((invoice) => invoice.customer_name)).toEqual(['John Roe', 'John Doe']);
  });

  test('keeps the metadata that its subscription had, while its lines show what it has', async () => {
    const shop = await newShop();
    const { subscription, invoice } = await subscribeClassic(shop, { metadata: { plan: 'gold' } });
    await shop.stripe.subscriptions.update(subscription.id, { metadata: { plan: 'silver' } });
    const after = await shop.stripe.invoices.retrieve(invoice.id);
    expect(after.parent!.subscription_details!.metadata).toEqual({ plan: 'gold' });
    expect(invoice.lines.data[0]!.metadata).toEqual({ plan: 'gold' });
    expect(after.lines.data[0]!.metadata).toEqual({ plan: 'silver' });
    expect((await shop.stripe.invoices.listLineItems(invoice.id)).data).toEqual(after.lines.data);
  });

  test('tells each step of its life, with itself as it was then', async () => {
    const shop = await newShop();
    const { subscription, invoice } = await subscribeClassic(shop);
    const events = (await shop.stripe.events.list()).data.toReversed();
    const told = events.slice(events.findIndex(({ type }) => type === 'customer.updated'));
    expect(told.map(({ type }) => type)).toEqual([
      'customer.updated',
      'customer.subscription.created',
      'invoice.created',
      'customer.updated',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
    ]);
    expect(told[0]!.data.previous_attributes).toEqual({ currency: null });
    expect(told[1]!.data.object).toEqual(plain(subscription));
    expect(told[3]!.data.previous_attributes).toEqual({ next_invoice_sequence: 1 });
    const invoices = told
      .filter(({ type }) => type.startsWith('invoice.'))
      .map((event) => event.data.object as Stripe.Invoice);
    expect(invoices.map(({ status }) => status)).toEqual(['draft', 'open', 'paid', 'paid']);
    expect(invoices.map(({ number }) => number)).toEqual([null, invoice.number, invoice.number, invoice.number]);
    expect(invoices[3]).toEqual(plain(invoice));
  });

  test('of a subscription that ends stops where it is', async () => {
    const shop = await newShop();
    const { subscription, invoice } = await subscribeToSeats(shop);
    await shop.stripe.subscriptions.cancel(subscription.id);
    const stopped = await shop.stripe.invoices.retrieve(invoice.id);
    expect(stopped).toEqual({ ...invoice, auto_advance: false, automatically_finalizes_at: null });
    const [event] = (await shop.stripe.events.list({ type: 'invoice.updated' })).data;
    expect(event!.data.object).toEqual(plain(stopped));
    expect(event!.data.previous_attributes).toEqual({
      auto_advance: true,
      automatically_finalizes_at: invoice.automatically_finalizes_at,
    });
  });

  test('can be expanded', async () => {
    const shop = await newShop();
    const { account, stripe } = shop;
    const { subscription, invoice } = await subscribeClassic(shop);
    const whole = await stripe.invoices.retrieve(invoice.id, {
      expand: ['customer', 'parent.subscription_details.subscription', 'payments', 'lines.data.pricing'],
    });
    expect(whole.customer).toMatchObject({ id: shop.customer.id, object: 'customer' });
    expect(whole.parent!.subscription_details!.subscription).toMatchObject({ id: subscription.id, status: 'active' });
    expect(whole.payments).toMatchObject({ data: [], has_more: false });
    const path = `/v1/invoices/${invoice.id}/lines`;
    const expand = ['data.pricing.price_details.price', 'data.subscription.customer'];
    const lines = await account.request('GET', path, { expand });
    expect(lines.body.data[0].pricing.price_details.price).toMatchObject({ id: shop.price.id, object: 'price' });
    expect(lines.body.data[0].subscription.customer).toMatchObject({ id: shop.customer.id });
    const listed = await stripe.invoices.list({ expand: ['data.lines.data.subscription'] });
    expect(listed.data[0]!.lines.data[0]!.subscription).toMatchObject({ id: subscription.id });
    const wrong = await account.request('GET', path, { expand: ['data.parent'] });
    expect(wrong.body.error.message).toContain('cannot be expanded');
  });

  test('may have more lines than one statement stores', async () => {
    const shop = await newShop();
    const { stripe, customer } = shop;
    const tiers = Array.from({ length: 100 }, (_, index) => ({
      up_to: index === 99 ? ('inf' as const) : index + 1,
      unit_amount: 1,
      flat_amount: 1,
    }));
    const terms = { billing_scheme: 'tiered', tiers_mode: 'graduated', tiers, unit_amount: undefined } as const;
    const prices = [];
    for (let count = 0; count < 6; count++) prices.push(await licensedPrice(stripe, terms as object));
    const items = prices.map(({ id }) => ({ price: id, quantity: 100 }));
    const sent = { collection_method: 'send_invoice', days_until_due: 1 } as const;
    const { latest_invoice: id } = await stripe.subscriptions.create({ customer: customer.id, items, ...sent });
    const lines = await stripe.invoices.listLineItems(id as string, { limit: 100 }).autoPagingToArray({ limit: 2000 });
    expect(lines).toHaveLength(6 * 100 * 2);
    expect(new Set(lines.map((line) => line.id)).size).toBe(lines.length);
    expect(await stripe.invoices.retrieve(id as string)).toMatchObject({ total: 1200, lines: { has_more: true } });
    expect(lines[2]!.description).toBe('1 × Alpaca AI (Tier 2 at $0.01 / month)');
    expect(lines.at(-1)!.description).toBe('Alpaca AI (Tier 100 at $0.01 / month)');
  });
});

describe('invoices are listed', () => {
  test('by customer, subscription, status, collection and time', async () => {
    const shop = await newShop();
    const { stripe, customer } = shop;
    const paid = await subscribeClassic(shop);
    const draft = await subscribeToSeats(shop);
    const other = await stripe.customers.create({});
    const ids = async (params: Stripe.InvoiceListParams) =>
      (await stripe.invoices.list(params)).data.map(({ id }) => id);
    const [first, second] = [paid.invoice.id, draft.invoice.id];
    expect(await ids({})).toEqual([second, first]);
    expect(await ids({ customer: customer.id })).toEqual([second, first]);
    expect(await ids({ customer: other.id })).toEqual([]);
    expect(await ids({ subscription: paid.subscription.id })).toEqual([first]);
    expect(await ids({ status: 'draft' })).toEqual([second]);
    expect(await ids({ status: 'void' })).toEqual([]);
    expect(await ids({ collection_method: 'charge_automatically' })).toEqual([first]);
    expect(await ids({ created: { lt: paid.invoice.created } })).toEqual([]);
    expect(await ids({ due_date: draft.invoice.due_date! })).toEqual([second]);
    expect(await ids({ due_date: { gt: draft.invoice.due_date! } })).toEqual([]);
    expect(await ids({ limit: 1, starting_after: second })).toEqual([first]);
    expect(await ids({ ending_before: first })).toEqual([second]);
    expect(await refusal(stripe.invoices.list({ customer: 'cus_no' }))).toMatchObject({
      status: 400,
      param: 'customer',
    });
    expect(await refusal(stripe.invoices.list({ customer_account: 'acct_x' }))).toMatchObject({
      code: 'parameter_not_served',
      param: 'customer_account',
    });
  });
});

describe('a preview', () => {
  async function preview() {
    const shop = await newShop();
    const { stripe, meter, price, customer } = shop;
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    await use(stripe, meter, customer.id, 3000);
    const invoice = await stripe.invoices.createPreview({ subscription: subscription.id });
    return { ...shop, subscription, invoice };
  }

  test('is an invoice that nobody has issued', async () => {
    const { stripe, price, customer, subscription, invoice } = await preview();
    const [item] = subscription.items.data;
    const { current_period_start: start, current_period_end: end } = item!;
    expect(invoice.id).toMatch(/^upcoming_in_\w{24}$/);
    expect(invoice).toMatchObject({
      amount_due: 120,
      amount_remaining: 120,
      attempted: false,
      automatically_finalizes_at: null,
      billing_reason: 'upcoming',
      collection_method: 'charge_automatically',
      created: end,
      customer: customer.id,
      customer_email: 'john@example.com',
      due_date: null,
      next_payment_attempt: end + 3600,
      number: null,
      period_end: end,
      period_start: start,
      status: 'draft',
      subtotal: 120,
      total: 120,
      total_taxes: [],
    });
    for (const key of ['auto_advance', 'hosted_invoice_url', 'invoice_pdf']) expect(invoice).not.toHaveProperty(key);
    expect(invoice.lines.data[0]!.id).toMatch(/^il_tmp_\w{24}$/);
    expect(plain(invoice.lines.data)).toMatchObject([
      {
        amount: 120,
        currency: 'usd',
        description: '3000 × Alpaca AI (at $0.04 per 100 units / month)',
        invoice: invoice.id,
        parent: {
          type: 'subscription_item_details',
          subscription_item_details: { subscription: subscription.id, subscription_item: item!.id, proration: false },
        },
        period: { start, end },
        pricing: {
          type: 'price_details',
          price_details: { price: price.id, product: price.product },
          unit_amount_decimal: '4',
        },
        quantity: 3000,
        quantity_decimal: '3000',
        subtotal: 120,
      },
    ]);
    expect((await stripe.invoices.list()).data).toEqual([]);
    expect((await stripe.events.list({ type: 'invoice.*' })).data).toEqual([]);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toEqual(subscription);
  });

  test('can be read again, as it was told, for 72 hours', async () => {
    const { account, stripe, meter, customer, subscription, invoice } = await preview();
    await use(stripe, meter, customer.id, 1000);
    expect(await stripe.invoices.retrieve(invoice.id)).toEqual(invoice);
    expect((await stripe.invoices.listLineItems(invoice.id)).data).toEqual(invoice.lines.data);
    const expanded = await stripe.invoices.retrieve(invoice.id, { expand: ['customer'] });
    expect(expanded.customer).toMatchObject({ id: customer.id });
    const next = await stripe.invoices.createPreview({ subscription: subscription.id, customer: customer.id });
    expect(next).toMatchObject({ total: 160 });
    const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
    const age = (id: string, hours: number) =>
      database.pool.query(
        `update invoice_previews set created_at = created_at - make_interval(hours => $3) where account_id = $1 and id = $2`,
        [account.accountId, id, hours],
      );
    await age(invoice.id, 73);
    await age(next.id, 71);
    await database.close();
    expect(await refusal(stripe.invoices.retrieve(invoice.id))).toMatchObject({
      status: 404,
      code: 'resource_missing',
    });
    expect(await stripe.invoices.retrieve(next.id)).toEqual(next);
  });

  test('is refused for what has no next invoice', async () => {
    const { account, stripe, customer, subscription } = await preview();
    const create = (params: object) => refusal(stripe.invoices.createPreview(params));
    expect(await create({})).toMatchObject({ status: 400, code: 'parameter_missing', param: 'customer' });
    expect(await create({ subscription: 'sub_no' })).toMatchObject({ code: 'resource_missing', param: 'subscription' });
    const other = await stripe.customers.create({});
    const foreign = { subscription: subscription.id, customer: other.id };
    expect(await create(foreign)).toMatchObject({ status: 400, param: 'customer' });
    await stripe.subscriptions.cancel(subscription.id);
    const ended = await account.request('POST', '/v1/invoices/create_preview', { subscription: subscription.id });
    expect(ended.status).toBe(404);
    expect(ended.body.error).toMatchObject({
      code: 'invoice_upcoming_none',
      message: `No upcoming invoices for customer: ${customer.id}`,
    });
  });
});

test('invoices and previews are unknown to other accounts', async () => {
  const shop = await newShop();
  const { invoice, subscription } = await subscribeClassic(shop);
  const preview = await shop.stripe.invoices.createPreview({ subscription: subscription.id });
  const { stripe: stranger } = await newAccount();
  const calls = [
    () => stranger.invoices.retrieve(invoice.id),
    () => stranger.invoices.retrieve(preview.id),
    () => stranger.invoices.listLineItems(invoice.id),
    () => stranger.invoices.listLineItems(preview.id),
    () => stranger.invoices.retrieve('in_no'),
  ];
  for (const call of calls) expect(await refusal(call())).toMatchObject({ status: 404, code: 'resource_missing' });
  const params = { subscription: subscription.id };
  expect(await refusal(stranger.invoices.createPreview(params))).toMatchObject({ code: 'resource_missing' });
  expect((await stranger.invoices.list()).data).toEqual([]);
});
