import { isDeepStrictEqual } from 'node:util';
import type { Json, Remote } from './remote.ts';
import type { World } from './world.ts';

/** What the log of events has told so far, by object. */
export type History = {
  last: string | undefined;
  createdAt: number;
  /** The newest views of each object, the last one first. */
  readonly known: Map<string, readonly Json[]>;
  readonly gone: Set<string>;
  /** What was done with invoices, by customer, and of how much of that the auditor knows. */
  readonly invoices: Map<string, string[]>;
  /** What happens once to an object, and has: `invoice.paid in_…`. */
  readonly done: Set<string>;
};

export function newHistory(): History {
  return { last: undefined, createdAt: 0, known: new Map(), invoices: new Map(), done: new Set(), gone: new Set() };
}

/** What a draft computes anew on each read, from usage and the balance, and so tells no event about. */
const COMPUTED = /^(lines|amount_|subtotal|total|starting_balance)/;

/** Views of an object that are kept. */
const REMEMBERED = 3;

/** What is told in wall time: catalogue and the clock itself. */
export const IN_WALL_TIME = /^(billing|product|price|coupon|tax_rate|test_helpers|plan)\b/;

/** Objects whose creation is told. */
const BORN = new Set(['customer', 'subscription', 'invoice', 'invoiceitem', 'payment_intent', 'discount']);

const ONCE = /^invoice\.(finalized|paid|voided)$|^(charge|payment_intent)\.succeeded$|^invoice_payment\.paid$/;

/** Reads what the log has told since the last time; answers what is wrong with it, a line each. */
export async function follow(remote: Remote, history: History): Promise<string[]> {
  const wrong: string[] = [];
  for (;;) {
    const page = await remote.call('GET', '/v1/events', { limit: 100, ending_before: history.last });
    for (const event of page.data.toReversed()) wrong.push(...take(history, event));
    if (wrong.length > 0) return wrong.slice(0, 8);
    if (page.data.length === 0) return wrong;
    history.last = page.data[0].id;
    if (page.has_more !== true) return wrong;
  }
}

function take(history: History, event: Json): string[] {
  const { type, created, data } = event;
  if (IN_WALL_TIME.test(type)) return [];
  const { id } = data.object;
  const before = history.known.get(id);
  const what = `${event.id} ${type} of ${id}`;
  const wrong = [...outOfOrder(history, event), ...(type.endsWith('.updated') ? compare(before ?? [], data) : [])];
  if (created > history.createdAt) history.createdAt = created;
  history.done.add(`${type} ${id}`);
  noteOrder(history, event);
  if (type.endsWith('.deleted') && type !== 'customer.subscription.deleted') history.gone.add(id);
  history.known.set(id, [data.object, ...(before ?? [])].slice(0, REMEMBERED));
  return wrong.map((each) => `${what}: ${each}`);
}

/** An object is told of from its creation to its deletion, time goes on, and what happens once is told once. */
function outOfOrder(history: History, { type, created, data: { object } }: Json): string[] {
  const isKnown = history.known.has(object.id);
  const isBirth = type.endsWith('.created');
  const rules: readonly (readonly [isBroken: boolean, text: string])[] = [
    [created < history.createdAt, `it was told at ${created}, after ${history.createdAt}`],
    [history.gone.has(object.id), 'it tells of what was deleted'],
    [isBirth && isKnown, 'it was told of before'],
    [!isBirth && !isKnown && BORN.has(object.object), 'it was never created'],
    [ONCE.test(type) && history.done.has(`${type} ${object.id}`), 'it was told before'],
  ];
  return rules.flatMap(([isBroken, text]) => (isBroken ? [text] : []));
}

/**
 * An update tells what was before: with that in its place, the object must be as it was told last, or by one of the events
 * of the same step before it, such as `invoice.payment_failed`.
 */
function compare(before: readonly Json[], { object, previous_attributes: previous }: Json): string[] {
  if (previous === undefined) return ['it names nothing that changed'];
  const restored = { ...object, ...mergeOf(object, previous) };
  const follows = restored.object === 'invoice' && restored.status === 'draft';
  return Object.keys(restored)
    .filter((field) => !(follows && COMPUTED.test(field)))
    .filter((field) => !before.some((view) => isDeepStrictEqual(restored[field] ?? null, view[field] ?? null)))
    .map((field) => `${field} was ${JSON.stringify(before[0]?.[field])}, not ${JSON.stringify(restored[field])}`);
}

/** `previous_attributes` tells of hashes the fields that changed, of lists the whole. */
function mergeOf(object: Json, previous: Json): Json {
  return Object.fromEntries(
    Object.entries(previous).map(([field, value]) => {
      const now = object[field];
      const isHash = (one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one);
      return [field, isHash(value) && isHash(now) ? { ...now, ...mergeOf(now, value) } : value];
    }),
  );
}

const STEPS = /^invoice\.(created|finalized|paid|voided|marked_uncollectible)$/;

function noteOrder({ invoices }: History, { type, created, data: { object } }: Json): void {
  const what = STEPS.exec(type)?.[1];
  if (what === undefined) return;
  invoices.set(object.customer, [...(invoices.get(object.customer) ?? []), `${created} ${object.id} ${what}`]);
}

/** What was done with a customer's invoices must be what the auditor did, in its order. Of what is compared nothing is kept. */
export function compareOrder({ ids, names }: Remote, { invoices }: History, world: World): string[] {
  const wrong = world.customers.flatMap(({ name }) => {
    const told = (invoices.get(ids.get(name) ?? '') ?? []).map((line) => {
      const [at, id, what] = line.split(' ');
      return `${name}: ${at} ${names.get(id ?? '') ?? id} ${what}`;
    });
    const wanted = world.done.filter((line) => line.startsWith(`${name}: `));
    return isDeepStrictEqual(told, wanted)
      ? []
      : [`The order must be ${wanted.join(', ')}`, `and is ${told.join(', ')}`];
  });
  world.done.length = 0;
  invoices.clear();
  return wrong;
}
