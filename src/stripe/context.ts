import assert from 'node:assert/strict';
import type { Queryable } from '../db/pool.ts';
import { type KeyRules, V1 } from './dialect.ts';

/** A data space: live or test, opened by its keys. */
export type Account = {
  readonly id: string;
  readonly name: string;
  readonly livemode: boolean;
  readonly country: string;
  readonly defaultCurrency: string;
  /** What the links to its documents are made with; never told. */
  readonly documentSecret: Buffer;
  /** The user of the dashboard who looks at it; absent where a key opened it. */
  readonly visitor?: { readonly id: string; readonly email: string };
};

/** Everything a verb may know of its surroundings. `now` is the request's one instant. */
export type Context = {
  readonly db: Queryable;
  readonly account: Account;
  readonly now: Temporal.Instant;
  /** Where people reach this server, without a slash at the end: the head of links to documents. */
  readonly baseUrl: string;
  readonly request: {
    /** Null: nobody asked for it; its time had come. */
    readonly id: string | null;
    readonly idempotencyKey: string | null;
    /** What a key means in the dialect of the request. */
    readonly keys: KeyRules;
    /** The paths of `expand`, which are carried out after the operation; a search counts only when they say so. */
    readonly expand?: readonly string[];
    /** Tells the client something beside the answer, in ASCII; a repetition under an idempotency key is not told again. */
    readonly notify?: (notice: string) => void;
  };
};

/** The surroundings of work that no request asked for; `baseUrl` as in `Context`. */
export function backgroundContext(db: Queryable, account: Account, now: Temporal.Instant, baseUrl: string): Context {
  return { db, account, now, baseUrl, request: { id: null, idempotencyKey: null, keys: V1.keys } };
}

/** The id of the request, where only requests come. */
export function requestIdOf({ request }: Context): string {
  assert(request.id !== null, 'this is done for requests only');
  return request.id;
}
