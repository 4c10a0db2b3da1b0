import type { Queryable } from '../db/pool.ts';
import type { KeyRules } from './dialect.ts';

/** A data space: live or test, opened by its keys. */
export type Account = {
  readonly id: string;
  readonly name: string;
  readonly livemode: boolean;
  readonly country: string;
  readonly defaultCurrency: string;
};

/** Everything a verb may know of its surroundings. `now` is the request's one instant. */
export type Context = {
  readonly db: Queryable;
  readonly account: Account;
  readonly now: Temporal.Instant;
  readonly request: {
    readonly id: string;
    readonly idempotencyKey: string | null;
    /** What a key means in the dialect of the request. */
    readonly keys: KeyRules;
    /** The paths of `expand`, which are carried out after the operation; a search counts only when they say so. */
    readonly expand?: readonly string[];
  };
};
