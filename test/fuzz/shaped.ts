import type { ParamShape } from '../../src/stripe/params.ts';
import type { Random } from '../crash/random.ts';
import { jsonFor, oddName, textFor, type World } from './values.ts';

/** A payload that could be meant, with entries to trip over. */
function payload(random: Random, world: World): Record<string, unknown> {
  const entries: [string, unknown][] = [
    ['stripe_customer_id', textFor(random, world, 'customer')],
    ['value', textFor(random, world, 'value')],
  ];
  if (random.chance(0.3)) entries.push([oddName(random), textFor(random, world, 'x')]);
  if (random.chance(0.02)) {
    for (let key = 0; key < 60; key++) entries.push([`key_${key}`, 'x'.repeat(random.between(0, 600))]);
  }
  return Object.fromEntries(entries.filter(() => random.chance(0.95)));
}

/**
 * A value of about a declared shape: members missing, too many, nested wrongly, or of another type. `inList` says that
 * it stands in a list: no list in it is then long, since phases, items and discounts multiply to 100 million.
 */
export function shapedJson(random: Random, world: World, shape: ParamShape, name: string, inList = false): unknown {
  if (random.chance(0.06)) return jsonFor(random, world, name);
  switch (shape.kind) {
    case 'object':
      return members(random, world, shape.fields, inList);
    case 'list': {
      const length = inList ? random.between(0, 4) : listLength(random);
      return Array.from({ length }, () => shapedJson(random, world, shape.of, name, true));
    }
    case 'map':
      return name === 'payload'
        ? payload(random, world)
        : { [textFor(random, world, 'key')]: jsonFor(random, world, 'x') };
    case 'either':
      return shapedJson(random, world, random.pick(shape.options), name, inList);
    case 'scalar':
    case 'unserved':
      return random.chance(0.9) ? textFor(random, world, name) : jsonFor(random, world, name);
  }
}

function members(
  random: Random,
  world: World,
  fields: Readonly<Record<string, ParamShape>>,
  inList: boolean,
): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const [name, field] of Object.entries(fields)) {
    const isLikely = field.kind !== 'unserved' && random.chance(Object.keys(fields).length > 8 ? 0.4 : 0.85);
    if (isLikely || random.chance(0.02)) entries.push([name, shapedJson(random, world, field, name, inList)]);
  }
  if (random.chance(0.05)) entries.push([oddName(random), jsonFor(random, world, 'x')]);
  return Object.fromEntries(entries);
}

/** Mostly what fits; now and then more than any bound. */
function listLength(random: Random): number {
  if (random.chance(0.02)) return random.pick([101, 1_000, 5_000]);
  return random.between(0, 4);
}

/** The same as a form: `a[b][0]=x`, its escapes sometimes broken, its names sometimes twice or nested too deep. */
export function shapedForm(random: Random, world: World, shape: ParamShape): string {
  const pairs = flatten(shapedJson(random, world, shape, ''), '');
  if (random.chance(0.04)) pairs.push(random.pick(pairs.length === 0 ? [['x', 'y']] : pairs));
  if (random.chance(0.02)) pairs.push([`a${'[b]'.repeat(random.between(5, 2_000))}`, 'x']);
  if (random.chance(0.02)) pairs.push([`payload[${oddName(random)}]`, 'x'], ['payload', 'flat']);
  const text = pairs.map(([name, value]) => `${escape(name)}=${escape(value)}`).join('&');
  if (random.chance(0.01)) return `${text}${'&a=b'.repeat(random.between(4_000, 6_000))}`;
  return random.chance(0.05) ? broken(random, text) : text;
}

function flatten(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null) return path === '' ? [] : [[path, String(value)]];
  return Object.entries(value).flatMap(([name, child]) => flatten(child, path === '' ? name : `${path}[${name}]`));
}

function escape(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function broken(random: Random, text: string): string {
  const at = random.between(0, text.length);
  const junk = random.pick(['%', '%f', '%zz', '%c3%28', '%ff', '%00', '%ed%a0%80', '&&&', '===', '[', ']', '+', ';']);
  return `${text.slice(0, at)}${junk}${text.slice(at)}`;
}
