import { MAX_EXPAND_DEPTH, MAX_EXPAND_PATHS, MAX_EXPANDED_OBJECTS } from '../limits.ts';
import type { Context } from './context.ts';
import { invalidParameter } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { Answers } from './route.ts';

/** What stands behind a field that `expand` may name. */
export type Expansion =
  /** An id (or null), or a bare list of ids, that becomes the object of that type. */
  | { readonly id: string }
  /** An object of that type that is always there; paths lead through it. */
  | { readonly embedded: string }
  /** An embedded list of that type; paths lead through its `data`. */
  | { readonly list: string }
  /** A plain hash inside the object. */
  | { readonly hash: Readonly<Record<string, Expansion>> }
  /** A field that is only there when it is expanded; `list` says that it is a list, and of which type. */
  | { readonly include: Include; readonly list?: string };

/** The value of a field for each of the parents, in their order. */
type Include = (context: Context, parents: readonly JsonObject[]) => Promise<readonly unknown[]>;

export type Expandable = {
  readonly fields: Readonly<Record<string, Expansion>>;
  /** The objects of these ids, as their views; ids that don't exist are left out. */
  readonly load?: (context: Context, ids: readonly string[]) => Promise<ReadonlyMap<string, JsonObject>>;
};

/** Object name → what can be expanded in it. Assembled in one place, so that no view needs to know later folders. */
export type ExpandTable = Readonly<Record<string, Expandable>>;

/** An id that is always null here, because what it would refer to is not served yet. */
export const NOTHING: Expansion = { hash: {} };

type Mutable = { [key: string]: unknown };
type Step = { readonly name: string; readonly expansion: Expansion };

/**
 * Checks `expand` paths against the type that an operation answers, before anything runs.
 * Throws for paths deeper than 4 and for properties that can't be expanded.
 */
export function checkExpand(paths: readonly string[], answers: Answers, table: ExpandTable): void {
  if (paths.length > MAX_EXPAND_PATHS) {
    throw invalidParameter('expand', `You can not expand more than ${MAX_EXPAND_PATHS} properties at once.`);
  }
  for (const path of paths) planPath(path, answers, table);
}

function planPath(path: string, answers: Answers, table: ExpandTable): Step[] {
  const names = path.split('.');
  if (names.length > MAX_EXPAND_DEPTH) {
    throw invalidParameter(
      'expand',
      `You cannot expand more than ${MAX_EXPAND_DEPTH} levels of a property. Property: ${path.slice(0, 100)}`,
    );
  }
  const refuse = () => invalidParameter('expand', `This property cannot be expanded (${path.slice(0, 100)}).`);
  const steps: Step[] = [];
  let fields = fieldsOf(objectOf(answers), table);
  // A list answer is entered through its own `data`; embedded lists through theirs: `data.items.data.price`.
  const rest = [...names];
  // A search counts what it found when it is asked to; the operation does that itself.
  if ('search' in answers && path === 'total_count') return [];
  const listed = listedIn(answers);
  if (listed !== undefined) {
    if (rest.shift() !== 'data') throw refuse();
    steps.push({ name: 'data', expansion: { list: listed } });
  }
  while (rest.length > 0) {
    const name = rest.shift() ?? '';
    const expansion = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (expansion === undefined) throw refuse();
    steps.push({ name, expansion });
    if ('list' in expansion && rest.length > 0 && rest.shift() !== 'data') throw refuse();
    fields = fieldsBehind(expansion, table);
  }
  return steps;
}

function objectOf(answers: Answers): string {
  return listedIn(answers) ?? ('object' in answers ? answers.object : '');
}

function listedIn(answers: Answers): string | undefined {
  if ('list' in answers) return answers.list;
  return 'search' in answers ? answers.search : undefined;
}

function fieldsOf(object: string, table: ExpandTable): Readonly<Record<string, Expansion>> {
  return table[object]?.fields ?? {};
}

