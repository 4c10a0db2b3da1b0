import type { IncomingHttpHeaders } from 'node:http';
import type { Database } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { MAX_EXPAND_PATHS } from '../limits.ts';
import type { Account, Context } from './context.ts';
import type { Dialect } from './dialect.ts';
import { invalidKey, missingKey, misplacedToken, revokedKey, StripeError, unreadableRequest } from './errors.ts';
import { applyExpand, checkExpand, type ExpandTable } from './expand.ts';
import type { FormBranch } from './form.ts';
import { answerOf, hashRequest, type Keyed, once, replay } from './idempotency.ts';
import { findAnswer } from './idempotency.sql.ts';
import { canonicalInput, decodeInput, type Input, readInput } from './input.ts';
import { type JsonObject, toJson } from './json.ts';
import { parseJson } from './json_body.ts';
import { Problems } from './params.ts';
import { list, string } from './params.types.ts';
import { isSessionToken, readCredentials } from './credentials.ts';
import { runSteps } from './steps.ts';
import type {
  Answer,
  HandReadRoute,
  OperationRoute,
  PathIds,
  Route,
  SharedRoute,
  SteppedRoute,
  TextRoute,
} from './route.ts';

/** What a secret key opens: an account; `revoked` where it once did; undefined where it never did. */
export type FoundAccount = Account | 'revoked' | undefined;

/** What the pipeline needs of the rest of the program. */
export type Pipeline = {
  readonly database: Database;
  readonly expandTable: ExpandTable;
  /** Answers at once where it remembers. */
  readonly findAccount: (secretKey: string) => FoundAccount | Promise<FoundAccount>;
  /** The account of who comes with a session instead of a key; undefined without one. */
  readonly findVisitor?: (headers: IncomingHttpHeaders) => Promise<Account> | undefined;
  readonly now: () => Temporal.Instant;
};

/** A request of one route, with its text parts still undecoded. */
export type RawRequest = {
  readonly id: string;
  readonly dialect: Dialect;
  readonly method: string;
  readonly path: string;
  readonly ids: PathIds;
  readonly query: string;
  readonly body: string;
  readonly idempotencyKey: string | null;
  readonly baseUrl: string;
  /** As in `Context`. */
  readonly notify: (notice: string) => void;
};

const EXPAND = list(string({ max: 500 }), { max: MAX_EXPAND_PATHS });

/**
 * Whose request it is: what its route says, or else its secret key, or else the session that it comes with. Throws the
 * 401s, or rejects with them.
 */
export function authenticate(
  pipeline: Pipeline,
  route: Route | undefined,
  headers: IncomingHttpHeaders,
): Account | Promise<Account> {
  const credentials = readCredentials(headers.authorization);
  if (route?.authenticate !== undefined) return route.authenticate(credentials, pipeline.now());
  if (credentials === undefined) {
    const visitor = pipeline.findVisitor?.(headers);
    if (visitor === undefined) throw missingKey();
    return visitor;
  }
  if (isSessionToken(credentials)) throw misplacedToken();
  const found = pipeline.findAccount(credentials);
  return found instanceof Promise ? found.then((late) => opened(late, credentials)) : opened(found, credentials);
}

function opened(found: FoundAccount, secretKey: string): Account {
  if (found === undefined) throw invalidKey(secretKey);
  if (found === 'revoked') throw revokedKey(secretKey);
  return found;
}

/**
 * Answers a request: idempotency, then parameters, then the operation in one transaction, then expansion.
 * Throws StripeError for everything that is the caller's to mend.
 */
export async function answer(
  pipeline: Pipeline,
  account: Account,
  route: TextRoute,
  request: RawRequest,
): Promise<Answer> {
  const key = request.idempotencyKey;
  const context = contextOf(pipeline, account, request);
  if ('share' in route) return await answerShared(route, context, request);
  const input = readInput(request.dialect, request);
  const requestHash = key === null ? null : hashRequest(request.method, request.path, canonicalInput(input));
  if ('begin' in route) {
    const keyed = key === null || requestHash === null ? null : { key, requestHash };
    return await answerStepped(pipeline, route, context, { ids: request.ids, input, keyed });
  }
  const execute = (within: Context) => runOperation(pipeline, route, request.ids, input, within);
  if (request.method === 'GET') return { status: 200, body: await execute(context) };
  return await inTransaction(context.db, async (db) => {
    const inside = { ...context, db, now: pipeline.now() };
    if (key === null || requestHash === null) return { status: 200, body: await execute(inside) };
    return await once(inside, key, requestHash, () => execute(inside));
  });
}

type SteppedRequest = { readonly ids: PathIds; readonly input: Input; readonly keyed: Keyed | null };

