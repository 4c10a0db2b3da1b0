import { type Random } from '../crash/random.ts';

/** What a fuzzed request may know: ids that exist, and times around which the rules change. */
export type World = {
  readonly secretKey: string;
  /** Of a session of the stream; renewed as it runs out. */
  token: string;
  /** Takes all that the fuzzer sends; what it has used is not looked at. */
  readonly noiseCustomer: string;
  /** Takes valid events alone, which no other request can change. */
  readonly cleanCustomer: string;
  readonly meterId: string;
  readonly eventName: string;
  readonly nowSeconds: number;
};

const DAY = 86_400;

/** Texts that programs trip over. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '0',
  '-0',
  '1',
  '-1',
  'NaN',
  'Infinity',
  '1e400',
  '1e-400',
  '1e5',
  '0x10',
  '1_000',
  '١٢٣',
  '1,5',
  '.5',
  '5.',
  '+1',
  '9'.repeat(40),
  `-${'9'.repeat(40)}.${'9'.repeat(40)}`,
  `0.${'0'.repeat(60)}1`,
  '999999999999999.999999999999',
  '1000000000000000',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775809',
  'true',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  '[object Object]',
  '\u0000',
  'a\u0000b',
  '\uFEFF',
  '\u202E',
  '\uFFFD',
  '💥',
  'é'.normalize('NFD'),
  "'; drop table meters; --",
  '%',
  '%00',
  '%zz',
  '$1',
  '{}',
  '[]',
  '\\',
  '"',
  '\r\nx-injected: 1',
  '../../etc/passwd',
  'x'.repeat(99),
  'x'.repeat(101),
  'x'.repeat(501),
  'x'.repeat(5_001),
  '💥'.repeat(60),
];

/** Values that only JSON can send. */
const JSON_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  [],
  {},
  [[]],
  [null],
  ['x'],
  { a: { b: { c: { d: {} } } } },
  '\uD800',
  'a\uDFFFb',
  { '\uD800': 'x' },
  { '': '' },
  { constructor: { prototype: {} } },
];

/** Unix seconds at and around every bound: the age of events, the future, the edges of what can be written. */
function timestamps({ nowSeconds }: World): string[] {
  const oldest = nowSeconds - 35 * DAY;
  const latest = nowSeconds + 300;
  const seconds = [
    -62_135_596_801,
    -1,
    0,
    1,
    4_294_967_296,
    253_402_300_799,
    253_402_300_800,
    8_640_000_000_001,
    oldest - 1,
    oldest,
    oldest + 1,
    nowSeconds,
    latest - 1,
    latest,
    latest + 1,
    nowSeconds * 1000,
  ];
  return [...seconds.map(String), `${nowSeconds}.5`, `${nowSeconds}e0`, ` ${nowSeconds}`];
}

const RFC_3339_TIMES: readonly string[] = [
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T23:59:60Z',
  '0000-00-00T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01',
  '20260101T000000Z',
  '2026-01-01 00:00:00Z',
  `2026-01-01T00:00:00.${'1'.repeat(300)}Z`,
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00Z',
];

/** A text for a parameter of that name: mostly one that could be meant, else one to trip over. */
export function textFor(random: Random, world: World, name: string): string {
  if (random.chance(0.3)) return random.pick(TEXTS);
  if (/customer/.test(name)) return random.pick([world.noiseCustomer, 'cus_no', world.noiseCustomer.toLowerCase()]);
  if (/meter|^id$/.test(name)) return random.pick([world.meterId, 'mtr_test_no', 'mtr_']);
  if (/event_name/.test(name)) return random.pick([world.eventName, world.eventName.toUpperCase(), 'unknown']);
  if (/time|created|received/.test(name)) return random.pick([...timestamps(world), ...RFC_3339_TIMES, nowText(world)]);
  if (/value|amount|limit|days|hours|max/.test(name)) return random.pick(['1', '5', '-3', '0.25', '100', '101']);
  if (/identifier/.test(name)) return `id-${random.between(0, 2_000)}`;
  return random.pick(['x', 'sum', 'hour', 'day', 'usd', 'cancel', 'active', 'model', 'tokens', 'true']);
}

function nowText({ nowSeconds }: World): string {
  return new Date(nowSeconds * 1000).toISOString();
}

/** A JSON value for a field of that name. */
export function jsonFor(random: Random, world: World, name: string): unknown {
  return random.chance(0.3) ? random.pick(JSON_VALUES) : textFor(random, world, name);
}

/** A name that no declaration has, or that objects have already. */
export function oddName(random: Random): string {
  return random.pick(['__proto__', 'constructor', 'toString', 'x', '', '\u0000', '[', ']', 'a[b', 'events', 'length']);
}
