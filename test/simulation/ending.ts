import { nextRenewal } from './bill.ts';
import { cut, periodAt } from './calendar.ts';
import type { Item, Subscription } from './world.ts';

/** When a subscription is to end: at a time, with its period, or not at all. */
export type Ending = number | 'period' | null;

/** What says when the period of an item ends by itself. */
type Cycle = Pick<Subscription, 'anchor' | 'status' | 'trialEnd'>;

/** When the current period of an item ends, whatever the end of its subscription cuts of it. */
function ownEnd({ anchor, status, trialEnd }: Cycle, { period, price }: Item): number {
  return status === 'trialing' && trialEnd !== null ? trialEnd : periodAt(anchor, price.every, period.start).end;
}

/** Items in periods that end with their subscription, and that end; those that were cut at `previous` are whole before. */
export function endingAt(cycle: Cycle, items: readonly Item[], previous: number | null, ending: Ending) {
  const whole = items.map((item) =>
    previous === item.period.end ? { ...item, period: { ...item.period, end: ownEnd(cycle, item) } } : item,
  );
  const endsAt = ending === 'period' ? nextRenewal({ items: whole }) : ending;
  return { items: whole.map((item) => ({ ...item, period: cut(item.period, endsAt) })), endsAt };
}

/** An end that was asked for follows the periods that it means, and no period goes on after it. */
export function followPeriods(subscription: Subscription, items: readonly Item[], anchor: number): Item[] {
  const { endsAt, endsWithPeriod } = subscription;
  if (endsAt === null) return [...items];
  const ended = endingAt({ ...subscription, anchor }, items, endsAt, endsWithPeriod ? 'period' : endsAt);
  subscription.endsAt = ended.endsAt;
  return ended.items;
}

/** Since when periods are counted, as it is told: on a classic subscription an end that cuts one is the anchor. */
export function toldAnchor(subscription: Subscription): number {
  const { anchor, endsAt, items, mode } = subscription;
  const isCut = items.some((item) => item.period.end === endsAt && ownEnd(subscription, item) !== endsAt);
  return mode === 'classic' && endsAt !== null && isCut ? endsAt : anchor;
}