/** Answers a request whose operation calls the outside between two transactions. */
async function answerStepped(
  pipeline: Pipeline,
  route: SteppedRoute<unknown>,
  context: Context,
  { ids, input, keyed }: SteppedRequest,
): Promise<Answer> {
  // Not at once: the key comes before all checks.
  const taken = () => takeExpand(input, (names) => checkExpand(names, route.answers, pipeline.expandTable));
  const tell = async (within: Context, view: JsonObject) =>
    toJson(await applyExpand(within, view, taken().paths, route.answers, pipeline.expandTable));
  return await runSteps(context, pipeline.now, keyed, {
    async begin(within) {
      const begun = await route.begin(within, decodeInput(route.params, taken().rest), ids);
      return 'next' in begun ? begun : { body: await tell(within, begun.answer) };
    },
    call: async (outside, next) => await route.call(outside, next),
    async end(within, next, called) {
      const ended = await route.end(within, next, called, decodeInput(route.params, taken().rest));
      return ended instanceof StripeError ? answerOf(ended) : { status: 200, body: await tell(within, ended) };
    },
  });
}

/** What a verb may know of its surroundings, outside any transaction. */
export function contextOf(
  pipeline: Pick<Pipeline, 'database' | 'now'>,
  account: Account,
  origin: Pick<RawRequest, 'id' | 'idempotencyKey' | 'dialect' | 'baseUrl'> & Partial<Pick<RawRequest, 'notify'>>,
): Context {
  const { id, idempotencyKey, dialect, baseUrl, notify } = origin;
  const request = { id, idempotencyKey, keys: dialect.keys, ...(notify === undefined ? {} : { notify }) };
  return { db: pipeline.database.kysely, account, now: pipeline.now(), baseUrl, request };
}

async function answerShared(
  route: SharedRoute<unknown> | HandReadRoute<unknown>,
  context: Context,
  request: RawRequest,
): Promise<Answer> {
  const { readParams, parameters } = readShared(route, request);
  const key = request.idempotencyKey;
  const requestHash = key === null ? null : hashRequest(request.method, request.path, parameters());
  try {
    return await route.share(context, readParams(), requestHash);
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.status >= 409 || key === null || requestHash === null)
      throw error;
    // The key comes before the checks: a retry gets its first answer even when it would be refused by now.
    const stored = await findAnswer(context, key);
    if (stored === undefined) throw error;
    return replay(stored, key, requestHash);
  }
}

/** How to decode the parameters, and the text that stands for them under an idempotency key. */
function readShared(
  route: SharedRoute<unknown> | HandReadRoute<unknown>,
  request: RawRequest,
): { readParams: () => unknown; parameters: () => string } {
  if ('readBody' in route) {
    const { body } = request;
    return { readParams: () => route.readBody(parseJson(body)), parameters: () => body };
  }
  const input = readInput(request.dialect, request);
  const rest = () => takeExpand(input, (paths) => checkExpand(paths, route.answers, {})).rest;
  return { readParams: () => decodeInput(route.params, rest()), parameters: () => canonicalInput(input) };
}

async function runOperation(
  pipeline: Pipeline,
  route: OperationRoute<unknown>,
  ids: PathIds,
  input: Input,
  context: Context,
): Promise<string> {
  const { paths, rest } = takeExpand(input, (names) => checkExpand(names, route.answers, pipeline.expandTable));
  const within = { ...context, request: { ...context.request, expand: paths } };
  const view = await route.handle(within, decodeInput(route.params, rest), ids);
  return toJson(await applyExpand(context, view, paths, route.answers, pipeline.expandTable));
}

/** Every v1 operation takes `expand`, so it is read here and not declared by each. The form itself stays as it is. */
function takeExpand(
  input: Input,
  check: (paths: readonly string[]) => void,
): { paths: readonly string[]; rest: Input } {
  const node = 'form' in input && input.takesExpand ? input.form.get('expand') : undefined;
  if (node === undefined || !('form' in input)) return { paths: [], rest: input };
  const form: FormBranch = new Map(input.form);
  form.delete('expand');
  const rest = { form, takesExpand: false };
  if (node === '') return { paths: [], rest };
  const problems = new Problems();
  const paths = EXPAND.decode(typeof node === 'string' ? new Map([['0', node]]) : node, 'expand', problems) ?? [];
  if (problems.first !== undefined) throw problems.first;
  check(paths);
  return { paths, rest };
}

/** Headers of the original that choose another account: refused, because acting on the wrong data is worse. */
export function refuseConnectHeaders(headers: Readonly<Record<string, unknown>>): void {
  for (const name of ['stripe-account', 'stripe-context']) {
    if (headers[name] !== undefined) {
      throw unreadableRequest(`The header ${name} is not served by Usance: a key opens exactly one account.`);
    }
  }
}
