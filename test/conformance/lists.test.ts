import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';

let account: TestAccount;
/** Newest first, as the lists are. */
let ids: string[];

beforeAll(async () => {
  account = await newAccount();
  ids = [];
  for (let n = 0; n < 25; n++) ids.unshift((await account.stripe.customers.create({ name: `c${n}` })).id);
});

async function page(params: Record<string, string | number>) {
  const { status, body } = await account.request('GET', '/v1/customers', params);
  expect(status).toBe(200);
  return { ids: body.data.map(({ id }: { id: string }) => id), more: body.has_more, url: body.url };
}

test('newest first, 10 by default, with has_more and the url', async () => {
  expect(await page({})).toEqual({ ids: ids.slice(0, 10), more: true, url: '/v1/customers' });
  expect(await page({ limit: 100 })).toEqual({ ids, more: false, url: '/v1/customers' });
  expect(await page({ limit: 25 })).toMatchObject({ more: false });
});

test('pages forward and backward from any object', async () => {
  expect(await page({ limit: 3, starting_after: ids[2]! })).toMatchObject({ ids: ids.slice(3, 6), more: true });
  expect(await page({ limit: 3, starting_after: ids[22]! })).toMatchObject({ ids: ids.slice(23), more: false });
  expect(await page({ limit: 3, starting_after: ids[24]! })).toMatchObject({ ids: [], more: false });
  expect(await page({ limit: 3, ending_before: ids[6]! })).toMatchObject({ ids: ids.slice(3, 6), more: true });
  expect(await page({ limit: 3, ending_before: ids[2]! })).toMatchObject({ ids: ids.slice(0, 2), more: false });
  expect(await page({ limit: 3, ending_before: ids[0]! })).toMatchObject({ ids: [], more: false });
});

test('the official client pages through all of it', async () => {
  const seen: string[] = [];
  for await (const customer of account.stripe.customers.list({ limit: 4 })) seen.push(customer.id);
  expect(seen).toEqual(ids);
});

test('created filters count whole seconds', async () => {
  const { created } = (await account.stripe.customers.retrieve(ids[0]!)) as { created: number };
  expect((await page({ 'created[gte]': created + 1 })).ids).toEqual([]);
  expect((await page({ 'created[lte]': created, limit: 100 })).ids).toEqual(ids);
  expect((await page({ created, limit: 100 })).ids).toContain(ids[0]);
  expect((await page({ 'created[gt]': created, limit: 100 })).ids).not.toContain(ids[0]);
  expect((await page({ 'created[lt]': created, limit: 100 })).ids).not.toContain(ids[0]);
});

describe('bad paging', () => {
  test.each<[string, Record<string, string>, string, string | undefined]>([
    ['limit 0', { limit: '0' }, 'limit', 'parameter_invalid_integer'],
    ['limit 101', { limit: '101' }, 'limit', 'parameter_invalid_integer'],
    ['limit x', { limit: 'x' }, 'limit', 'parameter_invalid_integer'],
    ['both cursors', { starting_after: 'cus_1', ending_before: 'cus_2' }, 'ending_before', 'parameters_exclusive'],
    ['unknown cursor', { starting_after: 'cus_nope' }, 'starting_after', 'resource_missing'],
    ['unknown cursor back', { ending_before: 'cus_nope' }, 'ending_before', 'resource_missing'],
    ['created', { 'created[after]': '1' }, 'created[after]', 'parameter_unknown'],
    ['created text', { created: 'today' }, 'created', 'parameter_invalid_integer'],
  ])('%s', async (_name, params, param, code) => {
    const { status, body } = await account.request('GET', '/v1/customers', params);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ param, code });
  });
});
