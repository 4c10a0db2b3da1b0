import type { Dialect } from './dialect.ts';
import { unreadableRequest } from './errors.ts';
import { decodeForm, type FormBranch, type FormNode } from './form.ts';
import { canonicalJson, formOfJson, parseJson } from './json_body.ts';
import { decodeParams, type ParamType } from './params.ts';

/** The parameters of a request as they came: a form, or the value of a JSON body. */
export type Input =
  /** v2 has no `expand`: there it is a name like any other. */
  { readonly form: FormBranch; readonly takesExpand: boolean } | { readonly json: unknown };

/** The text parts of a request that hold parameters. */
export type InputText = { readonly method: string; readonly query: string; readonly body: string };

/**
 * Reads the parameters of a request: in v1 query and body are forms that add to each other; in v2 a POST has a JSON
 * body, and a GET or DELETE a query. Throws unreadable-request errors.
 */
export function readInput(dialect: Dialect, { method, query, body }: InputText): Input {
  if (dialect.name === 'v1') {
    return { form: decodeForm([query, body].filter((part) => part !== '').join('&')), takesExpand: true };
  }
  const json = parseJson(body);
  if (method === 'POST') {
    if (query !== '') throw unreadableRequest('Invalid request: a POST to /v2 takes its parameters in the body only.');
    return { json };
  }
  if (Object.keys(json).length > 0) {
    throw unreadableRequest(`Invalid request: a ${method} to /v2 takes its parameters in the query only.`);
  }
  return { form: decodeForm(query), takesExpand: false };
}

/** Text that only equal parameters share; names may come in any order. */
export function canonicalInput(input: Input): string {
  return 'form' in input ? canonicalForm(input.form) : canonicalJson(input.json);
}

/** The parameters by their declaration, which is the same for both ways of writing them. Throws as `decodeParams`. */
export function decodeInput<T>(type: ParamType<T>, input: Input): T {
  return decodeParams(type, 'form' in input ? input.form : formOfJson(input.json, type.shape));
}

/** Every part with its length before it, so that no text can pass for structure. */
function canonicalForm(node: FormNode): string {
  if (typeof node === 'string') return `${node.length}:${node}`;
  let text = '{';
  for (const [name, child] of inOrder(node)) text += `${name.length}:${name}=${canonicalForm(child)}`;
  return `${text}}`;
}

/** The entries by name; most clients send them in one order, and sorting a copy costs 2 µs. */
function inOrder(branch: FormBranch): Iterable<[string, FormNode]> {
  let last = '';
  for (const name of branch.keys()) {
    if (name < last) return [...branch].sort(([a], [b]) => (a < b ? -1 : 1));
    last = name;
  }
  return branch;
}