function fieldsBehind(expansion: Expansion, table: ExpandTable): Readonly<Record<string, Expansion>> {
  if ('hash' in expansion) return expansion.hash;
  if ('id' in expansion) return fieldsOf(expansion.id, table);
  if ('embedded' in expansion) return fieldsOf(expansion.embedded, table);
  return expansion.list === undefined ? {} : fieldsOf(expansion.list, table);
}

/** Replaces what the paths name by the objects themselves: one query a field, whatever the number of objects. */
export async function applyExpand(
  context: Context,
  root: JsonObject,
  paths: readonly string[],
  answers: Answers,
  table: ExpandTable,
): Promise<JsonObject> {
  if (paths.length === 0) return root;
  const copy = structuredCloneJson(root);
  let expanded = 0;
  for (const path of paths) {
    let parents: Mutable[] = [copy];
    for (const step of planPath(path, answers, table)) {
      parents = await applyStep(context, parents, step, table);
      if ('id' in step.expansion || 'include' in step.expansion) expanded += parents.length;
      if (expanded > MAX_EXPANDED_OBJECTS) throw tooManyObjects();
    }
  }
  return copy as JsonObject;
}

function tooManyObjects() {
  return invalidParameter(
    'expand',
    `This would expand more than ${MAX_EXPANDED_OBJECTS} objects. Ask for shorter pages, or expand less.`,
  );
}

// Views share parts (a price inside several items), so each place gets an object of its own before it is changed.
function structuredCloneJson(value: unknown): Mutable {
  if (Array.isArray(value)) return value.map(structuredCloneJson) as unknown as Mutable;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) === null) return value as Mutable;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, structuredCloneJson(entry)]));
}

async function applyStep(context: Context, parents: Mutable[], step: Step, table: ExpandTable): Promise<Mutable[]> {
  const { name, expansion } = step;
  if ('id' in expansion) return await loadIds(context, parents, name, expansion.id, table);
  if ('include' in expansion) await includeField(context, parents, name, expansion.include);
  const children = parents.map((parent) => parent[name]).flatMap((child) => entriesOf(child));
  return children.filter((child) => typeof child === 'object' && child !== null) as Mutable[];
}

/** What a path goes on with behind a value: the entries of a list, bare or in its envelope, or the value itself. */
function entriesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const { object, data } = (value ?? {}) as { object?: unknown; data?: unknown };
  return object === 'list' && Array.isArray(data) ? data : [value];
}

async function loadIds(
  context: Context,
  parents: Mutable[],
  name: string,
  object: string,
  table: ExpandTable,
): Promise<Mutable[]> {
  const ids = new Set(parents.flatMap((parent) => entriesOf(parent[name])).filter((id) => typeof id === 'string'));
  const loaded = ids.size === 0 ? new Map() : await table[object]?.load?.(context, [...ids]);
  const children: Mutable[] = [];
  for (const parent of parents) {
    const value = parent[name];
    const replaced = Array.isArray(value) ? value.map((each) => replaceId(each, loaded)) : replaceId(value, loaded);
    parent[name] = replaced;
    for (const child of Array.isArray(replaced) ? replaced : [replaced]) {
      if (typeof child === 'object' && child !== null) children.push(child as Mutable);
    }
  }
  return children;
}

/** The object of an id, as a copy of its own; anything else as it is. */
function replaceId(value: unknown, loaded: ReadonlyMap<string, JsonObject> | undefined): unknown {
  const found = typeof value === 'string' ? loaded?.get(value) : undefined;
  return found === undefined ? value : structuredCloneJson(found);
}

async function includeField(context: Context, parents: Mutable[], name: string, include: Include): Promise<void> {
  // A deleted object has no further fields, and what an earlier path included may have been expanded since.
  const lacking = parents.filter((parent) => parent['deleted'] !== true && parent[name] === undefined);
  const values = await include(context, lacking as readonly JsonObject[]);
  for (const [index, parent] of lacking.entries()) {
    if (values[index] !== undefined) parent[name] = structuredCloneJson(values[index]);
  }
}
