import { expect, test, vi } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import { newLink } from '../support/login.ts';

const PATH = '/v1/usance/request_logs';

/** Entries come a second later. */
async function logged(account: TestAccount, count: number, params = {}) {
  return await vi.waitFor(
    async () => {
      const { body } = await account.request('GET', PATH, params);
      expect(body.data.length).toBeGreaterThanOrEqual(count);
      return body.data;
    },
    { timeout: 8_000, interval: 200 },
  );
}

test('a change and a refusal are logged with what was said, and reading is not', async () => {
  const account = await newAccount();
  const made = await account.request('POST', '/v1/customers', { name: 'Ann' }, { 'idempotency-key': 'once' });
  const refused = await account.request('POST', '/v1/customers', { nme: 'Ann' });
  await account.request('GET', '/v1/customers');
  const missing = await account.request('GET', '/v1/customers/cus_no', { expand: ['tax_ids'] });
  const entries = await logged(account, 3);
  const told = entries.map(({ id, method, path, status }: Record<string, unknown>) => [id, method, path, status]);
  expect(told).toEqual([
    [missing.headers.get('request-id'), 'GET', '/v1/customers/cus_no', 404],
    [refused.headers.get('request-id'), 'POST', '/v1/customers', 400],
    [made.headers.get('request-id'), 'POST', '/v1/customers', 200],
  ]);
  const { body: first } = await account.request('GET', `${PATH}/${entries[2].id}`);
  expect(first).toMatchObject({
    object: 'usance.request_log',
    idempotency_key: 'once',
    request_body: 'name=Ann',
    user: null,
    livemode: false,
  });
  expect(JSON.parse(first.response_body)).toEqual(made.body);
  expect((await logged(account, 2, { status: 'failed' })).length).toBe(2);
  expect((await logged(account, 1, { status: 'succeeded', method: 'POST' })).length).toBe(1);

  const other = await newAccount();
  expect((await other.request('GET', PATH)).body.data).toEqual([]);
  expect((await other.request('GET', `${PATH}/${entries[0].id}`)).status).toBe(404);
});

test('events that count are not logged, those that are refused are', async () => {
  const account = await newAccount();
  const { stripe } = account;
  await stripe.billing.meters.create({
    display_name: 'Tokens',
    event_name: 'tokens',
    default_aggregation: { formula: 'sum' },
  });
  const { id } = await stripe.customers.create();
  await stripe.billing.meterEvents.create({ event_name: 'tokens', payload: { stripe_customer_id: id, value: '1' } });
  const bad = { event_name: 'nothing', payload: { stripe_customer_id: id, value: '1' } };
  await expect(stripe.billing.meterEvents.create(bad)).rejects.toThrow();
  const entries = await logged(account, 3);
  expect(entries.map(({ path, status }: Record<string, unknown>) => [path, status])).toEqual([
    ['/v1/billing/meter_events', 400],
    ['/v1/customers', 200],
    ['/v1/billing/meters', 200],
  ]);
});

test('secrets of cards and intents are kept nowhere', async () => {
  const account = await newAccount();
  const card = { number: '4242424242424242', exp_month: '12', exp_year: '2034', cvc: '314' };
  await account.request('POST', '/v1/payment_methods', { type: 'card', card });
  await account.request('POST', '/v1/setup_intents', { payment_method_types: ['card'] });
  const entries = await logged(account, 2);
  for (const { id } of entries) {
    const { body } = await account.request('GET', `${PATH}/${id}`);
    expect(JSON.stringify(body)).not.toMatch(/4242424242424242|=314|seti_\w+_secret_/);
  }
});

test('keys are made, listed and revoked by users, and by no key', async () => {
  const account = await newAccount();
  const refused = await account.request('GET', '/v1/usance/api_keys');
  expect([refused.status, refused.body.error.message]).toEqual([
    403,
    'This is for users of the dashboard alone: log in there, or use `npx usance keys`.',
  ]);
  const cookie = await session(account.url);
  const ask = async (method: string, path: string, form?: Record<string, string>, accountId = account.accountId) => {
    const response = await fetch(`${account.url}/v1/usance/api_keys${path}`, {
      method,
      headers: { cookie, 'usance-account': accountId },
      body: form === undefined ? null : new URLSearchParams(form),
    });
    // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what came over the wire.
    return { status: response.status, body: (await response.json()) as any };
  };
  const { body: key } = await ask('POST', '', { name: 'CI' });
  expect(key).toMatchObject({ object: 'usance.api_key', name: 'CI', revoked_at: null });
  const works = async () =>
    (await fetch(`${account.url}/v1/customers`, { headers: { authorization: `Bearer ${key.secret}` } })).status;
  expect(await works()).toBe(200);
  const { body: list } = await ask('GET', '');
  // Both are of one second.
  expect(list.data.map(({ name, secret }: Record<string, unknown>) => [name, secret]).toSorted()).toEqual([
    ['CI', null],
    ['default', null],
  ]);
  const { accountId: other } = await newAccount();
  expect((await ask('POST', `/${key.id}/revoke`, {}, other)).status).toBe(404);
  expect(await works()).toBe(200);
  expect((await ask('POST', `/${key.id}/revoke`)).body.revoked_at).toEqual(expect.any(Number));
  await vi.waitFor(async () => expect(await works()).toBe(401), { timeout: 5_000 });
  expect((await ask('POST', '/key_no/revoke')).status).toBe(404);
  const [made] = await logged(account, 2, { status: 'succeeded' });
  expect(made.user).toMatch(/@example.com$/);
});

async function session(url: string): Promise<string> {
  const { testServer } = await import('../support/test-server.ts');
  const link = await newLink((await testServer()).databaseUrl);
  const response = await fetch(`${url}/dashboard/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link, email: `keys-${process.pid}@example.com`, password: 'correct horse battery' }),
  });
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}
