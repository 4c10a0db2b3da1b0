import { recordEvent } from '../events/record.ts';
import { TEST_CLOCK_DAYS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import type { TestClock } from './clock.ts';
import type { CreateClockParams } from './clock.params.ts';
import { insertClock } from './clock.sql.ts';
import { viewClock } from './clock.view.ts';

/** Creates a clock that stands at any time, past or future, and tells so. Live accounts have no clocks. */
export async function createClock(context: Context, params: CreateClockParams): Promise<TestClock> {
  if (context.account.livemode) {
    throw invalidRequest('Test clocks exist in test accounts only. Use a test key, sk_test_…, instead of a live one.');
  }
  const clock: TestClock = {
    id: newId('testClock'),
    name: params.name ?? null,
    status: 'ready',
    frozenAt: params.frozen_time,
    targetAt: null,
    deletesAfter: context.now.add({ hours: 24 * TEST_CLOCK_DAYS }),
    createdAt: context.now,
    deletedAt: null,
  };
  await insertClock(context, clock);
  await tellClock(context, clock, 'created');
  return clock;
}

/** Records what became of a clock, at the time that it shows: among the events of what is on it. */
export async function tellClock(
  context: Context,
  clock: TestClock,
  what: 'advancing' | 'created' | 'deleted' | 'internal_failure' | 'ready',
): Promise<void> {
  const then = { ...context, now: clock.frozenAt };
  await recordEvent(then, `test_helpers.test_clock.${what}`, viewClock(context, clock));
}
