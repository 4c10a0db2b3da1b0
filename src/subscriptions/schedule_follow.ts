import type { Context } from '../stripe/context.ts';
import { lockSchedules } from './schedule.sql.ts';
import { isUnderWay, type PhaseItem, phaseNow, type Schedule, splitPhase } from './schedule.ts';
import { canceledSchedule, keepSchedule } from './schedule_keep.ts';
import { hasEnded, type Subscription, type SubscriptionItem } from './subscription.ts';

/** A locked subscription as it was stored, and as it is to be. */
type Change = { readonly before: Subscription; readonly after: Subscription };

/**
 * What becomes of schedules when their subscriptions change otherwise than by them: with a subscription that has ended its
 * schedule is canceled (`aborted`, where nobody paid), with one that becomes flexible so does it, and with other items the current phase is split, so that the phases
 * tell what was billed when. The phases that follow stay as they were planned.
 */
export async function followSubscriptions(context: Context, changes: readonly Change[]): Promise<void> {
  const led = changes.filter(({ before, after }) => after.scheduleId !== null && concernsSchedule(before, after));
  if (led.length === 0) return;
  const ids = led.flatMap(({ after }) => after.scheduleId ?? []);
  const schedules = new Map((await lockSchedules(context, ids)).map((schedule) => [schedule.id, schedule]));
  for (const { after } of led) {
    const schedule = schedules.get(after.scheduleId ?? '');
    if (schedule !== undefined && isUnderWay(schedule)) await follow(context, schedule, after);
  }
}

function concernsSchedule(before: Subscription, after: Subscription): boolean {
  if (before.billingMode !== after.billingMode) return true;
  return hasEnded(after) ? !hasEnded(before) : !isSame(before.items.map(termsOf), after.items.map(termsOf));
}

async function follow(context: Context, schedule: Schedule, subscription: Subscription): Promise<void> {
  if (hasEnded(subscription)) {
    const isUnpaid = subscription.cancellation.reason === 'payment_failed';
    await keepSchedule(context, schedule, canceledSchedule(schedule, context.now), isUnpaid ? 'aborted' : 'canceled');
    return;
  }
  const followed = withItems(inModeOf(subscription, schedule), subscription, context.now);
  if (followed !== schedule) await keepSchedule(context, schedule, followed);
}

/** A schedule becomes flexible with its subscription; the very same where it is already. */
function inModeOf(subscription: Subscription, schedule: Schedule): Schedule {
  const { billingMode, billingModeUpdatedAt, prorationDiscounts } = subscription;
  return schedule.billingMode === billingMode
    ? schedule
    : { ...schedule, billingMode, billingModeUpdatedAt, prorationDiscounts };
}

/** The schedule whose current phase has the items of its subscription from now on; the very same where it has them. */
function withItems(schedule: Schedule, { items }: Subscription, now: Temporal.Instant): Schedule {
  const phase = phaseNow(schedule);
  if (phase === undefined || schedule.currentPhase === null) return schedule;
  if (isSame(phase.items.map(planOf), items.map(termsOf))) return schedule;
  const own = new Map(phase.items.map((item) => [item.priceId, item]));
  const changed = items.map((item) => phaseItem(item, own.get(item.price.id)));
  const earlier = schedule.phases.slice(0, schedule.currentPhase);
  const later = schedule.phases.slice(schedule.currentPhase + 1);
  const isFresh = Temporal.Instant.compare(phase.start, now) >= 0;
  const split = isFresh ? [{ ...phase, items: changed }] : withRest(splitPhase(phase, now), changed);
  return {
    ...schedule,
    phases: [...earlier, ...split, ...later],
    currentPhase: earlier.length + split.length - 1,
  };
}

function withRest([over, rest]: ReturnType<typeof splitPhase>, items: readonly PhaseItem[]) {
  return [over, { ...rest, items }];
}

function phaseItem(
  { price, quantity, taxRates, thresholdUsage }: SubscriptionItem,
  own: PhaseItem | undefined,
): PhaseItem {
  const rates = taxRates.map(({ id }) => id);
  return { discounts: [], metadata: {}, ...own, priceId: price.id, quantity, taxRateIds: rates, thresholdUsage };
}

/** What an item is billed by, as text. */
function termsOf({ price, quantity }: SubscriptionItem): string {
  return `${price.id} ${quantity}`;
}

function planOf({ priceId, quantity }: PhaseItem): string {
  return `${priceId} ${quantity}`;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join() === b.toSorted().join();
}
