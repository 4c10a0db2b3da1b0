import { recurrenceOf } from '../catalog/price.ts';
import { setOut, type TestClock } from '../clocks/clock.ts';
import { type ClockKey, findOutlived, lockClock, lockClockAlone, updateClock } from '../clocks/clock.sql.ts';
import { viewDeletedClock } from '../clocks/clock.view.ts';
import { tellClock } from '../clocks/create.ts';
import { removeAllOnClock } from '../clocks/due_work.sql.ts';
import type { ClockLimits } from '../config.ts';
import { findIdsOnClock } from '../customers/customer.sql.ts';
import type { Queryable } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { findAccounts } from '../accounts/account.sql.ts';
import { queueJob } from '../jobs/queue.ts';
import { backgroundContext, type Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing, type StripeError } from '../stripe/errors.ts';
import { findActiveOnClock } from '../subscriptions/subscription.sql.ts';
import { toUnix } from '../time/instant.ts';
import { compareRecurrence, periodContaining, type Recurrence } from '../time/period.ts';
import { deleteCustomerWithSubscriptions } from './cancel.ts';
import { watchClock } from './watch_usage.ts';

/** The job that wakes the processes which move clocks. */
export const ADVANCE_JOB = 'advance-test-clocks';

/**
 * Sends a clock on its way and tells `test_helpers.test_clock.advancing`; the work is done after the answer. Throws when
 * the clock is on its way already, has broken down, or the target is not ahead or too far ahead.
 */
export async function advanceClock(
  context: Context,
  id: string,
  targetAt: Temporal.Instant,
  limits: ClockLimits,
): Promise<TestClock> {
  const clock = await lockClockAlone(context, id);
  if (clock === undefined) throw resourceMissing('test_clock', id);
  if (clock.status === 'advancing') throw invalidRequest(`The test clock ${id} is advancing. Wait until it is ready.`);
  if (clock.status === 'internal_failure') {
    throw invalidRequest(`The test clock ${id} has failed and can not be advanced any more. Delete it and start anew.`);
  }
  if (Temporal.Instant.compare(targetAt, clock.frozenAt) <= 0) throw notAhead(clock);
  await refuseTooFar(context, clock, targetAt, limits);
  const advancing = setOut(clock, targetAt);
  await updateClock(context, advancing);
  await watchClock(context.db, context.account.id, clock);
  await tellClock(context, advancing, 'advancing');
  await queueJob(context.db, ADVANCE_JOB);
  return advancing;
}

/** Deletes a clock with all customers on it, whose subscriptions end; also while it advances. Throws resource_missing. */
export async function deleteClock(context: Context, id: string) {
  const clock = await lockClock(context, id);
  if (clock === undefined) throw resourceMissing('test_clock', id);
  const stopped = clock.status === 'advancing' ? { ...clock, status: 'ready' as const, targetAt: null } : clock;
  await updateClock(context, { ...stopped, deletedAt: context.now });
  for (const customer of await findIdsOnClock(context, id)) await deleteCustomerWithSubscriptions(context, customer);
  await removeAllOnClock(context, id);
  await tellClock(context, stopped, 'deleted');
  return viewDeletedClock(id);
}

/** Deletes the clocks of all accounts whose days are over. */
export async function deleteOutlivedClocks(db: Queryable, now: Temporal.Instant, baseUrl: string): Promise<void> {
  const outlived = await findOutlived(db, now);
  const accounts = await findAccounts(db, [...new Set(outlived.map(({ accountId }) => accountId))]);
  for (const { accountId, clockId } of outlived) {
    const account = accounts.get(accountId);
    if (account !== undefined) await deleteOutlived(backgroundContext(db, account, now, baseUrl), clockId);
  }
}

async function deleteOutlived(background: Context, clockId: ClockKey['clockId']): Promise<void> {
  await inTransaction(background.db, async (db) => {
    const context = { ...background, db };
    // Somebody may have deleted it since the look.
    if ((await lockClock(context, clockId)) !== undefined) await deleteClock(context, clockId);
  });
}

/** Stripe's rule: two intervals of the shortest subscription, or two years where there is none. */
async function refuseTooFar(
  context: Context,
  clock: TestClock,
  targetAt: Temporal.Instant,
  limits: ClockLimits,
): Promise<void> {
  const subscriptions = await findActiveOnClock(context, clock.id);
  const recurrences = subscriptions.flatMap(({ items }) => items.map((item) => recurrenceOf(item.price)));
  const [shortest] = recurrences.filter((recurrence) => recurrence !== null).sort(compareRecurrence);
  const count = shortest === undefined ? limits.years : limits.intervals;
  if (count === Infinity) return;
  const furthest = after(clock.frozenAt, shortest ?? { interval: 'year', intervalCount: 1 }, count);
  if (Temporal.Instant.compare(targetAt, furthest) > 0) throw tooFar(furthest, shortest, count);
}

function after(start: Temporal.Instant, { interval, intervalCount }: Recurrence, times: number): Temporal.Instant {
  return periodContaining(start, { interval, intervalCount: intervalCount * times }, start).end;
}

function notAhead({ frozenAt }: TestClock): StripeError {
  return invalidRequest(
    `A test clock only moves forward: frozen_time must be after the clock's current frozen_time, ${toUnix(frozenAt)}.`,
    'frozen_time',
  );
}

function tooFar(furthest: Temporal.Instant, shortest: Recurrence | undefined, count: number): StripeError {
  const reach =
    shortest === undefined
      ? `${count} years from its frozen_time, as it has no subscription`
      : `${count} intervals of its shortest subscription from its frozen_time`;
  return invalidRequest(
    `A test clock can be advanced by at most ${reach}: frozen_time must be at most ${toUnix(furthest)}. Advance it in several steps, or see USANCE_CLOCK_INTERVALS and USANCE_CLOCK_YEARS.`,
    'frozen_time',
  );
}
