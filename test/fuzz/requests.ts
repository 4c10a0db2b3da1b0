import { MAX_BODY_BYTES } from '../../src/limits.ts';
import type { ParamShape } from '../../src/stripe/params.ts';
import type { Route } from '../../src/stripe/route.ts';
import type { Random } from '../crash/random.ts';
import { productRoutes } from '../support/compatibility.ts';
import { shapedForm, shapedJson } from './shaped.ts';
import { jsonFor, oddName, textFor, type World } from './values.ts';

/** How the bytes are sent. Node closes a connection whose other end is closed, also before it has answered. */
type Manner = 'whole' | 'in pieces' | 'half closed' | 'cut off';

/** A request as it goes over the wire. */
export type FuzzRequest = {
  readonly number: number;
  readonly bytes: Buffer;
  readonly manner: Manner;
  /** True: one answer must come. Else the server may close the connection, or wait for what was announced. */
  readonly mustAnswer: boolean;
  /** What it adds to the usage of the clean customer: its first answer must then be a 200. */
  readonly counts: number;
};

/** Every door of metering, and what it takes. */
const DOORS: readonly Route[] = productRoutes().filter(({ path }) =>
  /meter|usance|invoices\/create_preview/.test(path),
);
const STREAM = '/v2/billing/meter_event_stream';
const EVENT_SHAPE: ParamShape = {
  kind: 'object',
  fields: {
    event_name: { kind: 'scalar', name: 'string' },
    payload: { kind: 'map', of: { kind: 'scalar', name: 'string' } },
    identifier: { kind: 'scalar', name: 'string' },
    timestamp: { kind: 'scalar', name: 'string' },
  },
};

/** The request of that number. It depends on its own random choices and the world alone, so that it can be repeated. */
export function makeRequest(number: number, random: Random, world: World): FuzzRequest {
  if (random.chance(0.25)) return validRequest(number, random, world);
  const head = random.chance(0.08) ? oddHead(random, world) : undefined;
  if (random.chance(0.03)) return garbage(number, random);
  const route = random.pick(DOORS);
  const isV2 = route.path.startsWith('/v2/');
  // The one meter must go on taking events.
  const ids = route.path.endsWith('/deactivate') ? { ...world, meterId: 'mtr_test_other' } : world;
  const path = route.path.replaceAll(/:\w+/g, () => encodeURIComponent(textFor(random, ids, 'id').toWellFormed()));
  if (route.method !== 'POST') {
    const query = random.chance(0.9) ? shapedForm(random, world, route.params.shape) : '';
    const target = query === '' ? path : `${path}?${query.slice(0, 12_000)}`;
    return finish(number, random, { method: route.method, target, body: Buffer.alloc(0), isV2, world, head });
  }
  const isStream = route.path === STREAM;
  const text = isV2
    ? brokenJson(random, isStream ? streamBody(random, world) : shapedJson(random, world, route.params.shape, ''))
    : shapedForm(random, world, route.params.shape);
  const body = random.chance(0.04) ? brokenBytes(random, Buffer.from(text)) : Buffer.from(text);
  return finish(number, random, { method: 'POST', target: path, body, isV2, world, head, isStream });
}

function streamBody(random: Random, world: World): unknown {
  if (random.chance(0.05)) return jsonFor(random, world, 'events');
  const length = random.chance(0.03) ? random.pick([0, 101, 3_000]) : random.between(1, 20);
  const events = Array.from({ length }, () => shapedJson(random, world, EVENT_SHAPE, ''));
  return random.chance(0.05) ? { events, [oddName(random)]: 1 } : { events };
}

