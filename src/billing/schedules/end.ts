import type { Context } from '../../stripe/context.ts';
import type { CancelScheduleParams, ReleaseScheduleParams } from '../../subscriptions/schedule.params.ts';
import type { Schedule } from '../../subscriptions/schedule.ts';
import { canceledSchedule, keepSchedule } from '../../subscriptions/schedule_keep.ts';
import { refuseDone, requireSchedule } from '../../subscriptions/schedule_read.ts';
import { applyChange } from '../apply_change.ts';
import { giveUpUpdate } from '../pending_updates/discard.ts';
import { cancelSubscription } from '../cancel.ts';
import { holdToChange } from './advance.ts';
import { endingOf } from './phase.ts';

/**
 * Lets a schedule's subscription go on by itself, as it is; one that has none never begins. It does not end with the
 * schedule any more, unless that is asked for. Tells `subscription_schedule.updated` and `…released`, then
 * `customer.subscription.updated`. Throws for a schedule that is done.
 */
export async function releaseSchedule(
  requested: Context,
  id: string,
  params: ReleaseScheduleParams,
): Promise<Schedule> {
  const held = await holdToChange(requested, await requireSchedule(requested, id));
  const { context, schedule, subscription, customer } = held;
  refuseDone(schedule, 'release');
  const released: Schedule = {
    ...schedule,
    status: 'released',
    currentPhase: null,
    releasedAt: context.now,
    subscriptionId: null,
    releasedSubscriptionId: schedule.subscriptionId,
  };
  await keepSchedule(context, schedule, released, 'released');
  if (subscription === undefined) return released;
  const before = await giveUpUpdate(context, subscription, 'expired');
  const free = { ...before, scheduleId: null };
  const wanted =
    params.preserve_cancel_date === true ? free : endingOf({ ...schedule, endBehavior: 'release' }, free, context.now);
  await applyChange(context, null, {
    customer,
    before,
    wanted,
    behavior: 'create_prorations',
    anchor: 'unchanged',
    at: context.now,
  });
  return released;
}

/**
 * Cancels a schedule with its subscription, at once. Unless it is asked otherwise, unused time is credited and a last
 * invoice bills what was used. Tells `subscription_schedule.updated` and `…canceled`, and what the subscription tells.
 * Throws for a schedule that is done.
 */
export async function cancelSchedule(requested: Context, id: string, params: CancelScheduleParams): Promise<Schedule> {
  const held = await holdToChange(requested, await requireSchedule(requested, id));
  const { context, schedule, subscription } = held;
  refuseDone(schedule, 'cancel');
  if (subscription === undefined) {
    return await keepSchedule(context, schedule, canceledSchedule(schedule, context.now), 'canceled');
  }
  const { invoice_now: invoiceNow = true, prorate = true } = params;
  await cancelSubscription(requested, subscription.id, { invoice_now: invoiceNow, prorate });
  return await requireSchedule(context, id);
}
