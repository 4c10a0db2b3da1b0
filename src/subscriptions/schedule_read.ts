import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { findSchedules } from './schedule.sql.ts';
import { isUnderWay, type Schedule } from './schedule.ts';

/** A schedule, done or not. Throws resource_missing. */
export async function requireSchedule(context: Context, id: string, param = 'id'): Promise<Schedule> {
  const [schedule] = await findSchedules(context, [id]);
  if (schedule === undefined) throw resourceMissing('subscription_schedule', id, param);
  return schedule;
}

/** Throws for a schedule that has nothing more to do. */
export function refuseDone(schedule: Schedule, verb: 'cancel' | 'release' | 'update'): void {
  if (isUnderWay(schedule)) return;
  throw invalidRequest(
    `You cannot ${verb} a subscription schedule that is currently in the \`${schedule.status}\` status. It must be in the \`not_started\` or \`active\` status.`,
  );
}
