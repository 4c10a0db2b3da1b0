import type { FormBranch, FormNode } from './form.ts';
import {
  invalidParameter,
  missingParameter,
  type StripeError,
  unknownParameters,
  unservedParameter,
} from './errors.ts';

/**
 * Parameters are declared once per operation, as a value made of the functions of `params.types.ts`; the declaration
 * decodes (with Stripe's errors, in Stripe's order), gives the TypeScript type, and feeds `docs/compatibility.md`.
 */
export type ParamType<T> = {
  /** What the declaration looks like, for documentation and for the comparison with the reference. */
  readonly shape: ParamShape;
  /** Reads a node. On trouble it reports to `problems` and answers undefined. */
  decode(node: FormNode, path: string, problems: Problems): T | undefined;
};

export type ParamShape = {
  /** True: the request may clear the value, by an empty text or, in JSON, by null. */
  readonly clearable?: true;
} & (
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'unserved' }
  | { readonly kind: 'list'; readonly of: ParamShape }
  | { readonly kind: 'map'; readonly of: ParamShape }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, ParamShape>> }
  | { readonly kind: 'either'; readonly options: readonly ParamShape[] }
);

const REQUIRED = Symbol('required');

export type Required<T> = { readonly [REQUIRED]: true; readonly type: ParamType<T> };

/** Marks a field of `object` that must be there. */
export function required<T>(type: ParamType<T>): Required<T> {
  return { [REQUIRED]: true, type };
}

type Fields = Readonly<Record<string, ParamType<unknown> | Required<unknown>>>;

type RequiredKeys<F> = { [K in keyof F]: F[K] extends Required<unknown> ? K : never }[keyof F];
type OptionalKeys<F> = {
  [K in keyof F]: F[K] extends ParamType<infer T> ? ([T] extends [never] ? never : K) : never;
}[keyof F];

/** The type of the values that a declaration decodes to; unserved parameters are not part of it. */
export type Decoded<F> = {
  [K in RequiredKeys<F>]: F[K] extends Required<infer T> ? T : never;
} & {
  [K in OptionalKeys<F>]?: F[K] extends ParamType<infer T> ? T : never;
};

/** The values of an operation's parameters, from its declaration: `ParamsOf<typeof createPriceParams>`. */
export type ParamsOf<P> = P extends ParamType<infer T> ? T : never;

/**
 * What was wrong, in the order of checks of the API: unknown names, then missing ones, then types, then ranges.
 * The first kind that has an entry decides the answer.
 */
export class Problems {
  readonly #unknown: string[] = [];
  readonly #unserved: string[] = [];
  readonly #missing: string[] = [];
  readonly #types: StripeError[] = [];
  readonly #ranges: StripeError[] = [];

  unknown(path: string): void {
    this.#unknown.push(path);
  }

  unserved(path: string): void {
    this.#unserved.push(path);
  }

  missing(path: string): void {
    this.#missing.push(path);
  }

  type(path: string, message: string, code?: string): void {
    this.#types.push(invalidParameter(path, message, code));
  }

  range(path: string, message: string, code?: string): void {
    this.#ranges.push(invalidParameter(path, message, code));
  }

  /** The error to answer with, if anything was wrong. */
  get first(): StripeError | undefined {
    if (this.#unknown.length > 0) return unknownParameters(this.#unknown);
    if (this.#unserved[0] !== undefined) return unservedParameter(this.#unserved[0]);
    if (this.#missing[0] !== undefined) return missingParameter(this.#missing[0]);
    return this.#types[0] ?? this.#ranges[0];
  }
}

/** An object with exactly these fields: anything else is unknown. */
export function object<const F extends Fields>(fields: F): ParamType<Decoded<F>> & { readonly fields: F } {
  const entries = Object.entries(fields).map(([name, field]) => ({ name, ...fieldOf(field) }));
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    fields,
    shape: { kind: 'object', fields: Object.fromEntries(entries.map(({ name, type }) => [name, type.shape])) },
    decode(node, path, problems) {
      if (typeof node === 'string') {
        const [first] = entries;
        // Stripe says the first two words.
        problems.type(
          path,
          first === undefined ? 'Invalid object' : `Invalid object: expected fields such as \`${path}[${first.name}]\``,
        );
        return undefined;
      }
      const result: Record<string, unknown> = {};
      for (const [name, child] of node) {
        const at = childPath(path, name);
        const field = byName.get(name);
        if (field === undefined) problems.unknown(at);
        else result[name] = field.type.decode(child, at, problems);
      }
      for (const { name, isRequired } of entries) {
        if (isRequired && !node.has(name)) problems.missing(childPath(path, name));
      }
      return result as Decoded<F>;
    },
  };
}

function fieldOf(field: ParamType<unknown> | Required<unknown>): { type: ParamType<unknown>; isRequired: boolean } {
  return REQUIRED in field ? { type: field.type, isRequired: true } : { type: field, isRequired: false };
}

function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}[${name}]`;
}

/**
 * Decodes a request's parameters by their declaration.
 * Throws parameter_unknown, parameter_not_served, parameter_missing, or an invalid-parameter error, in that order.
 */
export function decodeParams<T>(type: ParamType<T>, form: FormBranch): T {
  const problems = new Problems();
  const values = type.decode(form, '', problems);
  const error = problems.first;
  if (error !== undefined) throw error;
  return values as T;
}
