import { nextRenewal } from './bill.ts';
import { cut, DAY, periodAt } from './calendar.ts';
import { alter, type Behavior } from './change.ts';
import { BEHAVIORS } from './change.steps.ts';
import { type Chooser, pickOf } from './step.ts';
import { isBilling, type Item, type Subscription, type World } from './world.ts';

/** When a subscription is to end: at a time, with its period, or not at all. */
type Ending = number | 'period' | null;

/** Lets a subscription end at a time or with its period, moves that, or lets it go on after all. */
export const endLater: Chooser = (world, random) => {
  const subscription = pickOf(random, world.subscriptions.filter(canEnd));
  if (subscription === undefined) return undefined;
  const next = nextRenewal(subscription);
  const within = random.between(world.now + 1, Math.max(next, world.now + 2));
  const beyond = next + random.between(0, 40 * DAY);
  const taken = subscription.endsAt === null ? [] : [null, null];
  const ending: Ending = random.pick<Ending>(['period', 'period', within, within, beyond, next, ...taken]);
  const behavior = random.pick(BEHAVIORS);
  return {
    text: `${subscription.name} ends ${ending ?? 'never'}, ${behavior}`,
    apply: (now) => endAs(now, subscription, ending, behavior),
    send: (remote) =>
      remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}`, {
        ...paramsOf(subscription, ending),
        proration_behavior: behavior,
      }),
  };
};

/** Prorations would share its discounts. */
function canEnd(subscription: Subscription): boolean {
  const { hadDiscounts, status } = subscription;
  return (isBilling(subscription) || status === 'trialing') && !hadDiscounts;
}

function paramsOf({ endsWithPeriod }: Subscription, ending: Ending) {
  if (ending === 'period') return { cancel_at_period_end: true };
  if (ending === null && endsWithPeriod) return { cancel_at_period_end: false };
  return { cancel_at: ending ?? '' };
}

/** Periods end with the subscription, and are whole again when it goes on; a classic one counts its periods from a cut. */
function endAs(world: World, subscription: Subscription, ending: Ending, behavior: Behavior): void {
  const whole = subscription.items.map((item) => wholeAgain(subscription, item));
  const end = ending === 'period' ? Math.max(...whole.map(({ period }) => period.end)) : ending;
  const items = whole.map((item) => ({ ...item, period: cut(item.period, end) }));
  const isCut = items.some((item, place) => item.period.end !== whole[place]!.period.end);
  const before = subscription.anchor;
  alter(world, subscription, items, { behavior, at: world.now, resets: false });
  subscription.anchor = isCut && subscription.mode === 'classic' ? end! : before;
  subscription.endsAt = end;
  subscription.endsWithPeriod = ending === 'period';
}

function wholeAgain({ anchor, endsAt, status, trialEnd }: Subscription, item: Item): Item {
  const { start, end } = item.period;
  if (endsAt !== end) return item;
  const usual = status === 'trialing' && trialEnd !== null ? trialEnd : periodAt(anchor, item.price.every, start).end;
  return { ...item, period: { start, end: usual } };
}
