import { IDEMPOTENCY_KEY_HOURS, V2_IDEMPOTENCY_KEY_HOURS } from '../limits.ts';
import type { ErrorAnswer, StripeError } from './errors.ts';
import { tellInV2 } from './errors.v2.ts';

/** What an idempotency key means, by the path that it was used on. */
export type KeyRules = {
  /** Other methods change nothing or may be sent twice anyway: their key is ignored. */
  readonly methods: readonly string[];
  /** The answer is kept for at least so long. */
  readonly hours: number;
  /** v1 answers a failed request again as it did; v2 runs it again. */
  readonly replaysFailures: boolean;
};

/** What differs between paths under `/v2/` and all others. How parameters are written: see `input.ts`. */
export type Dialect = {
  readonly name: 'v1' | 'v2';
  /** The type of a body; an empty one needs none. */
  readonly contentType: string;
  readonly keys: KeyRules;
  /** How an error is answered. */
  tell(error: StripeError): ErrorAnswer;
};

export const V1: Dialect = {
  name: 'v1',
  contentType: 'application/x-www-form-urlencoded',
  keys: { methods: ['POST'], hours: IDEMPOTENCY_KEY_HOURS, replaysFailures: true },
  tell: (error) => ({ status: error.fields.status, body: error.body, shouldRetry: error.fields.shouldRetry }),
};

const V2: Dialect = {
  name: 'v2',
  contentType: 'application/json',
  keys: { methods: ['POST', 'DELETE'], hours: V2_IDEMPOTENCY_KEY_HOURS, replaysFailures: false },
  tell: tellInV2,
};

/** The dialect of a path, also of one that no route has. */
export function dialectOf(path: string): Dialect {
  return path.startsWith('/v2/') ? V2 : V1;
}
