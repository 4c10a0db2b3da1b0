import { nextRenewal } from './bill.ts';
import { DAY } from './calendar.ts';
import { alter, type Behavior } from './change.ts';
import { BEHAVIORS } from './change.steps.ts';
import { type Ending, endingAt } from './ending.ts';
import { type Chooser, pickOf } from './step.ts';
import { isBilling, type Subscription, type World } from './world.ts';

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

function canEnd(subscription: Subscription): boolean {
  return isBilling(subscription) || subscription.status === 'trialing';
}

function paramsOf({ endsWithPeriod }: Subscription, ending: Ending) {
  if (ending === 'period') return { cancel_at_period_end: true };
  if (ending === null && endsWithPeriod) return { cancel_at_period_end: false };
  return { cancel_at: ending ?? '' };
}

function endAs(world: World, subscription: Subscription, ending: Ending, behavior: Behavior): void {
  const ended = endingAt(subscription, subscription.items, subscription.endsAt, ending);
  subscription.endsAt = ended.endsAt;
  subscription.endsWithPeriod = ending === 'period';
  alter(world, subscription, ended.items, { behavior, at: world.now, resets: false });
}
