import { hash } from 'node:crypto';
import { brokenConstraint, inSavepoint } from '../db/transaction.ts';
import { MAX_IDEMPOTENCY_KEY_CHARACTERS } from '../limits.ts';
import { type Context, requestIdOf } from './context.ts';
import { idempotencyInUse, idempotencyMismatch, StripeError, unreadableRequest } from './errors.ts';
import type { KeyRules } from './dialect.ts';
import { BEGUN, findAnswer, lockKey, type StoredAnswer, storeAnswer, storeEnd, tryLockKey } from './idempotency.sql.ts';
import type { Answer } from './route.ts';

/** The header's key, or null. Throws when it is empty or longer than 255 characters. */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (header === '' || header.length > MAX_IDEMPOTENCY_KEY_CHARACTERS) {
    throw unreadableRequest(`Invalid Idempotency-Key: it must have 1 to ${MAX_IDEMPOTENCY_KEY_CHARACTERS} characters.`);
  }
  return header;
}

/** What "the same request" means: method, path and parameters, whose text is `canonicalInput`. */
export function hashRequest(method: string, path: string, parameters: string): Buffer {
  return hash('sha256', `${method} ${path}\n${parameters}`, 'buffer');
}

/** The stored answer as a replay. Throws idempotency_error when it belongs to a request with other parameters. */
export function replay(stored: StoredAnswer, key: string, requestHash: Buffer): Answer {
  if (!stored.requestHash.equals(requestHash)) throw idempotencyMismatch(key);
  const answer = { status: stored.status, body: stored.body, original: stored.requestId };
  // A replayed failure is the same for ever.
  return stored.status < 400 ? answer : { ...answer, shouldRetry: false };
}

/**
 * Runs `execute` at most once for a key, inside the request's transaction: the answer is stored with the changes it
 * tells of. A replay answers the first answer; a key in use by a running request answers 409 at once. An executed
 * failure undoes its changes; in v1 it is stored too, in v2 it is thrown and the next request runs. Errors found before
 * execution are not stored.
 */
export async function once(
  context: Context,
  key: string,
  requestHash: Buffer,
  execute: () => Promise<string>,
): Promise<Answer> {
  if (!(await tryLockKey(context, key))) throw idempotencyInUse(key);
  const stored = await findAnswer(context, key);
  if (stored !== undefined) return replay(stored, key, requestHash);
  const answer = context.request.keys.replaysFailures
    ? await attempt(context, execute)
    : { status: 200, body: await execute() };
  await store(context, key, requestHash, answer);
  return answer;
}

/** The key of a stepped request and the hash of what it asks. */
export type Keyed = {
  readonly key: string;
  readonly requestHash: Buffer;
  /** A repetition waits for a first request that is running, and is not refused. */
  readonly waits?: true;
};

/** What the first transaction of a stepped request came to: an answer as JSON text, or how to go on. */
export type BegunText = { readonly body: string } | { readonly next: string };

/**
 * Runs the first transaction of a stepped request at most once for a key. A repetition goes on where the first request
 * was left, so the answer is how to go on, or the answer of all. Throws as `once`.
 */
export async function beginOnce(
  context: Context,
  { key, requestHash, waits }: Keyed,
  begin: () => Promise<BegunText>,
): Promise<Answer | { readonly next: string }> {
  if (waits === true) await lockKey(context, key);
  else if (!(await tryLockKey(context, key))) throw idempotencyInUse(key);
  const stored = await findAnswer(context, key);
  if (stored?.status === BEGUN && stored.requestHash.equals(requestHash)) return { next: stored.body };
  if (stored !== undefined) return replay(stored, key, requestHash);
  let next: string | undefined;
  const answer = await attempt(context, async () => {
    const begun = await begin();
    if ('body' in begun) return begun.body;
    return (next = begun.next);
  });
  const isBegun = next !== undefined && answer.status === 200;
  await store(context, key, requestHash, isBegun ? { status: BEGUN, body: answer.body } : answer);
  return isBegun ? { next: answer.body } : answer;
}

/**
 * Ends a stepped request at most once for its key, whoever of several repetitions comes first. What was called can't be
 * undone, so it waits for the key.
 */
export async function endOnce(
  context: Context,
  { key, requestHash }: Keyed,
  end: () => Promise<Answer>,
): Promise<Answer> {
  await lockKey(context, key);
  const stored = await findAnswer(context, key);
  if (stored !== undefined && stored.status !== BEGUN) return replay(stored, key, requestHash);
  const answer = await end();
  await storeEnd(context, key, answer);
  return answer;
}

async function store(context: Context, key: string, requestHash: Buffer, answer: Answer): Promise<void> {
  const { keys } = context.request;
  const requestId = requestIdOf(context);
  try {
    const { status, body } = answer;
    await storeAnswer(context, key, { requestHash, status, body, requestId }, keyExpiry(keys, context.now));
  } catch (error) {
    // The batched ingest of meter events takes keys without the lock; its row then stands in our way here.
    if (brokenConstraint(error) === 'idempotency_keys_pkey') throw idempotencyInUse(key);
    throw error;
  }
}

/** Until when an answer that is given now is kept under its key. In milliseconds, which takes a third of `add`. */
function keyExpiry(keys: KeyRules, now: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(now.epochMilliseconds + keys.hours * 3_600_000);
}

async function attempt(context: Context, execute: () => Promise<string>): Promise<Answer> {
  try {
    return { status: 200, body: await inSavepoint(context.db, execute) };
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.beforeExecution === true) throw error;
    return answerOf(error);
  }
}

/** An error as an answer that can be stored. */
export function answerOf(error: StripeError): Answer {
  const { status, shouldRetry } = error.fields;
  return { status, body: JSON.stringify(error.body), ...(shouldRetry === undefined ? {} : { shouldRetry }) };
}
