import { isUtf8 } from 'node:buffer';
import { MAX_FORM_DEPTH, MAX_FORM_PARAMETERS } from '../limits.ts';
import { unknownParameters, unreadableRequest } from './errors.ts';

/** A decoded form: text, or an ordered map of names to nodes. Lists are maps whose names are `0`, `1`, …. */
export type FormNode = string | FormBranch;
export type FormBranch = Map<string, FormNode>;

/** Names that could reach an object's prototype; no Stripe parameter or sensible metadata key is called so. */
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Decodes `application/x-www-form-urlencoded` text (a body or a query string) with bracketed names:
 * `items[0][price]=p`, `expand[]=a`, `metadata[k]=v`, `+` and `%20` as space.
 * Throws unreadable-request errors for broken escapes, broken brackets, too many or too deep parameters.
 */
export function decodeForm(text: string): FormBranch {
  const root: FormBranch = new Map();
  if (text === '') return root;
  const pairs = text.split('&');
  if (pairs.length > MAX_FORM_PARAMETERS) {
    throw unreadableRequest(`Too many parameters: ${pairs.length}, at most ${MAX_FORM_PARAMETERS} are allowed.`);
  }
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = unescape(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : unescape(pair.slice(equals + 1));
    insert(root, splitName(name), value, name);
  }
  return root;
}

/** The bytes of a body as text; invalid UTF-8 is refused rather than stored with replacement characters. */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw unreadableRequest('Invalid request body: it is not valid UTF-8.');
  return bytes.toString('utf8');
}

const ESCAPED = /[%+]/;

function unescape(text: string): string {
  if (!ESCAPED.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw unreadableRequest('Invalid URL encoding: a percent escape is broken or is not valid UTF-8.');
  }
}

/** `a[b][]` → `a`, `b`, `` (an empty name means "the next place of the list"). */
function splitName(name: string): string[] {
  const open = name.indexOf('[');
  const head = open === -1 ? name : name.slice(0, open);
  const path = [head];
  if (head === '' || head.includes(']')) throw malformedName(name);
  let rest = open === -1 ? '' : name.slice(open);
  while (rest !== '') {
    const close = rest.indexOf(']');
    if (rest[0] !== '[' || close === -1) throw malformedName(name);
    const part = rest.slice(1, close);
    if (part.includes('[')) throw malformedName(name);
    path.push(part);
    rest = rest.slice(close + 1);
  }
  if (path.length > MAX_FORM_DEPTH) {
    throw unreadableRequest(
      `Invalid parameter name: ${name.slice(0, 100)} is nested deeper than ${MAX_FORM_DEPTH} levels.`,
    );
  }
  if (path.some((part) => FORBIDDEN_NAMES.has(part))) throw unknownParameters([name]);
  return path;
}

function malformedName(name: string) {
  return unreadableRequest(`Invalid parameter name: ${name.slice(0, 100)}. Brackets must be closed and follow a name.`);
}

function insert(root: FormBranch, path: string[], value: string, name: string): void {
  let branch = root;
  for (let depth = 0; depth < path.length - 1; depth++) {
    const key = keyFor(branch, path[depth] ?? '', path[depth + 1]);
    const next = branch.get(key);
    if (typeof next === 'string') throw conflictingName(name);
    const child: FormBranch = next ?? new Map();
    branch.set(key, child);
    branch = child;
  }
  const last = keyFor(branch, path.at(-1) ?? '', undefined);
  if (branch.get(last) instanceof Map) throw conflictingName(name);
  branch.set(last, value);
}

/** `[]` followed by a name the last element already has, or by nothing, starts a new element (as Rack does). */
function keyFor(branch: FormBranch, part: string, following: string | undefined): string {
  if (part !== '') return part;
  const last = branch.get(String(branch.size - 1));
  const continues = following !== undefined && following !== '' && last instanceof Map && !last.has(following);
  if (continues) return String(branch.size - 1);
  // Numbers may have been given before, so the next free place need not be the size.
  let place = branch.size;
  while (branch.has(String(place))) place++;
  return String(place);
}

function conflictingName(name: string) {
  return unreadableRequest(
    `Invalid parameters: ${name.slice(0, 100)} is given both as a value and as an object or list.`,
  );
}