/** JSON text, now and then broken in a way that no serializer writes. */
function brokenJson(random: Random, value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  if (random.chance(0.9)) return text;
  const at = random.between(0, text.length);
  return random.pick([
    text.slice(0, at),
    `${text}${text}`,
    '['.repeat(20_000),
    `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
    `{"event_name":"x","event_name":"y","payload":{"__proto__":{"value":"1"}}}`,
    `{"timestamp":1e999,"value":${'9'.repeat(400)}}`,
    `\uFEFF${text}`,
    `${text.slice(0, at)}\u0000${text.slice(at)}`,
    `{"a":"\\ud800","b":"\\u0000"}`,
    `${' '.repeat(300_000)}${text}`,
  ]);
}

/** Bytes that are no UTF-8, or a part of them. */
function brokenBytes(random: Random, body: Buffer): Buffer {
  const at = random.between(0, body.length);
  const junk = Buffer.from(random.pick(['ff', 'c328', 'eda080', 'f4908080', '00', 'c080', 'efbbbf']), 'hex');
  return Buffer.concat([body.subarray(0, at), junk, body.subarray(at)]);
}

type Draft = {
  readonly method: string;
  readonly target: string;
  readonly body: Buffer;
  readonly isV2: boolean;
  readonly world: World;
  readonly head?: readonly string[] | undefined;
  readonly isStream?: boolean;
};

function finish(number: number, random: Random, draft: Draft): FuzzRequest {
  const { method, target, body, isV2, world, head, isStream = false } = draft;
  const key = isStream ? world.token : world.secretKey;
  const type = isV2 ? 'application/json' : 'application/x-www-form-urlencoded';
  const length = random.chance(0.03) ? random.pick([0, 1, body.length + 7, 10 ** 9]) : body.length;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'host: 127.0.0.1',
    ...(head ?? [`authorization: Bearer ${key}`, `content-type: ${type}`]),
    ...(random.chance(0.2) ? [`idempotency-key: key-${random.between(0, 500)}`] : []),
    `content-length: ${length}`,
    'connection: close',
  ];
  const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
  // A server that refuses a body while it comes may close before its answer is read.
  const isHonest = length === body.length && head === undefined && length <= MAX_BODY_BYTES;
  const manner = random.chance(0.9) ? 'whole' : random.pick<Manner>(['in pieces', 'half closed', 'cut off']);
  return { number, bytes, manner, mustAnswer: isHonest && isOpen(manner), counts: 0 };
}

function isOpen(manner: Manner): boolean {
  return manner === 'whole' || manner === 'in pieces';
}

/** Headers that are wrong, missing, repeated or too many. */
function oddHead(random: Random, world: World): string[] {
  const key = `authorization: Bearer ${world.secretKey}`;
  return random.pick([
    [],
    ['authorization: Bearer'],
    ['authorization: Bearer sk_test_no'],
    [`authorization: Basic ${'!'.repeat(50)}`],
    [`authorization: Basic ${Buffer.from('\u0000:').toString('base64')}`],
    [key, 'content-type: multipart/form-data; boundary=x'],
    [key, 'content-type: text/plain'],
    [key, 'content-type: application/json; charset=utf-16'],
    [key, 'content-type: application/x-www-form-urlencoded', 'content-encoding: gzip'],
    [key, 'stripe-version: \u00ff'],
    [key, 'stripe-version: 2026-10-28.endive', 'stripe-version: x'],
    [key, `idempotency-key: ${'k'.repeat(256)}`],
    [key, 'idempotency-key:', 'content-type: application/json'],
    [key, 'stripe-account: acct_1'],
    [key, 'transfer-encoding: chunked'],
    [key, 'expect: 100-continue'],
    [key, 'upgrade: websocket'],
    [key, `x-long: ${'x'.repeat(20_000)}`],
    [key, ...Array.from({ length: 300 }, (_, place) => `x-${place}: y`)],
    [key, 'x bad: y'],
  ]);
}

/** Bytes that are no HTTP, or HTTP of another kind. */
function garbage(number: number, random: Random): FuzzRequest {
  const bytes = random.pick([
    Buffer.from('\r\n\r\n'),
    Buffer.from('GET / HTTP/9.9\r\n\r\n'),
    Buffer.from('POST /v1/billing/meter_events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from('160301020001000001fc0303', 'hex'),
    Buffer.from(Array.from({ length: 200 }, () => random.between(0, 255))),
    Buffer.from(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`),
    Buffer.from('GET http://[::1/v1/billing/meters HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'),
    Buffer.from('GET /v1/billing/meters/%c0%ae HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'),
  ]);
  return {
    number,
    bytes,
    manner: random.pick<Manner>(['whole', 'half closed', 'cut off']),
    mustAnswer: false,
    counts: 0,
  };
}

/** An event or a stream that must be counted, whatever goes on around it. */
function validRequest(number: number, random: Random, world: World): FuzzRequest {
  const door = random.pick(['v1', 'v2', 'stream', 'pipelined'] as const);
  const value = random.between(1, 9);
  const payload = { stripe_customer_id: world.cleanCustomer, value: String(value) };
  const event = { event_name: world.eventName, payload, identifier: `clean-${number}` };
  const manner = random.chance(0.9) ? 'whole' : 'in pieces';
  if (door === 'v2') {
    return {
      number,
      bytes: post(world.secretKey, '/v2/billing/meter_events', event),
      manner,
      mustAnswer: true,
      counts: value,
    };
  }
  if (door === 'stream') {
    // Bad events beside it must not take it with them.
    const others = Array.from({ length: random.between(0, 10) }, () => smallEvent(random, world));
    const at = random.between(0, others.length);
    const events = [...others.slice(0, at), event, ...others.slice(at)];
    return { number, bytes: post(world.token, STREAM, { events }), manner, mustAnswer: true, counts: value };
  }
  const form = `event_name=${event.event_name}&identifier=${event.identifier}&payload[stripe_customer_id]=${world.cleanCustomer}&payload[value]=${value}`;
  if (door === 'v1') {
    const bytes = postForm(world.secretKey, form, 'connection: close\r\n');
    return { number, bytes, manner, mustAnswer: true, counts: value };
  }
  // What stands behind a request is no reason to refuse it.
  const bytes = Buffer.concat([postForm(world.secretKey, form, ''), garbage(number, random).bytes]);
  return { number, bytes, manner, mustAnswer: true, counts: value };
}

/** An event of about the right shape that leaves a stream request within its bounds. */
function smallEvent(random: Random, world: World): unknown {
  const event = shapedJson(random, world, EVENT_SHAPE, '');
  return JSON.stringify(event).length < 20_000 ? event : null;
}

function post(key: string, path: string, body: object): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

function postForm(key: string, form: string, more: string): Buffer {
  return Buffer.from(
    `POST /v1/billing/meter_events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n` +
      `${more}\r\n${form}`,
  );
}
