import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';

const address = { city: 'Rome', country: 'IT', line1: 'Via 1', line2: null, postal_code: '00100', state: null };

test('a customer through the official client: create, retrieve, update, list, delete', async () => {
  const { stripe } = await newAccount();
  const created = await stripe.customers.create({
    name: 'Jenny Rosen',
    email: 'jenny@example.com',
    description: 'first',
    phone: '+3906',
    business_name: 'Rosen Ltd',
    individual_name: 'Jenny',
    address: { city: 'Rome', country: 'IT', line1: 'Via 1', postal_code: '00100' },
    shipping: { name: 'Jenny', phone: '1', address: { line1: 'Via 2' } },
    preferred_locales: ['it', 'en'],
    tax_exempt: 'reverse',
    invoice_prefix: 'ROSEN',
    next_invoice_sequence: 7,
    invoice_settings: { footer: 'Thank you', custom_fields: [{ name: 'PO', value: '42' }] },
    metadata: { tier: 'gold', 'a b': '€' },
  });
  expect(created).toMatchObject({
    object: 'customer',
    name: 'Jenny Rosen',
    email: 'jenny@example.com',
    business_name: 'Rosen Ltd',
    individual_name: 'Jenny',
    address,
    shipping: { name: 'Jenny', phone: '1', address: { line1: 'Via 2', city: null } },
    preferred_locales: ['it', 'en'],
    tax_exempt: 'reverse',
    invoice_prefix: 'ROSEN',
    next_invoice_sequence: 7,
    invoice_settings: { footer: 'Thank you', custom_fields: [{ name: 'PO', value: '42' }] },
    metadata: { tier: 'gold', 'a b': '€' },
    livemode: false,
  });
  expect(await stripe.customers.retrieve(created.id)).toEqual(created);

  const updated = await stripe.customers.update(created.id, {
    name: 'Jenny Doe',
    description: '',
    address: '',
    preferred_locales: [],
    metadata: { tier: '', level: '2' },
  });
  expect(updated).toEqual({
    ...created,
    name: 'Jenny Doe',
    description: null,
    address: null,
    metadata: { 'a b': '€', level: '2' },
  });
  expect((await stripe.customers.update(created.id, { metadata: '' })).metadata).toEqual({});

  expect((await stripe.customers.list({ email: 'jenny@example.com' })).data.map(({ id }) => id)).toEqual([created.id]);
  expect((await stripe.customers.list({ email: 'other@example.com' })).data).toEqual([]);
  expect(await stripe.customers.del(created.id)).toEqual({ id: created.id, object: 'customer', deleted: true });
  expect(await stripe.customers.retrieve(created.id)).toEqual({ id: created.id, object: 'customer', deleted: true });
  expect((await stripe.customers.list()).data).toEqual([]);
  await expect(stripe.customers.update(created.id, { name: 'x' })).rejects.toMatchObject({
    code: 'resource_missing',
    statusCode: 404,
  });
});

test('every change is in the event log, newest first, with what it was before', async () => {
  const { stripe } = await newAccount();
  const { id } = await stripe.customers.create({ name: 'A', metadata: { k: 'v' } }, { idempotencyKey: 'create-a' });
  await stripe.customers.update(id, { name: 'B', metadata: { k: '', l: 'w' } });
  await stripe.customers.update(id, { name: 'B' });
  await stripe.customers.del(id);
  const { data } = await stripe.events.list();
  expect(data.map(({ type }) => type)).toEqual(['customer.deleted', 'customer.updated', 'customer.created']);
  const [, updated, created] = data;
  expect(updated!.data.previous_attributes).toEqual({ name: 'A', metadata: { k: 'v', l: null } });
  expect(updated!.data.object).toMatchObject({ id, name: 'B', metadata: { l: 'w' } });
  expect(created!.data).not.toHaveProperty('previous_attributes');
  expect(created!.data.object).toMatchObject({ id, name: 'A' });
  expect(created!.request).toEqual({ id: expect.stringMatching(/^req_/), idempotency_key: 'create-a' });
  expect(await stripe.events.retrieve(created!.id)).toEqual(created);
});

describe('bad input writes nothing', () => {
  test.each<[string, Record<string, unknown>, string, string | undefined]>([
    ['unknown parameter', { nickname: 'x' }, 'nickname', 'parameter_unknown'],
    ['unknown nested parameter', { address: { planet: 'x' } }, 'address[planet]', 'parameter_unknown'],
    [
      'prototype',
      { metadata: { __proto__x: 'x' }, ['__proto__[x]' as string]: 'x' },
      '__proto__[x]',
      'parameter_unknown',
    ],
    ['unserved parameter', { cash_balance: '5' }, 'cash_balance', 'parameter_not_served'],
    ['long name', { name: 'n'.repeat(257) }, 'name', undefined],
    ['email', { email: 'nobody' }, 'email', 'email_invalid'],
    ['enum', { tax_exempt: 'maybe' }, 'tax_exempt', undefined],
    ['prefix', { invoice_prefix: 'abc' }, 'invoice_prefix', undefined],
    ['sequence', { next_invoice_sequence: '0' }, 'next_invoice_sequence', 'parameter_invalid_integer'],
    ['nested text', { shipping: { address: { line1: 'x' } } }, 'shipping[name]', 'parameter_missing'],
    ['object for text', { name: { a: 'b' } }, 'name', undefined],
    ['metadata key with brackets', { 'metadata[a[b]]': 'x' }, undefined as never, undefined],
  ])('%s', async (_name, params, param, code) => {
    const { request } = await newAccount();
    const { status, body } = await request('POST', '/v1/customers', params);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error' });
    expect(body.error.param).toBe(param);
    expect(body.error.code).toBe(code);
    expect((await request('GET', '/v1/customers')).body.data).toEqual([]);
    expect((await request('GET', '/v1/events')).body.data).toEqual([]);
  });

  test('an invoice prefix belongs to one customer', async () => {
    const { stripe } = await newAccount();
    await stripe.customers.create({ invoice_prefix: 'ABC' });
    await expect(stripe.customers.create({ invoice_prefix: 'ABC' })).rejects.toMatchObject({ param: 'invoice_prefix' });
    await expect(stripe.customers.create({ invoice_prefix: 'ABD' })).resolves.toBeDefined();
  });

  test('a prefix that a customer gave up stays its own, because its invoices keep their numbers', async () => {
    const { stripe } = await newAccount();
    const first = await stripe.customers.create({ invoice_prefix: 'OLD' });
    await stripe.customers.update(first.id, { invoice_prefix: 'NEW' });
    await expect(stripe.customers.create({ invoice_prefix: 'OLD' })).rejects.toMatchObject({ param: 'invoice_prefix' });
    expect((await stripe.customers.update(first.id, { invoice_prefix: 'OLD' })).invoice_prefix).toBe('OLD');
  });
});
