import { Stripe } from 'stripe';
import { createAccount } from '../../src/accounts/create.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { encodeForm, type Params } from './form.ts';
import { checkResponse } from './oracle.ts';
import { testServer } from './test-server.ts';

type Answer = {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what came over the wire; the oracle has judged its shape.
  readonly body: any;
};

export type TestAccount = {
  readonly accountId: string;
  readonly secretKey: string;
  readonly url: string;
  /** The official client. An answer that differs from the API document becomes a StripeAPIError that says how. */
  readonly stripe: Stripe;
  /**
   * A plain request: `params` go into the query (GET, DELETE), a form (POST) or JSON (POST to /v2), text and bytes are
   * sent as they are. `headers` add to or, in lower case, replace ours. Throws when the answer differs from the API
   * document.
   */
  request(
    method: string,
    path: string,
    params?: Params | string | Buffer,
    headers?: Record<string, string>,
  ): Promise<Answer>;
};

let database: Promise<Database> | undefined;

/** A fresh account on the shared server, with its own data: tests that use one each can run side by side. */
export async function newAccount(options: { livemode?: boolean } = {}): Promise<TestAccount> {
  const { url, databaseUrl } = await testServer();
  database ??= Promise.resolve(openDatabase(databaseUrl, { maxConnections: 2 }));
  const { kysely } = await database;
  const details = { name: 'Test', livemode: options.livemode ?? false, now: Temporal.Now.instant() };
  const { accountId, secretKey } = await createAccount(kysely, details);
  return { accountId, secretKey, url, stripe: officialClient(url, secretKey), request: plainRequests(url, secretKey) };
}

/** The official client for a server and key, without retries and with every answer checked against the API document. */
function officialClient(url: string, secretKey: string): Stripe {
  return new Stripe(secretKey, clientConfig(url));
}

/** What to add to the key, in either call style: `new Stripe(key, …)` and `require('stripe')(key, …)`. */
export function clientConfig(url: string): NonNullable<ConstructorParameters<typeof Stripe>[1]> {
  const { hostname, port } = new URL(url);
  return {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(checkedFetch as typeof fetch),
  };
}

/** A failed check is told as an error of the API, the one kind whose message the client hands on unchanged. */
async function checkedFetch(input: string, init: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  const { pathname } = new URL(input);
  const problems = checkResponse(
    init.method ?? 'GET',
    pathname,
    response.status,
    parseJson(await response.clone().text()),
  );
  if (problems.length === 0) return response;
  const error = { type: 'api_error', message: `Not what the API document says:\n${problems.join('\n')}` };
  return Response.json({ error }, { status: 500, headers: { 'stripe-should-retry': 'false' } });
}

function plainRequests(url: string, secretKey: string): TestAccount['request'] {
  return async (method, path, params = {}, headers = {}) => {
    const inBody = method === 'POST';
    const content = encode(params, inBody && path.startsWith('/v2/') ? JSON.stringify : encodeForm);
    const target = inBody || content.length === 0 ? `${url}${path}` : `${url}${path}?${content.toString()}`;
    const contentType = path.startsWith('/v2/') ? 'application/json' : 'application/x-www-form-urlencoded';
    const response = await fetch(target, {
      method,
      headers: {
        authorization: `Bearer ${secretKey}`,
        ...(inBody ? { 'content-type': contentType } : {}),
        ...headers,
      },
      ...(inBody ? { body: content } : {}),
    });
    const body = parseJson(await response.text());
    const problems = checkResponse(method, path, response.status, body);
    if (problems.length > 0) throw new Error(`Not what the API document says:\n${problems.join('\n')}`);
    return { status: response.status, headers: response.headers, body };
  };
}

function encode(params: Params | string | Buffer, write: (params: Params) => string): string | Buffer<ArrayBuffer> {
  if (typeof params === 'string') return params;
  return Buffer.isBuffer(params) ? Buffer.from(params) : write(params);
}

/** The text itself where it is no JSON: the check then says so. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
