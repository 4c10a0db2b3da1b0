import type { Database } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { MAX_EXPAND_PATHS } from '../limits.ts';
import type { Account, Context } from './context.ts';
import { invalidKey, missingKey, revokedKey, StripeError, unreadableRequest } from './errors.ts';
import { applyExpand, checkExpand, type ExpandTable } from './expand.ts';
import { decodeForm, type FormBranch } from './form.ts';
import { hashRequest, once, replay } from './idempotency.ts';
import { findAnswer } from './idempotency.sql.ts';
import { toJson } from './json.ts';
import { decodeParams, Problems } from './params.ts';
import { list, string } from './params.types.ts';
import { readSecretKey } from './credentials.ts';
import type { Answer, OperationRoute, PathIds, Route, SharedRoute } from './route.ts';

/** What the pipeline needs of the rest of the program. */
export type Pipeline = {
  readonly database: Database;
  readonly expandTable: ExpandTable;
  /** The account of a secret key; `revoked` for one that was; undefined for one that never was. */
  readonly findAccount: (secretKey: string) => Promise<Account | 'revoked' | undefined>;
  readonly now: () => Temporal.Instant;
};

/** A request of one route, with its text parts still undecoded. */
export type RawRequest = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly ids: PathIds;
  /** Query string and body as form text. */
  readonly form: string;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | null;
};

const EXPAND = list(string({ max: 500 }), { max: MAX_EXPAND_PATHS });

/** Whose request it is. Throws the 401s. */
export async function authenticate(pipeline: Pipeline, authorization: string | undefined): Promise<Account> {
  const key = readSecretKey(authorization);
  if (key === undefined) throw missingKey();
  const account = await pipeline.findAccount(key);
  if (account === undefined) throw invalidKey(key);
  if (account === 'revoked') throw revokedKey(key);
  return account;
}

/**
 * Answers a request: idempotency, then parameters, then the operation in one transaction, then expansion.
 * Throws StripeError for everything that is the caller's to mend.
 */
export async function answer(pipeline: Pipeline, account: Account, route: Route, request: RawRequest): Promise<Answer> {
  const form = decodeForm(request.form);
  const key = request.idempotencyKey;
  const requestHash = key === null ? null : hashRequest(request.method, request.path, form);
  const contextOn = (db: Context['db']): Context => ({
    db,
    account,
    now: pipeline.now(),
    request: { id: request.id, idempotencyKey: key },
  });
  const { kysely } = pipeline.database;
  if ('share' in route) return await answerShared(route, contextOn(kysely), form, requestHash);
  const execute = (context: Context) => runOperation(pipeline, route, request.ids, form, context);
  if (request.method === 'GET') return { status: 200, body: await execute(contextOn(kysely)) };
  return await inTransaction(kysely, async (transaction) => {
    const context = contextOn(transaction);
    if (key === null || requestHash === null) return { status: 200, body: await execute(context) };
    return await once(context, key, requestHash, () => execute(context));
  });
}

async function answerShared(
  route: SharedRoute<unknown>,
  context: Context,
  form: FormBranch,
  requestHash: Buffer | null,
): Promise<Answer> {
  try {
    const { rest } = takeExpand(form, (paths) => checkExpand(paths, route.answers, {}));
    return await route.share(context, decodeParams(route.params, rest), requestHash);
  } catch (error) {
    const key = context.request.idempotencyKey;
    if (!(error instanceof StripeError) || error.fields.status >= 409 || key === null || requestHash === null)
      throw error;
    // The key comes before the checks: a retry gets its first answer even when it would be refused by now.
    const stored = await findAnswer(context, key);
    if (stored === undefined) throw error;
    return replay(stored, key, requestHash);
  }
}

async function runOperation(
  pipeline: Pipeline,
  route: OperationRoute<unknown>,
  ids: PathIds,
  form: FormBranch,
  context: Context,
): Promise<string> {
  const { paths, rest } = takeExpand(form, (names) => checkExpand(names, route.answers, pipeline.expandTable));
  const view = await route.handle(context, decodeParams(route.params, rest), ids);
  return toJson(await applyExpand(context, view, paths, route.answers, pipeline.expandTable));
}

/** Every v1 operation takes `expand`, so it is read here and not declared by each. The form itself stays as it is. */
function takeExpand(
  form: FormBranch,
  check: (paths: readonly string[]) => void,
): { paths: readonly string[]; rest: FormBranch } {
  const node = form.get('expand');
  if (node === undefined) return { paths: [], rest: form };
  const rest = new Map(form);
  rest.delete('expand');
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
