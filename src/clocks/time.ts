import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import { findClocks, holdClock } from './clock.sql.ts';

/**
 * The one answer to "what time is it for this customer": the context with `now` as of the customer's clock, or as it is
 * for a customer in wall time. Every verb that changes something of a customer starts here, after its locks; it throws
 * while the clock advances, and the clock does not set out before the verb has ended.
 */
export async function atTimeOf(context: Context, testClockId: string | null): Promise<Context> {
  if (testClockId === null) return context;
  const clock = await holdClock(context, testClockId);
  if (clock.status === 'advancing') throw clockAdvancing();
  return { ...context, now: clock.frozenAt };
}

/** The same of what also goes on while the clock advances: nothing is held, and nothing thrown. */
export async function atTimeOnTheWay(context: Context, testClockId: string | null): Promise<Context> {
  const [clock] = testClockId === null ? [] : await findClocks(context, [testClockId]);
  return clock === undefined ? context : { ...context, now: clock.frozenAt };
}

/** What is on a clock can't be changed while work is being done there: it passes by itself. */
export function clockAdvancing(): StripeError {
  return new StripeError({
    status: 429,
    code: 'lock_timeout',
    shouldRetry: true,
    beforeExecution: true,
    message: 'The test clock of this customer is advancing. Please try again when its status is ready.',
  });
}
