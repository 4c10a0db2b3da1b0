/** The part of OpenAPI 3.0 schemas that the oracle uses. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly maxLength?: number;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

/** What a validator runs: JSON Schema, in which `nullable` and `anyOf` have become plain decisions. */
export type Closed = { readonly [keyword: string]: unknown };

/**
 * Turns a response schema into a strict one: an object with named properties has no others, `nullable` is spelt out, and
 * an `anyOf` first picks its branch (by JSON type, then by `object` and `deleted`) so that a wrong value is told against
 * the one schema that it meant to be. `find` resolves a `$ref`.
 */
export function close(schema: Schema, find: (reference: string) => Schema): Closed {
  if (schema.$ref) return { $ref: schema.$ref };
  if (schema.anyOf) return nullable(schema, pickBranch(schema.anyOf, find));
  const closed: Record<string, unknown> = {};
  for (const keyword of ['enum', 'format', 'maxLength', 'required', 'type'] as const) {
    if (schema[keyword] !== undefined) closed[keyword] = schema[keyword];
  }
  if (schema.items) closed['items'] = close(schema.items, find);
  if (typeof schema.additionalProperties === 'object') {
    closed['additionalProperties'] = close(schema.additionalProperties, find);
  }
  // An empty list of properties says "some object": an event's `data.object` is one.
  if (schema.properties && Object.keys(schema.properties).length > 0) {
    closed['properties'] = mapValues(schema.properties, (property) => close(property, find));
    closed['additionalProperties'] ??= false;
  }
  return nullable(schema, closed);
}

function nullable(schema: Schema, closed: Closed): Closed {
  return schema.nullable ? decide({ type: 'null' }, true, closed) : closed;
}

function pickBranch(branches: readonly Schema[], find: (reference: string) => Schema): Closed {
  const isObject = (branch: Schema) => (branch.$ref ? find(branch.$ref) : branch).type === 'object';
  const objects = branches.filter(isObject);
  const others = branches.filter((branch) => !isObject(branch)).map((branch) => close(branch, find));
  if (objects.length === 0) return { anyOf: others };
  const asObject = pickObject(objects, find);
  if (others.length === 0) return asObject;
  return decide({ type: 'object' }, asObject, others.length === 1 ? others[0]! : { anyOf: others });
}

/** Tries the branch with the most fixed properties first: a deleted customer is a customer with one more. */
function pickObject(branches: readonly Schema[], find: (reference: string) => Schema): Closed {
  const marked = branches.map((branch) => ({
    branch,
    marks: fixedProperties(branch.$ref ? find(branch.$ref) : branch),
  }));
  marked.sort((a, b) => Object.keys(a.marks).length - Object.keys(b.marks).length);
  const [fallback, ...rest] = marked;
  let decision = close(fallback!.branch, find);
  for (const { branch, marks } of rest) {
    decision = decide({ required: Object.keys(marks), properties: marks }, close(branch, find), decision);
  }
  return decision;
}

function fixedProperties(schema: Schema): Record<string, Closed> {
  const fixed = Object.entries(schema.properties ?? {}).filter(([, property]) => property.enum?.length === 1);
  return Object.fromEntries(fixed.map(([name, property]) => [name, { enum: property.enum }]));
}

function decide(condition: Closed, yes: Closed | true, no: Closed): Closed {
  // oxlint-disable-next-line unicorn/no-thenable -- `then` is a keyword of JSON Schema, and nobody awaits a schema.
  return { if: condition, then: yes, else: no };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
