import { inTransaction } from '../db/transaction.ts';
import type { Context } from './context.ts';
import { beginOnce, type BegunText, endOnce, type Keyed } from './idempotency.ts';
import type { Answer } from './route.ts';

/** The steps of an operation that calls the outside, as texts: those of `SteppedRoute` with what they read and tell. */
export type Steps = {
  /** In the first transaction. */
  begin(within: Context): Promise<BegunText>;
  /** With no transaction open; repeating it does no harm. */
  call(context: Context, next: string): Promise<unknown>;
  /** In the second transaction. */
  end(within: Context, next: string, called: unknown): Promise<Answer>;
};

/** Runs the steps, once for a key: a repetition goes on where the first was left, whatever died. */
export async function runSteps(
  context: Context,
  now: () => Temporal.Instant,
  keyed: Keyed | null,
  steps: Steps,
): Promise<Answer> {
  const begun = await inTransaction(context.db, async (db) => {
    const within = { ...context, db, now: now() };
    if (keyed !== null) return await beginOnce(within, keyed, () => steps.begin(within));
    const text = await steps.begin(within);
    return 'next' in text ? text : { status: 200, body: text.body };
  });
  if (!('next' in begun)) return begun;
  const called = await steps.call(context, begun.next);
  return await inTransaction(context.db, async (db) => {
    const within = { ...context, db, now: now() };
    const end = async () => await steps.end(within, begun.next, called);
    return keyed === null ? await end() : await endOnce(within, keyed, end);
  });
}
