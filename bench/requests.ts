import { randomBytes } from 'node:crypto';
import { zipfDraws } from './zipf.ts';

/** Events of one stream request: the most that the operation takes. */
export const STREAM_EVENTS = 100;

/** What a request is and whom it is about; plain data, so that it reaches the generator's process. */
export type RequestPlan =
  | { readonly kind: 'stream'; readonly token: string; readonly customers: readonly string[] }
  | { readonly kind: 'single'; readonly secretKey: string; readonly customers: readonly string[] }
  | { readonly kind: 'form'; readonly secretKey: string; readonly path: string; readonly body: string }
  | { readonly kind: 'get'; readonly secretKey: string; readonly paths: readonly string[] }
  /** A form to each of the paths once, by whichever connection is free; the run ends with the last. */
  | { readonly kind: 'each'; readonly secretKey: string; readonly paths: readonly string[]; readonly body: string };

/** The requests of one connection. The next one may be written over the one before, which was answered by then. */
export type Requests = { next(): Buffer };

/** Requests that a plan has; undefined where they never end. */
export function requestsOf(plan: RequestPlan): number | undefined {
  return plan.kind === 'each' ? plan.paths.length : undefined;
}

/** Events that one request of the plan tells. */
export function eventsPerRequest({ kind }: RequestPlan): number {
  if (kind === 'stream') return STREAM_EVENTS;
  return kind === 'single' ? 1 : 0;
}

/** What the official client for Node sends besides, in its spelling. */
const CLIENT_HEADERS =
  'Host: 127.0.0.1\r\nAccept: application/json\r\nConnection: keep-alive\r\n' +
  'Stripe-Version: 2026-10-28.endive\r\nX-Stripe-Client-User-Agent: ' +
  '{"bindings_version":"23.1.0","lang":"node","publisher":"stripe","lang_version":"v26.0.0","platform":"linux"}\r\n' +
  'X-Stripe-Client-Telemetry: ' +
  '{"last_request_metrics":{"request_id":"req_000000000000000000000000","request_duration_ms":12}}\r\n';

const UUID = '00000000-0000-4000-8000-000000000000';

/** Marks of a template's places: each is as long as what is written there, and occurs in nothing else. */
const KEY_PLACE = '<idempotency key'.padEnd(UUID.length, '.');
const IDENTIFIER_PLACE = '<identifier'.padEnd(UUID.length, '.');
const CUSTOMER_PLACE = '<customer'.padEnd(28, '.');
const VALUE_PLACE = '<v';

/**
 * Answers a maker of each connection's requests. Whatever is equal in all requests is put together once; a request of
 * 100 events then costs some hundred short copies, so that the generator leaves the cores to what is measured.
 */
export function planRequests(plan: RequestPlan): () => Requests {
  if (plan.kind === 'form') {
    const uuids = new UniqueUuids();
    const text = formHead(plan.path, plan.secretKey, plan.body.length) + plan.body;
    return () => ({ next: filler(text, { uuids }) });
  }
  if (plan.kind === 'get') return () => getRequests(plan.paths, plan.secretKey);
  if (plan.kind === 'each') return eachRequest(plan);
  const filling = { uuids: new UniqueUuids(), customers: new Customers(plan.customers) };
  const text = plan.kind === 'stream' ? streamText(plan.token) : singleText(plan.secretKey);
  return () => ({ next: filler(text, filling) });
}

function streamText(token: string): string {
  const event =
    `{"event_name":"tokens","identifier":"${IDENTIFIER_PLACE}",` +
    `"payload":{"stripe_customer_id":"${CUSTOMER_PLACE}","value":"${VALUE_PLACE}"}}`;
  const body = `{"events":[${Array.from({ length: STREAM_EVENTS }, () => event).join(',')}]}`;
  return head('/v2/billing/meter_event_stream', token, 'application/json', 'v2', body.length) + body;
}

function singleText(secretKey: string): string {
  const body =
    `event_name=tokens&identifier=${IDENTIFIER_PLACE}&payload[stripe_customer_id]=${CUSTOMER_PLACE}` +
    `&payload[value]=${VALUE_PLACE}`;
  return formHead('/v1/billing/meter_events', secretKey, body.length) + body;
}

function formHead(path: string, secretKey: string, length: number): string {
  return head(path, secretKey, 'application/x-www-form-urlencoded', 'v1', length);
}

