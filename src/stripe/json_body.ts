import { MAX_FORM_DEPTH } from '../limits.ts';
import { invalidParameter, unknownParameters, unreadableRequest } from './errors.ts';
import type { FormBranch, FormNode } from './form.ts';
import type { ParamShape } from './params.ts';

/**
 * The value of a JSON body, which must be an object; no body is one without fields. Of a name that is there twice the
 * last counts, as in every JavaScript. Throws an unreadable-request error.
 */
export function parseJson(text: string): object {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadableRequest(`Invalid request body: it is not valid JSON (${(error as Error).message.slice(0, 120)}).`);
  }
  if (!isObject(value)) {
    throw unreadableRequest(`Invalid request body: it must be a JSON object, not ${kindOf(value)}.`);
  }
  return value;
}

/** Text that only equal values share; names may come in any order. Throws when the value is nested too deep. */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > MAX_FORM_DEPTH) {
    throw unreadableRequest(`Invalid request body: it is nested deeper than ${MAX_FORM_DEPTH} levels.`);
  }
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry, depth + 1)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonicalJson(entry, depth + 1)}`).join()}}`;
}

/**
 * A JSON body as the form that the declarations decode, read along the shape of a declaration: JSON knows types, so text
 * must be text where text is wanted, and `null` clears where a form has an empty value. What the declaration does not name
 * is passed on by its name alone, to be refused there. Throws an invalid-parameter error for a value of the wrong type.
 */
export function formOfJson(body: unknown, shape: ParamShape): FormBranch {
  const form = toNode(body, shape, '');
  return typeof form === 'string' ? new Map() : form;
}

function toNode(value: unknown, shape: ParamShape, path: string): FormNode {
  if (shape.kind === 'unserved' || (value === null && shape.clearable === true)) return '';
  switch (shape.kind) {
    case 'scalar':
      return scalarText(value, shape.name, path);
    case 'list':
      if (!Array.isArray(value)) throw wrongType(path, 'an array', value);
      return new Map(value.map((entry, place) => [String(place), toNode(entry, shape.of, `${path}[${place}]`)]));
    case 'map':
      return branchOf(value, path, () => shape.of);
    case 'object':
      return branchOf(value, path, (name) => (Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined));
    case 'either': {
      const [scalar, branch] = shape.options;
      return toNode(value, (typeof value === 'object' ? branch : scalar) ?? { kind: 'unserved' }, path);
    }
  }
}

function branchOf(value: unknown, path: string, shapeOf: (name: string) => ParamShape | undefined): FormBranch {
  if (!isObject(value)) throw wrongType(path, 'an object', value);
  const branch: FormBranch = new Map();
  for (const [name, entry] of Object.entries(value)) {
    const at = path === '' ? name : `${path}[${name}]`;
    if (!name.isWellFormed()) throw illFormed(path);
    // No parameter or sensible key is called so, and a later copy of the value could lose it.
    if (name === '__proto__') throw unknownParameters([at]);
    branch.set(name, toNode(entry, shapeOf(name) ?? { kind: 'unserved' }, at));
  }
  return branch;
}

/** The text that a form would have. Integers of 64 bits are texts in v2, so an integer may be either. */
function scalarText(value: unknown, name: string, path: string): string {
  if (typeof value === 'string' && name !== 'boolean') {
    // A form can't hold half a surrogate pair, and PostgreSQL would not store it.
    if (!value.isWellFormed()) throw illFormed(path);
    return value;
  }
  if (typeof value === 'boolean' && name === 'boolean') return String(value);
  if (Number.isSafeInteger(value) && name === 'integer') return String(value);
  throw wrongType(path, { boolean: 'a boolean', integer: 'an integer' }[name] ?? 'a string', value);
}

function wrongType(path: string, wanted: string, value: unknown) {
  return invalidParameter(path, `Invalid value for ${path}: it must be ${wanted}, not ${kindOf(value)}.`);
}

function illFormed(path: string) {
  return invalidParameter(path, `Invalid string in ${path || 'the body'}: it holds half of a surrogate pair.`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return { string: 'a string', number: 'a number', boolean: 'a boolean' }[typeof value as string] ?? 'an object';
}
