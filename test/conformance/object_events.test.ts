import { expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';

test('the events of one object are listed newest first, page by page, and of no other', async () => {
  const { stripe, request } = await newAccount();
  const john = await stripe.customers.create({ name: 'John Doe' });
  await stripe.customers.create({ name: 'Jenny Rosen' });
  await stripe.customers.update(john.id, { name: 'John Q. Doe' });
  const { body } = await request('GET', '/v1/usance/events', { object: john.id, limit: 1 });
  expect(body).toMatchObject({
    object: 'list',
    url: '/v1/usance/events',
    has_more: true,
    data: [{ object: 'event', type: 'customer.updated', data: { object: { id: john.id } } }],
  });
  const next = await request('GET', '/v1/usance/events', { object: john.id, starting_after: body.data[0].id });
  expect(next.body.data.map(({ type }: { type: string }) => type)).toEqual(['customer.created']);
  expect(next.body.has_more).toBe(false);
});

test('events of objects are refused without an object', async () => {
  const { request } = await newAccount();
  const { status, body } = await request('GET', '/v1/usance/events');
  expect([status, body.error.code, body.error.param]).toEqual([400, 'parameter_missing', 'object']);
});
