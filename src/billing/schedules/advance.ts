import { setDue } from '../../clocks/due_work.sql.ts';
import { atTimeOf } from '../../clocks/time.ts';
import { lockLivingCustomer } from '../../customers/write.ts';
import type { Customer } from '../../customers/customer.ts';
import { recordEvent } from '../../events/record.ts';
import { checkNoneOnItsWay } from '../../invoices/open_payment.ts';
import type { Context } from '../../stripe/context.ts';
import { StripeError } from '../../stripe/errors.ts';
import { keepUpdate } from '../../subscriptions/keep.ts';
import { findSchedules, lockSchedules } from '../../subscriptions/schedule.sql.ts';
import { isUnderWay, nextStepAt, renewedPhases, type Schedule } from '../../subscriptions/schedule.ts';
import { canceledSchedule, keepSchedule, planSchedule } from '../../subscriptions/schedule_keep.ts';
import { viewSchedule } from '../../subscriptions/schedule.view.ts';
import { findSubscription, lockSubscription } from '../../subscriptions/subscription.sql.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import { discardUpdate } from '../pending_updates/discard.ts';
import { beginSchedule } from './begin.ts';
import { enterPhase } from './enter.ts';

/** A schedule that may have to go on, and its customer, who is locked. */
type Due = { readonly customer: Customer; readonly objectId: string };

/**
 * Takes schedules a step further: their subscription begins, enters the next phase, or is at the end of the last. What a
 * schedule does it does as of the time that was planned, also where somebody comes to it a little later, so that phases
 * and periods that end together stay together.
 */
export async function advanceSchedules(context: Context, due: readonly Due[]): Promise<void> {
  for (const each of due) await advance(context, each);
}

async function advance(context: Context, { customer, objectId }: Due): Promise<void> {
  const held = await holdSchedule(context, objectId);
  if (held === undefined || !isUnderWay(held.schedule)) return;
  const { schedule } = held;
  const at = nextStepAt(schedule);
  if (at === null) return;
  // Somebody put it off between the look and the lock.
  if (Temporal.Instant.compare(at, context.now) > 0) return await planSchedule(context, schedule);
  const then = { ...context, now: at };
  // A phase that begins gives up what is pending; while that is being paid, it waits.
  const subscription = held.subscription && (await discardUpdate(then, held.subscription, 'expired'));
  if (subscription === null) return await putOff(context, customer, objectId);
  if (subscription === undefined) return await begin(then, customer, schedule);
  const next = (schedule.currentPhase ?? 0) + 1;
  if (next < schedule.phases.length) return await enter(then, customer, { schedule, subscription }, schedule.phases);
  if (schedule.endBehavior !== 'renew') return await complete(then, schedule, subscription);
  await enter(then, customer, { schedule, subscription }, renewedPhases(schedule));
}

/** A schedule and its subscription, both locked; undefined where there is none. */
async function holdSchedule(context: Context, id: string) {
  const [found] = await findSchedules(context, [id]);
  const subscriptionId = found?.subscriptionId ?? null;
  const subscription = subscriptionId === null ? undefined : await lockSubscription(context, subscriptionId);
  const [schedule] = await lockSchedules(context, [id]);
  return schedule && { schedule, subscription };
}

/**
 * The same of a request, in the customer's time and with the customer locked before. A step that is due is done first: in
 * wall time that happens a moment later, and what a request changes then is the next phase.
 */
export async function holdToChange(requested: Context, { id, customerId }: Pick<Schedule, 'id' | 'customerId'>) {
  const customer = await lockLivingCustomer(requested, customerId, 'id');
  const context = await atTimeOf(requested, customer.testClockId);
  await catchUp(context, customer, id);
  const held = await holdSchedule(context, id);
  if (held === undefined) throw new Error(`the schedule ${id} is gone`);
  return { ...held, customer, context };
}

/** Takes all steps of a schedule that are due; true where there was one. The customer is locked. */
export async function catchUp(context: Context, customer: Customer, objectId: string): Promise<boolean> {
  for (let steps = 0; ; steps++) {
    const [schedule] = await findSchedules(context, [objectId]);
    const at = schedule && isUnderWay(schedule) ? nextStepAt(schedule) : null;
    if (at === null || Temporal.Instant.compare(at, context.now) > 0) return steps > 0;
    await refuseWhilePaid(context, schedule?.subscriptionId ?? null);
    await advance(context, { customer, objectId });
  }
}

/** Throws while what is pending for a subscription is being paid, so that a phase can't begin. */
async function refuseWhilePaid(context: Context, subscriptionId: string | null): Promise<void> {
  const subscription = subscriptionId === null ? undefined : await findSubscription(context, subscriptionId);
  const update = subscription?.pendingUpdate ?? null;
  if (update !== null) await checkNoneOnItsWay(context, update.invoiceId);
}

/** Begins the subscription; a schedule whose subscription can't begin any more is canceled, and tells so. */
async function begin(context: Context, customer: Customer, schedule: Schedule): Promise<void> {
  try {
    await beginSchedule(context, customer, schedule, { before: schedule });
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    await keepSchedule(context, schedule, canceledSchedule(schedule, context.now), 'canceled');
  }
}

async function putOff(context: Context, { id: customerId, testClockId }: Customer, objectId: string): Promise<void> {
  const dueAt = context.now.add({ minutes: 1 });
  await setDue(context, { kind: 'advance_schedule', objectId, customerId, testClockId, dueAt });
}

type Led = { readonly schedule: Schedule; readonly subscription: Subscription };

async function enter(
  context: Context,
  customer: Customer,
  { schedule, subscription }: Led,
  phases: Schedule['phases'],
): Promise<void> {
  const entered: Schedule = { ...schedule, phases, currentPhase: (schedule.currentPhase ?? 0) + 1 };
  await keepSchedule(context, schedule, entered);
  await enterPhase(context, { customer, subscription, schedule: entered });
}

/** The last phase is over: the subscription is released and goes on by itself, unless it ends by itself now. */
async function complete(context: Context, schedule: Schedule, subscription: Subscription): Promise<void> {
  const isReleased = schedule.endBehavior === 'release';
  const completed: Schedule = {
    ...schedule,
    status: 'completed',
    currentPhase: null,
    completedAt: context.now,
    subscriptionId: isReleased ? null : schedule.subscriptionId,
    releasedAt: isReleased ? context.now : null,
    releasedSubscriptionId: isReleased ? schedule.subscriptionId : null,
  };
  await keepSchedule(context, schedule, completed, 'completed');
  if (schedule.endBehavior === 'cancel') return;
  await keepUpdate(context, subscription, { ...subscription, scheduleId: null });
}

/** Tells of schedules that will be over in a week. */
export async function tellExpiring(context: Context, due: readonly Due[]): Promise<void> {
  for (const { objectId } of due) {
    const [schedule] = await findSchedules(context, [objectId]);
    if (schedule === undefined || !isUnderWay(schedule)) continue;
    await recordEvent(context, 'subscription_schedule.expiring', await viewSchedule(context, schedule));
  }
}
