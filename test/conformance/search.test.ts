import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { type Desk, newDesk, newDraft, SENT } from '../support/billed.ts';
import { refusal } from '../support/shop.ts';

let desk: Desk;
let names: Map<string, string>;

/** Three invoices: a of 100 is a draft, b of 2,000 is open, c of 30,000 is void. */
beforeAll(async () => {
  desk = await newDesk();
  const { stripe } = desk;
  const a = await newDraft(desk, [100], { metadata: { order: 'A 100%', color: 'red' } });
  const b = await newDraft(desk, [2000], { ...SENT, metadata: { order: 'b_200' } });
  const c = await newDraft(desk, [30_000], { metadata: { color: 'Red' } });
  for (const { id } of [b, c]) await stripe.invoices.finalizeInvoice(id);
  await stripe.invoices.voidInvoice(c.id);
  names = new Map([
    [a.id, 'a'],
    [b.id, 'b'],
    [c.id, 'c'],
  ]);
});

async function found(query: string): Promise<string> {
  const { data } = await desk.stripe.invoices.search({ query });
  return data.map(({ id }) => names.get(id)).join('');
}

describe('invoices are searched', () => {
  const cases: [query: string, found: string][] = [
    ['total:2000', 'b'],
    ['total>100', 'cb'],
    ['total>=100', 'cba'],
    ['total<2000', 'a'],
    ['total<=2000', 'ba'],
    ['-total:2000', 'ca'],
    ['total>100 AND total<30000', 'b'],
    ['total:100 OR total:30000', 'ca'],
    ['status:"open"', 'b'],
    ['-status:"open"', 'ca'],
    ['currency:"usd"', 'cba'],
    ['currency:"eur"', ''],
    ['number:null', 'a'],
    ['-number:null', 'cb'],
    ['receipt_number:null', 'cba'],
    ['receipt_number:"x"', ''],
    ['subscription:null', 'cba'],
    ['metadata["order"]:"a 100%"', 'a'],
    ['metadata["order"]~"100%"', 'a'],
    ['metadata["order"]~"_20"', 'b'],
    ['metadata["order"]~"x20"', ''],
    ['metadata["color"]:"red"', 'ca'],
    ['-metadata["color"]:"red"', 'b'],
    ['metadata["order"]:null', 'c'],
    ['-metadata["order"]:null', 'ba'],
    ['created>1', 'cba'],
    ['created<1', ''],
    ['total>-1 AND metadata["color"]:"red" AND status:"void"', 'c'],
  ];
  test.each(cases)('%s finds %j', async (query, expected) => {
    expect(await found(query)).toBe(expected);
  });

  test('by number and customer', async () => {
    const { invoice_prefix: prefix, id } = desk.customer;
    expect(await found(`number:"${prefix}-0001"`)).toBe('b');
    expect(await found(`number~"${prefix!.toLowerCase()}"`)).toBe('cb');
    expect(await found(`customer:"${id}"`)).toBe('cba');
    expect(await found('customer:"cus_no"')).toBe('');
  });

  test('page by page, and counted when asked', async () => {
    const { stripe } = desk;
    const query = 'total>0';
    const first = await stripe.invoices.search({ query, limit: 2, expand: ['total_count', 'data.customer'] });
    expect(first).toMatchObject({
      object: 'search_result',
      url: '/v1/invoices/search',
      has_more: true,
      total_count: 3,
    });
    expect(first.data[0]!.customer).toMatchObject({ id: desk.customer.id });
    const second = await stripe.invoices.search({ query, limit: 2, page: first.next_page! });
    expect(second).toMatchObject({ has_more: false, next_page: null });
    expect(second).not.toHaveProperty('total_count');
    expect([...first.data, ...second.data].map(({ id }) => names.get(id)).join('')).toBe('cba');
    const all = await stripe.invoices.search({ query, limit: 1 }).autoPagingToArray({ limit: 10 });
    expect(all).toHaveLength(3);
  });

  test.each([
    ['total', 'unable to parse'],
    ['total:1 AND total:1 OR total:1', 'combine'],
    ['foo:"x"', 'unsupported search field'],
    ['metadata:"x"', 'unsupported search field'],
    ['total["x"]:"x"', 'unsupported search field'],
    ['total:"x"', 'is a number'],
    ['total~"100"', '`~`'],
    ['status~"ope"', '`~`'],
    ['number>"A"', '`>`'],
    ['number~"ab"', 'at least 3'],
    ['total>null', '`null`'],
  ])('%s is refused', async (query, message) => {
    expect(await refusal(desk.stripe.invoices.search({ query }))).toMatchObject({
      status: 400,
      param: 'query',
      message: expect.stringContaining(message),
    });
  });

  test('a page that nobody answered is refused', async () => {
    const inside = ['', 'x', 'x y', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z a\0', '2026-99-01T00:00:00Z a'];
    for (const text of inside) {
      const page = Buffer.from(text).toString('base64url') || 'x';
      const call = desk.stripe.invoices.search({ query: 'total>0', page });
      expect(await refusal(call)).toMatchObject({ status: 400, param: 'page' });
    }
    const { account } = desk;
    const none = await account.request('GET', '/v1/invoices/search');
    expect(none.body.error).toMatchObject({ code: 'parameter_missing', param: 'query' });
    const wrong = await account.request('GET', '/v1/invoices/search', { query: 'total>0', expand: ['customer'] });
    expect(wrong.body.error.message).toContain('cannot be expanded');
  });

  test('by their own account alone', async () => {
    const { stripe } = await newAccount();
    expect((await stripe.invoices.search({ query: 'total>0' })).data).toEqual([]);
  });
});

test('customers, products, prices and subscriptions are searched', async () => {
  const { account, stripe, customer, product, price } = await newDesk();
  const gone = await stripe.customers.create({ name: 'Jenny Gone' });
  await stripe.customers.del(gone.id);
  const recurring = { interval: 'month' } as const;
  const seats = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 9,
    recurring,
    product_data: { name: 'Seats' },
  });
  const items = [{ price: seats.id }];
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items,
    ...SENT,
    metadata: { k: 'v' },
  });
  const cases: [resource: string, query: string, id: string][] = [
    ['customers', 'name~"jenny" AND email:"JENNY@example.com"', customer.id],
    ['customers', 'created>1 AND phone:null', customer.id],
    ['products', 'name:"set-up" AND active:"true"', product.id],
    ['products', '-name:"Set-up" AND url:null AND shippable:null AND description:null', seats.product as string],
    ['prices', 'type:"recurring"', seats.id],
    ['prices', `type:"one_time" AND product:"${product.id}" AND active:'true' AND currency:"usd"`, price.id],
    ['subscriptions', 'status:"active" AND metadata["k"]:"v" AND canceled_at:null', subscription.id],
  ];
  for (const [resource, query, id] of cases) {
    const { body } = await account.request('GET', `/v1/${resource}/search`, { query });
    expect({ query, ids: body.data?.map((each: { id: string }) => each.id) }).toEqual({ query, ids: [id] });
  }
  const wrong = await account.request('GET', '/v1/products/search', { query: 'active:"maybe"' });
  expect(wrong.body.error).toMatchObject({ param: 'query' });
});
