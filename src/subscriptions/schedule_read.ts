import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import type { EndingParams } from './ending.ts';
import { findSchedules } from './schedule.sql.ts';
import { isUnderWay, type Schedule } from './schedule.ts';
import type { Subscription } from './subscription.ts';

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

/** Throws where a request would move the end of a subscription whose schedule says when it ends. */
export function refuseOwnEnding({ scheduleId }: Pick<Subscription, 'scheduleId'>, params: EndingParams): void {
  if (scheduleId === null || (params.cancel_at === undefined && params.cancel_at_period_end !== true)) return;
  throw invalidRequest(
    `The subscription is managed by the subscription schedule \`${scheduleId}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
    params.cancel_at === undefined ? 'cancel_at_period_end' : 'cancel_at',
  );
}
