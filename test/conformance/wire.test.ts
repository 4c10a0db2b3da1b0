import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import pg from 'pg';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import { testServer } from '../support/test-server.ts';

let account: TestAccount;
beforeAll(async () => {
  account = await newAccount();
});

describe('keys', () => {
  test('Basic and Bearer open the account', async () => {
    const basic = `Basic ${Buffer.from(`${account.secretKey}:`).toString('base64')}`;
    expect((await account.request('GET', '/v1/customers', {}, { authorization: basic })).status).toBe(200);
    expect((await account.request('GET', '/v1/customers')).status).toBe(200);
  });

  test.each([
    ['none', '', 'You did not provide an API key.'],
    ['unknown', 'Bearer sk_test_thisisnotakey1234', 'Invalid API Key provided: sk_test_*************1234'],
    ['publishable', 'Bearer pk_test_x', 'Invalid API Key provided'],
    ['Digest', 'Digest x', 'You did not provide an API key.'],
  ])('%s answers 401 in the shape of the original', async (_name, authorization, message) => {
    const { status, body, headers } = await account.request('GET', '/v1/customers', {}, { authorization });
    expect(status).toBe(401);
    expect(body.error.type).toBe('invalid_request_error');
    expect(body.error.message).toContain(message);
    expect(headers.get('www-authenticate')).toContain('Basic');
  });

  test('a missing key is told before an unknown route', async () => {
    expect((await fetch(`${account.url}/v1/nope`)).status).toBe(401);
  });
});

describe('headers', () => {
  test('each answer has its request id and the API version', async () => {
    const { headers } = await account.request('GET', '/v1/customers');
    expect(headers.get('request-id')).toMatch(/^req_/);
    expect(headers.get('stripe-version')).toBe('2026-10-28.endive');
    expect(headers.get('stripe-notice')).toBeNull();
  });

  test('other versions are answered in ours, with a notice', async () => {
    const { status, headers } = await account.request('GET', '/v1/customers', {}, { 'stripe-version': '2024-06-20' });
    expect(status).toBe(200);
    expect(headers.get('stripe-notice')).toContain('2024-06-20');
    expect((await account.request('GET', '/v1/customers', {}, { 'stripe-version': 'x' })).status).toBe(400);
  });

  test('choosing another account is refused, not ignored', async () => {
    const { status, body } = await account.request('GET', '/v1/customers', {}, { 'stripe-account': 'acct_1' });
    expect(status).toBe(400);
    expect(body.error.message).toContain('stripe-account');
  });
});

describe('routes', () => {
  test('an unknown one answers 404 in the shape of the original', async () => {
    const { status, body } = await account.request('GET', '/v1/customerz');
    expect(status).toBe(404);
    expect(body.error.message).toContain('Unrecognized request URL (GET: /v1/customerz)');
  });

  test('one of Stripe that is not served says so and is not retried', async () => {
    const { status, body, headers } = await account.request('POST', '/v1/charges', { amount: 1 });
    expect(status).toBe(501);
    expect(body.error).toMatchObject({ code: 'operation_not_served', type: 'invalid_request_error' });
    expect(headers.get('stripe-should-retry')).toBe('false');
  });

  test.each(['/v1/customers/%00', '/v1/customers/cus_%zz'])('%s is no route', async (path) => {
    const { status, body } = await account.request('GET', path);
    expect([400, 404]).toContain(status);
    expect(body.error.type).toBe('invalid_request_error');
  });
});

describe('paths of v2 tell errors in its own shape', () => {
  test.each<[string, string, string, Record<string, string>, number, string]>([
    ['no key', 'POST', '/v2/billing/meter_events', { authorization: '' }, 401, 'invalid_api_key'],
    ['an unknown key', 'GET', '/v2/core/events', { authorization: 'Bearer sk_test_x' }, 401, 'invalid_api_key'],
    ['an unknown route', 'GET', '/v2/nope', {}, 404, 'not_found'],
    [
      'an operation that is not served',
      'POST',
      '/v2/core/event_destinations/ed_1/ping',
      {},
      501,
      'operation_not_served',
    ],
    ['another account', 'POST', '/v2/billing/meter_events', { 'stripe-context': 'acct_1' }, 400, 'invalid_fields'],
    ['no version', 'POST', '/v2/billing/meter_events', { 'stripe-version': 'x' }, 400, 'invalid_fields'],
    [
      'a long Idempotency-Key',
      'POST',
      '/v2/billing/meter_events',
      { 'idempotency-key': 'k'.repeat(256) },
      400,
      'invalid_fields',
    ],
  ])('%s', async (_name, method, path, headers, status, code) => {
    const answer = await account.request(method, path, {}, headers);
    expect(answer.body.error).toEqual({ code, message: expect.any(String), type: 'invalid_request_error' });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('request-id')).toMatch(/^req_/);
  });

  test('a body larger than the limit', async () => {
    const { status, body } = await account.request('POST', '/v2/billing/meter_events', {
      event_name: 'n'.repeat(300_000),
    });
    expect(body.error).toMatchObject({ code: 'request_too_large', message: expect.stringContaining('262144 bytes') });
    expect(status).toBe(413);
  });

  test('a broken escape in the path', async () => {
    expect((await account.request('GET', '/v2/core/events/%zz')).body.error.code).toBe('invalid_fields');
  });
});

