import type { Account, Context } from './context.ts';
import type { StripeError } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { ParamType } from './params.ts';

/** What an operation answers: one object, a list or what a search found of them, or `{}`. The name is the `object` field. */
export type Answers =
  | { readonly object: string }
  | { readonly list: string }
  | { readonly search: string }
  | { readonly nothing: true };

/** A finished answer: `body` is JSON text. `original` is the request that first gave it, when it is a replay. */
export type Answer = {
  readonly status: number;
  readonly body: string;
  readonly original?: string;
  readonly shouldRetry?: boolean;
};

type RouteBase<P> = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As in the reference, with the ids as `:name`. */
  readonly path: string;
  readonly answers: Answers;
  readonly params: ParamType<P>;
  /**
   * Whose request it is, where something other than a secret key tells so: takes the credentials of the Authorization
   * header, and throws the 401s.
   */
  readonly authenticate?: (credentials: string | undefined, now: Temporal.Instant) => Promise<Account>;
};

/** Ids of the path by name. */
export type PathIds = Readonly<Record<string, string>>;

/** An operation that runs in the request's own transaction (POST, DELETE) or without one (GET). */
export type OperationRoute<P> = RouteBase<P> & {
  handle(context: Context, params: P, ids: PathIds): Promise<JsonObject>;
};

/** What a stepped operation has come to: its answer, or what is still to be done, as text that outlives a crash. */
export type Begun = { readonly answer: JsonObject } | { readonly next: string };

/**
 * An operation that calls the outside, which never happens inside a transaction: it begins in one, calls between, and
 * ends in another. When the process dies on the way, the same request with the same Idempotency-Key goes on with `call`,
 * which must therefore do no harm when it is repeated.
 */
export type SteppedRoute<P> = RouteBase<P> & {
  /** In the first transaction. An error that is thrown undoes its changes. */
  begin(context: Context, params: P, ids: PathIds): Promise<Begun>;
  /** With no transaction open. */
  call(context: Context, next: string): Promise<unknown>;
  /** In the second transaction. An error that is returned leaves its changes in place, one that is thrown does not. */
  end(context: Context, next: string, called: unknown, params: P): Promise<JsonObject | StripeError>;
};

/** An operation that shares transactions with other requests, and therefore keeps idempotency itself. */
export type SharedRoute<P> = RouteBase<P> & {
  share(context: Context, params: P, requestHash: Buffer | null): Promise<Answer>;
};

/**
 * A shared operation of v2 that reads its JSON body by hand, because the declaration would cost too much for bodies of
 * that size; `params` then only tells what there is. An Idempotency-Key belongs to the text of such a body.
 */
export type HandReadRoute<P> = RouteBase<unknown> & {
  readBody(body: object): P;
  share(context: Context, params: P, requestHash: Buffer | null): Promise<Answer>;
};

/** A file as it comes over HTTP. */
export type Upload = {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: AsyncIterable<Buffer>;
};

/** An operation that takes a file of up to `maxBytes`. It has no transaction and no key: repeating it must be safe. */
export type UploadRoute = RouteBase<unknown> & {
  readonly maxBytes: number;
  receive(context: Context, upload: Upload): Promise<JsonObject>;
};

/** Routes whose request is text that is decoded before anything is done. */
export type TextRoute = OperationRoute<unknown> | SteppedRoute<unknown> | SharedRoute<unknown> | HandReadRoute<unknown>;

export type Route = TextRoute | UploadRoute;

/** A row of a resource's routes; it only forgets the type of the parameters, which `params` proves at run time. */
export function route<P>(
  row: OperationRoute<P> | SteppedRoute<P> | SharedRoute<P> | HandReadRoute<P> | UploadRoute,
): Route {
  return row;
}
