import { expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';

const key = (value: string) => ({ 'idempotency-key': value });

test('the same key and parameters replay the first answer, and nothing happens twice', async () => {
  const { request } = await newAccount();
  const first = await request('POST', '/v1/customers', { name: 'A', email: 'a@example.com' }, key('k'));
  expect(first.headers.get('idempotency-key')).toBe('k');
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  const second = await request('POST', '/v1/customers', { email: 'a@example.com', name: 'A' }, key('k'));
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(second.headers.get('original-request')).toBe(first.headers.get('request-id'));
  expect(second.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
  expect((await request('GET', '/v1/customers')).body.data).toHaveLength(1);
  expect((await request('GET', '/v1/events')).body.data).toHaveLength(1);
});

test('other parameters, or another operation, with the same key are an idempotency_error', async () => {
  const { request } = await newAccount();
  await request('POST', '/v1/customers', { name: 'A' }, key('k'));
  for (const [path, params] of [
    ['/v1/customers', { name: 'B' }],
    ['/v1/products', { name: 'A' }],
  ] as const) {
    const { status, body } = await request('POST', path, params, key('k'));
    expect(status).toBe(400);
    expect(body.error.type).toBe('idempotency_error');
  }
});

test('keys belong to their account', async () => {
  const [one, two] = [await newAccount(), await newAccount()];
  const first = await one.request('POST', '/v1/customers', { name: 'A' }, key('k'));
  const second = await two.request('POST', '/v1/customers', { name: 'A' }, key('k'));
  expect(second.body.id).not.toBe(first.body.id);
});

test('an executed failure is replayed too; a failed validation is not stored', async () => {
  const { request } = await newAccount();
  const failure = await request('POST', '/v1/customers/cus_nope', { name: 'A' }, key('executed'));
  expect(failure.status).toBe(404);
  const again = await request('POST', '/v1/customers/cus_nope', { name: 'A' }, key('executed'));
  expect(again.status).toBe(404);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect((await request('POST', '/v1/customers', { nope: 'A' }, key('invalid'))).status).toBe(400);
  const mended = await request('POST', '/v1/customers', { name: 'A' }, key('invalid'));
  expect(mended.status).toBe(200);
  expect(mended.headers.get('idempotent-replayed')).toBeNull();
});

test('of many requests at once with one key, one runs; the others are told so or get its answer', async () => {
  const { request } = await newAccount();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => request('POST', '/v1/customers', { name: 'A' }, key('same'))),
  );
  const statuses = answers.map(({ status }) => status);
  expect(new Set(statuses)).toEqual(statuses.includes(409) ? new Set([200, 409]) : new Set([200]));
  for (const { status, body } of answers) if (status === 409) expect(body.error.code).toBe('idempotency_key_in_use');
  expect(new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.id)).size).toBe(1);
  expect((await request('GET', '/v1/customers')).body.data).toHaveLength(1);
});

test('a key of 255 characters works, 256 and none do not', async () => {
  const { request } = await newAccount();
  expect((await request('POST', '/v1/customers', {}, key('k'.repeat(255)))).status).toBe(200);
  expect((await request('POST', '/v1/customers', {}, key('k'.repeat(256)))).status).toBe(400);
  expect((await request('POST', '/v1/customers', {}, key(''))).status).toBe(400);
});