test('a row that another transaction holds too long answers 429 lock_timeout, to be tried again', async () => {
  const { databaseUrl } = await testServer();
  const { id } = await account.stripe.customers.create();
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query('select 1 from customers where id = $1 for update', [id]);
    const { status, body, headers } = await account.request('POST', `/v1/customers/${id}`, { name: 'x' });
    expect(status).toBe(429);
    expect(body.error.code).toBe('lock_timeout');
    expect(headers.get('stripe-should-retry')).toBe('true');
  } finally {
    await holder.end();
  }
  expect((await account.request('POST', `/v1/customers/${id}`, { name: 'x' })).status).toBe(200);
});

test('a connection that the database ends answers 503, which the client tries again', async () => {
  const { databaseUrl } = await testServer();
  const { id } = await account.stripe.customers.create();
  const [holder, killer] = [
    new pg.Client({ connectionString: databaseUrl }),
    new pg.Client({ connectionString: databaseUrl }),
  ];
  await Promise.all([holder.connect(), killer.connect()]);
  try {
    await holder.query('begin');
    const { rows } = await holder.query<{ pid: number }>(
      'select pg_backend_pid() as pid from customers where id = $1 for update',
      [id],
    );
    const waiting = account.request('POST', `/v1/customers/${id}`, { name: 'x' });
    // Only the connection that waits for this one: other tests share the server.
    const kill = 'select pg_terminate_backend(pid) from pg_stat_activity where $1 = any (pg_blocking_pids(pid))';
    await vi.waitUntil(async () => (await killer.query(kill, [rows[0]!.pid])).rowCount === 1, { timeout: 4_000 });
    const { status, body, headers } = await waiting;
    expect(status).toBe(503);
    expect(body.error.type).toBe('api_error');
    expect(headers.get('stripe-should-retry')).toBe('true');
  } finally {
    await Promise.all([holder.end(), killer.end()]);
  }
});

test('what is no HTTP is answered in the shape of the original', async () => {
  const { port } = new URL(account.url);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('end', () => resolve(received));
    socket.on('error', reject);
  });
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(JSON.parse(text.split('\r\n\r\n')[1]!).error.type).toBe('invalid_request_error');
});

test('what stands behind a request and is no HTTP does not take the place of its answer', async () => {
  const { port } = new URL(account.url);
  const { id } = await account.stripe.customers.create();
  const head = `GET /v1/customers/${id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${account.secretKey}\r\n\r\n`;
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(`${head}\u0016\u0003NONSENSE\r\n\r\n`));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('end', () => resolve(received));
    socket.on('error', reject);
  });
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  expect(text).toContain(id);
});

describe('bodies', () => {
  test.each<[string, string, string]>([
    ['broken brackets', 'metadata[a=1', 'Invalid parameter name'],
    ['broken escapes', 'name=%zz', 'Invalid URL encoding'],
    ['bytes that are not UTF-8', 'name=%ff', 'Invalid URL encoding'],
    ['a value and an object', 'metadata=1&metadata[a]=2', 'both as a value and as an object'],
  ])('%s', async (_name, text, message) => {
    const { status, body } = await account.request('POST', '/v1/customers', text);
    expect(status).toBe(400);
    expect(body.error.message).toContain(message);
  });

  test('raw bytes that are not UTF-8', async () => {
    expect(await send(account, Buffer.from([0x6e, 0x3d, 0xff]))).toMatchObject({ status: 400 });
  });

  test('more than the limit answers 413 and the connection goes on', async () => {
    const { status, body } = await account.request('POST', '/v1/customers', `name=${'n'.repeat(300_000)}`);
    expect(status).toBe(413);
    expect(body.error.message).toContain('larger than 262144 bytes');
    expect((await account.request('GET', '/v1/customers')).status).toBe(200);
  });

  test('JSON is refused with a sentence', async () => {
    const { status, body } = await account.request('POST', '/v1/customers', '{}', {
      'content-type': 'application/json',
    });
    expect(status).toBe(400);
    expect(body.error.message).toContain('application/x-www-form-urlencoded');
  });

  test('parameters of a POST may stand in the query', async () => {
    const { body } = await account.request('POST', '/v1/customers?name=Query', {});
    expect(body.name).toBe('Query');
  });
});

async function send({ url, secretKey }: TestAccount, bytes: Buffer): Promise<{ status: number | undefined }> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/v1/customers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/x-www-form-urlencoded' },
    });
    request.on('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    });
    request.on('error', reject);
    request.end(bytes);
  });
}