function head(path: string, key: string, type: string, version: 'v1' | 'v2', length: number): string {
  return (
    `POST ${path} HTTP/1.1\r\n${CLIENT_HEADERS}Authorization: Bearer ${key}\r\nContent-Type: ${type}\r\n` +
    `User-Agent: Stripe/${version} NodeBindings/23.1.0\r\nIdempotency-Key: stripe-node-retry-${KEY_PLACE}\r\n` +
    `Content-Length: ${length}\r\n\r\n`
  );
}

function getRequests(paths: readonly string[], secretKey: string): Requests {
  const all = paths.map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\n${CLIENT_HEADERS}Authorization: Bearer ${secretKey}\r\n\r\n`),
  );
  let next = 0;
  return { next: () => all[next++ % all.length] as Buffer };
}

function eachRequest({ paths, secretKey, body }: Extract<RequestPlan, { kind: 'each' }>): () => Requests {
  const uuids = new UniqueUuids();
  const left = paths.values();
  const next = () => filler(formHead(left.next().value ?? '', secretKey, body.length) + body, { uuids })();
  return () => ({ next });
}

/** Writes its places into one buffer, again and again. */
function filler(text: string, filling: { uuids: UniqueUuids; customers?: Customers }): () => Buffer {
  const buffer = Buffer.from(text, 'latin1');
  const uuidPlaces = [...placesOf(text, KEY_PLACE), ...placesOf(text, IDENTIFIER_PLACE)];
  const customerPlaces = placesOf(text, CUSTOMER_PLACE);
  const valuePlaces = placesOf(text, VALUE_PLACE);
  for (const place of uuidPlaces) buffer.write(UUID, place, 'latin1');
  let turn = 0;
  return () => {
    for (const place of uuidPlaces) filling.uuids.write(buffer, place);
    for (const place of customerPlaces) filling.customers?.write(buffer, place);
    for (const place of valuePlaces) {
      turn = (turn + 37) % 90;
      buffer[place] = 49 + ((turn / 10) | 0);
      buffer[place + 1] = 48 + (turn % 10);
    }
    return buffer;
  };
}

function placesOf(text: string, mark: string): number[] {
  const places: number[] = [];
  for (let place = text.indexOf(mark); place !== -1; place = text.indexOf(mark, place + 1)) places.push(place);
  return places;
}

/** Customer ids drawn by Zipf's law, ready to be copied. */
class Customers {
  readonly #ids: readonly Buffer[];
  readonly #draws: Uint32Array;
  #drawn = 0;

  constructor(ids: readonly string[]) {
    const wrong = ids.find((id) => id.length !== CUSTOMER_PLACE.length);
    if (wrong !== undefined) throw new Error(`The customer ${wrong} has not ${CUSTOMER_PLACE.length} characters`);
    this.#ids = ids.map((id) => Buffer.from(id, 'latin1'));
    this.#draws = zipfDraws(ids.length);
  }

  write(buffer: Buffer, place: number): void {
    const draw = this.#draws[this.#drawn++ % this.#draws.length] ?? 0;
    buffer.set(this.#ids[draw] as Buffer, place);
  }
}

const HEX = Buffer.from('0123456789abcdef', 'latin1');

/**
 * UUIDs that look random and never repeat: the first 8 digits are a scramble of a counter in which no two numbers get
 * the same, the last 12 are random and tell one generator's run from another's.
 */
class UniqueUuids {
  readonly #run = Buffer.from(randomBytes(6).toString('hex'), 'latin1');
  #counter = 0;

  write(buffer: Buffer, place: number): void {
    const first = scramble(this.#counter++);
    const second = scramble(first ^ 0x5bd1e995);
    writeHex(buffer, place, first, 8);
    writeHex(buffer, place + 9, second, 4);
    writeHex(buffer, place + 15, second >>> 16, 3);
    buffer.set(this.#run, place + 24);
  }
}

function writeHex(buffer: Buffer, place: number, value: number, digits: number): void {
  for (let digit = 0; digit < digits; digit++) buffer[place + digit] = HEX[(value >>> (digit * 4)) & 15] ?? 48;
}

/** The finalizer of MurmurHash3: every step can be undone, so two numbers never meet. */
function scramble(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
