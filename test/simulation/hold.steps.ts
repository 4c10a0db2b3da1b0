import { DAY } from './calendar.ts';
import { type Chooser, pickOf } from './step.ts';
import type { Subscription } from './world.ts';

/** Lets nobody pay the invoices of a subscription for a while, or until it is taken back. */
export const holdCollection: Chooser = (world, random) => {
  const subscription = pickOf(
    random,
    world.subscriptions.filter(({ status }) => status === 'active' || status === 'past_due' || status === 'trialing'),
  );
  if (subscription === undefined) return undefined;
  const hold: Subscription['hold'] =
    subscription.hold !== null && random.chance(0.7)
      ? null
      : {
          behavior: random.pick(['keep_as_draft', 'void', 'mark_uncollectible'] as const),
          until: random.chance(0.6) ? world.now + random.between(1, 50 * DAY) : null,
        };
  return {
    text: `hold ${subscription.name}: ${hold === null ? 'no longer' : `${hold.behavior} until ${hold.until}`}`,
    apply: () => void (subscription.hold = hold),
    send: (remote) =>
      remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}`, {
        pause_collection: hold === null ? '' : { behavior: hold.behavior, resumes_at: hold.until ?? undefined },
      }),
  };
};
