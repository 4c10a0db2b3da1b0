import { setTimeout as sleep } from 'node:timers/promises';
import { encodeForm, type Params } from '../support/form.ts';
import type { Delivery, Event } from './ledger.ts';

export type Address = { readonly url: string; readonly secretKey: string };

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads what came over the wire.
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: any };

/** A request that takes longer than any limit of the server has no answer. */
const REQUEST_LIMIT_MS = 30_000;
const PATIENCE_MS = 60_000;

/** A form request of v1, or a JSON request of v2. Throws when the connection breaks before the whole answer is here. */
export async function call(
  { url, secretKey }: Address,
  method: 'GET' | 'POST',
  path: string,
  params: Params,
  idempotencyKey?: string,
): Promise<Answer> {
  const isV2 = path.startsWith('/v2/');
  const text = isV2 ? JSON.stringify(params) : encodeForm(params);
  const response = await fetch(`${url}${path}${method === 'GET' ? `?${text}` : ''}`, {
    method,
    headers: {
      authorization: `Bearer ${secretKey}`,
      'content-type': isV2 ? 'application/json' : 'application/x-www-form-urlencoded',
      ...(isV2 ? { 'stripe-version': '2026-06-24.dahlia' } : {}),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(method === 'GET' ? {} : { body: text }),
    signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Repeats a request until it is answered with 200, for a minute at most. `address` is asked before each attempt. */
export async function insist(
  address: () => Address,
  method: 'GET' | 'POST',
  path: string,
  params: Params,
  idempotencyKey?: string,
): Promise<Answer['body']> {
  let last: unknown;
  for (const limit = performance.now() + PATIENCE_MS; performance.now() < limit; await sleep(50)) {
    const answer = await call(address(), method, path, params, idempotencyKey).catch(
      (error: unknown) => error as Error,
    );
    if (!(answer instanceof Error) && answer.status === 200) return answer.body;
    last = answer instanceof Error ? answer : new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  }
  throw new Error(`No 200 for ${method} ${path} within ${PATIENCE_MS} ms`, { cause: last });
}

/** Tokens of stream sessions by address; a session of a server that died may be unknown to the next. */
const sessions = new Map<string, string>();

/** Whether the server has the stream; without it only single events are sent. */
export async function hasStream(address: Address): Promise<boolean> {
  const { status } = await call(address, 'POST', '/v2/billing/meter_event_session', {});
  return status === 200;
}

/**
 * Sends a delivery once. True: the server has the events, now or since an earlier attempt. False: unknown, to be sent
 * again. Throws on an answer that no outage explains.
 */
export async function deliver(address: Address, delivery: Delivery): Promise<boolean> {
  const send = delivery.kind === 'single' ? sendSingle : sendStream;
  const answer = await send(address, delivery).catch(() => undefined);
  if (answer === undefined) return false;
  const { status, headers, body } = answer;
  if (status === 200 || isDuplicate(answer, delivery)) return true;
  if (status === 401 && delivery.kind === 'stream') {
    sessions.delete(address.url);
    return false;
  }
  // Another attempt with this key is running; clients try that again without being told.
  if (status === 409) return false;
  if ((status === 503 || status === 429) && headers.get('stripe-should-retry') === 'true') return false;
  throw new Error(`${status} for ${delivery.kind} ${delivery.events[0]?.identifier}: ${JSON.stringify(body)}`);
}

function isDuplicate({ status, body }: Answer, { events }: Delivery): boolean {
  const message = `An event already exists with identifier ${events[0]?.identifier}.`;
  return status === 400 && body.error?.message === message;
}

async function sendSingle(address: Address, { events, idempotencyKey }: Delivery): Promise<Answer> {
  const [event] = events;
  if (event === undefined) throw new Error('an empty delivery');
  const params = { ...namesOf(event), timestamp: event.timestamp };
  return await call(address, 'POST', '/v1/billing/meter_events', params, idempotencyKey);
}

async function sendStream(address: Address, { events, idempotencyKey }: Delivery): Promise<Answer> {
  const token = sessions.get(address.url) ?? (await openSession(address));
  if (token === undefined) throw new Error('no session');
  const params = {
    events: events.map((event) => ({
      ...namesOf(event),
      ...(event.timestamp === undefined ? {} : { timestamp: new Date(event.timestamp * 1000).toISOString() }),
    })),
  };
  const path = '/v2/billing/meter_event_stream';
  return await call({ ...address, secretKey: token }, 'POST', path, params, idempotencyKey);
}

async function openSession(address: Address): Promise<string | undefined> {
  const { status, body } = await call(address, 'POST', '/v2/billing/meter_event_session', {});
  if (status !== 200) return undefined;
  sessions.set(address.url, body.authentication_token);
  return body.authentication_token;
}

function namesOf({ meter, identifier, customer, value }: Event) {
  return { event_name: meter, identifier, payload: { stripe_customer_id: customer, value: String(value) } };
}
