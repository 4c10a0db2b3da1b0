import type { Account, Context } from './context.ts';
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
export type TextRoute = OperationRoute<unknown> | SharedRoute<unknown> | HandReadRoute<unknown>;

export type Route = TextRoute | UploadRoute;

/** A row of a resource's routes; it only forgets the type of the parameters, which `params` proves at run time. */
export function route<P>(row: OperationRoute<P> | SharedRoute<P> | HandReadRoute<P> | UploadRoute): Route {
  return row;
}
