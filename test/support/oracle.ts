import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { close, type Schema } from './oracle-schema.ts';

/** The published shape of the API as an OpenAPI document; it lies beside the repository, or where ORACLE says. */
const FILE = process.env['ORACLE'] ?? fileURLToPath(new URL('../../../shared/stripe/oracle.json', import.meta.url));
const MAX_PROBLEMS = 20;

type Response = { readonly content: { readonly 'application/json'?: { readonly schema: Schema } } };
type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
};
type RawOperation = {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, Response>>;
};
export type Oracle = {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** The document, or undefined where it is absent: response shapes then go unchecked and oracle.test.ts says so. */
export const oracle: Oracle | undefined = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as Oracle)
  : undefined;

type OracleParameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'body';
  readonly required: boolean;
  readonly schema: Schema;
};

export type OracleOperation = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The template, as in `/v1/billing/meters/{id}`. */
  readonly path: string;
  readonly operationId: string;
  /** Path, query and body parameters of the top level, in the document's order; `$ref`s are resolved one step. */
  readonly parameters: readonly OracleParameter[];
  readonly responses: Readonly<Record<string, Response>>;
};

const all: readonly OracleOperation[] = Object.entries(oracle?.paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase() as OracleOperation['method'],
    path,
    operationId: operation.operationId,
    parameters: [...(operation.parameters ?? []).map(resolved), ...bodyParameters(operation)],
    responses: operation.responses,
  })),
);

/** Every operation of the document; none where the document is absent. */
export function operations(): readonly OracleOperation[] {
  return all;
}

/**
 * Compares an answer with the document and returns a readable line for each difference: a missing key, a key too many, a
 * wrong type, value or format. Our own paths (`/v1/usance/…`, `/healthz`) and an absent document have nothing to differ
 * from. `path` may carry a query string. The `data.object` of an event is compared with the schema of its own kind.
 */
export function checkResponse(method: string, path: string, status: number, body: unknown): string[] {
  const pathname = path.split('?')[0]!;
  if (!oracle || pathname === '/healthz' || /^\/v1\/usance(\/|$)/.test(pathname)) return [];
  const name = `${method} ${pathname} (${status})`;
  const operation = findOperation(method.toUpperCase(), pathname);
  if (!operation && status !== 404) return [`${name}: the API has no such operation`];
  const responses = operation?.responses ?? {
    default: jsonResponse(pathname.startsWith('/v2/') ? 'v2.error' : 'error'),
  };
  const schema = (responses[status] ?? responses['default'])?.content['application/json']?.schema;
  if (!schema) return [`${name}: the API answers no JSON there`];
  return [...problems(schema, body), ...eventProblems(body)].map((problem) => `${name}: ${problem}`);
}

function findOperation(method: string, pathname: string): OracleOperation | undefined {
  const segments = pathname.split('/');
  const fits = ({ path }: OracleOperation) => {
    const template = path.split('/');
    return (
      template.length === segments.length && template.every((part, at) => part.startsWith('{') || part === segments[at])
    );
  };
  // `/v1/prices/search` also fits `/v1/prices/{price}`: the template with fewer placeholders is the one meant.
  const placeholders = ({ path }: OracleOperation) => path.split('{').length;
  const candidates = all.filter((operation) => operation.method === method && fits(operation));
  return candidates.sort((a, b) => placeholders(a) - placeholders(b))[0];
}

function jsonResponse(component: string): Response {
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${component}` } } } };
}

function eventProblems(body: unknown): string[] {
  const answer = body as { object?: string; data?: unknown } | null;
  if (answer?.object === 'list' && Array.isArray(answer.data)) return answer.data.flatMap(eventProblems);
  if (answer?.object !== 'event') return [];
  const subject = (answer.data as { object?: { object?: string } } | undefined)?.object;
  if (!subject?.object || !oracle!.components.schemas[subject.object]) return ['data.object is of no known kind'];
  // "The received Invoice object will not have an invoice ID."
  const isUpcoming = (answer as { type?: string }).type === 'invoice.upcoming';
  if (isUpcoming && 'id' in subject) return ['data.object.id of an upcoming invoice'];
  const whole = isUpcoming ? { ...subject, id: 'upcoming_in_1' } : subject;
  return problems({ $ref: `#/components/schemas/${subject.object}` }, whole).map((problem) => `data.object.${problem}`);
}

