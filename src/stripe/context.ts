import type { Queryable } from '../db/pool.ts';
import type { KeyRules } from './dialect.ts';

/** A data space: live or test, opened by its keys. */
export type Account = {
  readonly id: string;
  readonly name: string;
  readonly livemode: boolean;
  readonly country: string;
  readonly defaultCurrency: string;
  /** What the links to its documents are made with; never told. */
  readonly documentSecret: Buffer;
};

/** Everything a verb may know of its surroundings. `now` is the request's one instant. */
export type Context = {
  readonly db: Queryable;
  readonly account: Account;
  readonly now: Temporal.Instant;
  /** Where people reach this server, without a slash at the end: the head of links to documents. */
  readonly baseUrl: string;
  readonly request: {
    readonly id: string;
    readonly idempotencyKey: string | null;
    /** What a key means in the dialect of the request. */
    readonly keys: KeyRules;
  };
};
