/** Classes of SQLSTATE that pass: no connection, no resources, the server stopping or starting. */
const PASSING_CLASSES = new Set(['08', '53', '57']);
/** Serialization failure and deadlock, when even the repetitions met one. */
const PASSING_STATES = new Set(['40001', '40P01']);
/** Our own statement timeout is of class 57, but would be met again. */
const QUERY_CANCELED = '57014';
const LOCK_NOT_AVAILABLE = '55P03';
/** ENOENT is the socket of a PostgreSQL that is away; a name server that is away with it answers EAI_AGAIN or ENOTFOUND. */
const PASSING_SYSTEM_ERRORS = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
/** What `pg` says without a code: of a connection that broke, of one that broke before, of one that was never made. */
const PASSING_MESSAGES =
  /Connection terminated|not queryable$|^timeout expired$|timeout exceeded when trying to connect|Cannot use a pool after/;

/**
 * What a failed query means to a caller: `unavailable` passes by itself and the same request may succeed later,
 * `lock_timeout` waited too long for a row that another request holds. Undefined: neither, it is our own mistake.
 */
export function passingFailure(error: unknown): 'unavailable' | 'lock_timeout' | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  const state = typeof code === 'string' ? code : '';
  if (state === LOCK_NOT_AVAILABLE) return 'lock_timeout';
  if (state === QUERY_CANCELED) return undefined;
  const passes =
    PASSING_CLASSES.has(state.slice(0, 2)) ||
    PASSING_STATES.has(state) ||
    PASSING_SYSTEM_ERRORS.has(state) ||
    PASSING_MESSAGES.test(error.message);
  return passes ? 'unavailable' : undefined;
}
