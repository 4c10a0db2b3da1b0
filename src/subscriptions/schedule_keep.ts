import { setAllDue } from '../clocks/due_work.sql.ts';
import { recordEvent, recordEvents } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { findScheduledIds, insertSchedule, lockSchedules, updateSchedules } from './schedule.sql.ts';
import { expiringAt, nextStepAt, type Schedule } from './schedule.ts';
import { viewSchedule } from './schedule.view.ts';

/** How a schedule ends: each tells an event of its own after the update. */
export type ScheduleEnding = 'aborted' | 'canceled' | 'completed' | 'released';

/** Stores a new schedule with when it goes on, and tells `subscription_schedule.created`. */
export async function storeSchedule(context: Context, schedule: Schedule): Promise<void> {
  await insertSchedule(context, schedule);
  await planSchedule(context, schedule);
  await recordEvent(context, 'subscription_schedule.created', await viewSchedule(context, schedule));
}

/** Stores a change of a locked schedule; tells `subscription_schedule.updated`, then how it ended, where it has. */
export async function keepSchedule(
  context: Context,
  before: Schedule,
  after: Schedule,
  ending?: ScheduleEnding,
): Promise<Schedule> {
  await updateSchedules(context, [after]);
  await planSchedule(context, after);
  const object = await viewSchedule(context, after);
  await recordEvents(context, [
    { type: 'subscription_schedule.updated', object, before: await viewSchedule(context, before) },
    ...(ending === undefined ? [] : [{ type: `subscription_schedule.${ending}`, object }]),
  ]);
  return after;
}

/** Sets when a schedule goes on and when its end is told ahead, by what it is now. */
export async function planSchedule(context: Context, schedule: Schedule): Promise<void> {
  const { id: objectId, customerId, testClockId } = schedule;
  const of = { objectId, customerId, testClockId };
  const expiring = expiringAt(schedule);
  // What is less than a week away when it is planned is not told any more.
  const isAhead = expiring !== null && Temporal.Instant.compare(expiring, context.now) > 0;
  await setAllDue(context, [
    { ...of, kind: 'advance_schedule', dueAt: nextStepAt(schedule) },
    { ...of, kind: 'tell_schedule_expiring', dueAt: isAhead ? expiring : null },
  ]);
}

/** The schedule canceled. What it made of its subscription is for whoever ends that. */
export function canceledSchedule(schedule: Schedule, now: Temporal.Instant): Schedule {
  return { ...schedule, status: 'canceled', currentPhase: null, canceledAt: now };
}

/** Cancels the schedules of a locked customer that wait for their start; those of its subscriptions end with these. */
export async function cancelWaiting(context: Context, customerId: string): Promise<void> {
  const waiting = await lockSchedules(context, await findScheduledIds(context, customerId));
  for (const schedule of waiting) {
    await keepSchedule(context, schedule, canceledSchedule(schedule, context.now), 'canceled');
  }
}