function bodyParameters(operation: RawOperation): OracleParameter[] {
  const [content] = Object.values(operation.requestBody?.content ?? {});
  if (!content) return [];
  const { properties = {}, required = [] } = resolve(content.schema);
  return Object.entries(properties).map(([name, schema]) => {
    return { name, in: 'body', required: required.includes(name), schema: resolve(schema) };
  });
}

function resolved(parameter: Parameter): OracleParameter {
  return { name: parameter.name, in: parameter.in, required: parameter.required, schema: resolve(parameter.schema) };
}

function resolve(schema: Schema): Schema {
  return schema.$ref ? find(schema.$ref) : schema;
}

function find(reference: string): Schema {
  const found = oracle?.components.schemas[reference.replace('#/components/schemas/', '')];
  if (!found) throw new Error(`The oracle has no ${reference}`);
  return found;
}

const validators = new Map<string, ValidateFunction>();
let ajv: Ajv | undefined;

/** Compiles a schema at its first use: all of them together would take longer than most test files run. */
function validator(schema: Schema): ValidateFunction {
  ajv ??= newAjv();
  const key = schema.$ref ?? JSON.stringify(schema);
  const known = validators.get(key) ?? ajv.compile(withAbsoluteReferences(close(schema, find)));
  validators.set(key, known);
  return known;
}

function newAjv(): Ajv {
  const made = new Ajv({ strict: false, allErrors: true, verbose: true, inlineRefs: false });
  made.addFormat('decimal', /^-?\d+(\.\d+)?$/);
  made.addFormat('currency', /^[a-z]{3}$/);
  made.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  made.addFormat('binary', true);
  // Seconds: an instant in milliseconds would be a year past 5000.
  made.addFormat('unix-time', { type: 'number', validate: (time: number) => time >= 0 && time < 100_000_000_000 });
  const schemas = Object.entries(oracle!.components.schemas);
  made.addSchema({
    $id: 'oracle',
    components: { schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, close(schema, find)])) },
  });
  return made;
}

function withAbsoluteReferences(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"oracle#/components')) as object;
}

function problems(schema: Schema, value: unknown): string[] {
  const validate = validator(schema);
  if (validate(value)) return [];
  // `if` says only that a branch failed; what failed in it is told beside.
  const errors = (validate.errors ?? []).filter((error) => error.keyword !== 'if');
  const keys = [
    ...keyProblems(errors, 'required', 'missingProperty', 'lacks'),
    ...keyProblems(errors, 'additionalProperties', 'additionalProperty', 'must not have'),
  ];
  const values = errors.filter((error) => error.keyword !== 'required' && error.keyword !== 'additionalProperties');
  const lines = [...new Set([...keys, ...values.map(valueProblem)])];
  return lines.length > MAX_PROBLEMS
    ? [...lines.slice(0, MAX_PROBLEMS), `and ${lines.length - MAX_PROBLEMS} more`]
    : lines;
}

/** One line an object for all the keys that it lacks, and one for all that it has too many. */
function keyProblems(errors: readonly ErrorObject[], keyword: string, param: string, verb: string): string[] {
  const objects = Map.groupBy(
    errors.filter((error) => error.keyword === keyword),
    (error) => error.instancePath,
  );
  return [...objects].map(([path, found]) => {
    return `${place(path)} ${verb} ${found.map((error) => error.params[param] as string).join(', ')}`;
  });
}

function valueProblem(error: ErrorObject): string {
  const allowed = error.params['allowedValues'] as unknown[] | undefined;
  const rule = allowed ? `must be one of ${allowed.slice(0, 12).join(', ')}` : error.message;
  return `${place(error.instancePath)} ${rule}, not ${JSON.stringify(error.data)?.slice(0, 80)}`;
}

function place(path: string): string {
  return (
    path
      .slice(1)
      .replaceAll(/(^|\/)(\d+)(?=\/|$)/g, '[$2]')
      .replaceAll('/', '.') || 'the answer'
  );
}
