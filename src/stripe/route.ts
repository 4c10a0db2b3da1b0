import type { Context } from './context.ts';
import type { JsonObject } from './json.ts';
import type { ParamType } from './params.ts';

/** What an operation answers: one object, or a list of them. The name is the object's `object` field. */
export type Answers = { readonly object: string } | { readonly list: string };

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

export type Route = OperationRoute<unknown> | SharedRoute<unknown>;

/** A row of a resource's routes; it only forgets the type of the parameters, which `params` proves at run time. */
export function route<P>(row: OperationRoute<P> | SharedRoute<P>): Route {
  return row;
}
