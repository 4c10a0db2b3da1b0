import { expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { newLink } from '../support/login.ts';
import { testServer } from '../support/test-server.ts';

const PASSWORD = 'correct horse battery';

/** A request of a page, as a browser sends it from there. */
async function ask(method: string, path: string, options: { body?: object; headers?: Record<string, string> } = {}) {
  const { url } = await testServer();
  const json = options.body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'sec-fetch-site': 'same-origin', ...json, ...options.headers },
    body: options.body === undefined ? null : JSON.stringify(options.body),
  });
  const text = await response.text();
  const cookie = response.headers.get('set-cookie') ?? '';
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    cookie,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

let users = 0;

/** A user of this test alone, logged in by a link. */
async function enter() {
  const { databaseUrl } = await testServer();
  const email = `user-${process.pid}-${users++}@example.com`;
  const link = await newLink(databaseUrl);
  const answer = await ask('POST', '/dashboard/setup', { body: { link, email, password: PASSWORD } });
  return { ...answer, email, link, session: answer.cookie.split(';')[0] ?? '' };
}

test('a link makes a user once, and the cookie is kept from scripts and other sites', async () => {
  const first = await enter();
  expect(first.status).toBe(200);
  expect(first.body.user.email).toBe(first.email);
  expect(first.cookie).toMatch(/^usance_session=\w{32}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/);
  const again = await ask('POST', '/dashboard/setup', {
    body: { link: first.link, email: 'other@example.com', password: PASSWORD },
  });
  expect([again.status, again.body.error.message]).toEqual([
    401,
    'This link was used before, or is too old. Run `npx usance login` for a new one.',
  ]);
  const { databaseUrl } = await testServer();
  const old = await newLink(databaseUrl, Temporal.Now.instant().subtract({ hours: 25 }));
  expect(
    (await ask('POST', '/dashboard/setup', { body: { link: old, email: 'a@example.com', password: PASSWORD } })).status,
  ).toBe(401);
});

test('a password that is too short or an address that is none does not use the link up', async () => {
  const { databaseUrl } = await testServer();
  const link = await newLink(databaseUrl);
  const email = `picky-${process.pid}@example.com`;
  const short = await ask('POST', '/dashboard/setup', { body: { link, email, password: 'short' } });
  expect([short.status, short.body.error.param]).toEqual([400, 'password']);
  const noAddress = await ask('POST', '/dashboard/setup', { body: { link, email: 'nobody', password: PASSWORD } });
  expect([noAddress.status, noAddress.body.error.param]).toEqual([400, 'email']);
  expect((await ask('POST', '/dashboard/setup', { body: { link, email, password: PASSWORD } })).status).toBe(200);
});

test('a session opens the accounts of the server by the header that names one, and nothing without it', async () => {
  const [mine, other] = [await newAccount(), await newAccount()];
  const { id } = await mine.stripe.customers.create({ name: 'Ann' });
  const { session: cookie } = await enter();
  const found = await ask('GET', `/v1/customers/${id}`, { headers: { cookie, 'usance-account': mine.accountId } });
  expect([found.status, found.body.name]).toEqual([200, 'Ann']);
  const elsewhere = await ask('GET', `/v1/customers/${id}`, { headers: { cookie, 'usance-account': other.accountId } });
  expect(elsewhere.status).toBe(404);
  for (const headers of [{ cookie }, { cookie, 'usance-account': 'acct_no' }]) {
    const refused = await ask('GET', `/v1/customers/${id}`, { headers });
    expect([refused.status, refused.body.error.type]).toEqual([400, 'invalid_request_error']);
  }
  const list = await ask('GET', '/dashboard/session', { headers: { cookie } });
  expect(list.body.accounts.map((account: { id: string }) => account.id)).toContain(mine.accountId);
});

test('what a session changes is changed as by a key', async () => {
  const { accountId, stripe } = await newAccount();
  const { session: cookie } = await enter();
  const { url } = await testServer();
  const response = await fetch(`${url}/v1/customers`, {
    method: 'POST',
    headers: { cookie, 'usance-account': accountId },
    body: new URLSearchParams({ name: 'Bob' }),
  });
  const { id } = (await response.json()) as { id: string };
  expect((await stripe.customers.retrieve(id)) as object).toMatchObject({ name: 'Bob' });
});

test('who logs out, or whose password was set anew, is out', async () => {
  const { session, email } = await enter();
  const leave = await ask('DELETE', '/dashboard/session', { headers: { cookie: session } });
  expect([leave.status, leave.cookie.includes('Max-Age=0')]).toEqual([200, true]);
  const gone = await ask('GET', '/dashboard/session', { headers: { cookie: session } });
  expect([gone.status, gone.body.error.code]).toEqual([401, 'session_expired']);

  const login = { email: email.toUpperCase(), password: PASSWORD };
  const back = await ask('POST', '/dashboard/session', { body: login });
  expect(back.status).toBe(200);
  const cookie = back.cookie.split(';')[0] ?? '';
  const { databaseUrl } = await testServer();
  const link = await newLink(databaseUrl);
  await ask('POST', '/dashboard/setup', { body: { link, email, password: 'another long phrase' } });
  expect((await ask('GET', '/dashboard/session', { headers: { cookie } })).status).toBe(401);
  const wrong = await ask('POST', '/dashboard/session', { body: login });
  expect([wrong.status, wrong.body.error.message]).toEqual([401, 'No user has this email and password.']);
});

test('a page of another site can neither log anybody in nor out', async () => {
  const { session, email } = await enter();
  const headers = { 'sec-fetch-site': 'cross-site', cookie: session };
  const body = { email, password: PASSWORD };
  expect((await ask('POST', '/dashboard/session', { body, headers })).status).toBe(400);
  expect((await ask('DELETE', '/dashboard/session', { headers })).status).toBe(400);
  const asText = await ask('POST', '/dashboard/session', { body, headers: { 'content-type': 'text/plain' } });
  expect(asText.status).toBe(400);
  expect((await ask('GET', '/dashboard/session', { headers: { cookie: session } })).status).toBe(200);
});

test('every page is one document under a strict policy, and the API answers beside it as ever', async () => {
  const nonces = new Set<string>();
  for (const path of ['/', '/login', '/test', '/test/customers/cus_1', '/live/meters', '/acct_1/home']) {
    const { status, headers, text } = await ask('GET', path);
    expect([path, status, headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8']);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).not.toContain('unsafe');
    const [, nonce = ''] = /'nonce-([^']+)'/.exec(policy) ?? [];
    expect(text).toContain(`nonce="${nonce}"`);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(6);
  const unknown = await ask('GET', '/v1/nothing');
  expect([unknown.status, unknown.body.error.type]).toEqual([401, 'invalid_request_error']);
  const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec((await ask('GET', '/')).text) ?? [];
  const file = await ask('GET', script);
  expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  expect((await ask('GET', '/assets/../../package.json')).status).not.toBe(200);
  expect((await ask('GET', '/assets/%2e%2e/index.html')).status).not.toBe(200);
});
