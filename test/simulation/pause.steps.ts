import { pause, type Resume, resume } from './pause.ts';
import { type Chooser, pickOf } from './step.ts';
import type { Subscription } from './world.ts';

/** Pauses a subscription, so that it bills nothing. */
export const pauseOne: Chooser = (world, random) => {
  const subscription = pickOf(random, world.subscriptions.filter(canPause));
  if (subscription === undefined) return undefined;
  const how = { usage: random.chance(0.7), unused: random.chance(0.7), invoiced: random.chance(0.5) };
  return {
    text: `pause ${subscription.name}, ${JSON.stringify(how)}`,
    apply: (now) => pause(now, subscription, how),
    send: (remote) =>
      remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}/pause`, {
        type: 'subscription',
        invoicing_behavior: how.invoiced ? 'invoice' : 'pending_invoice_item',
        bill_for: {
          outstanding_usage_through: { type: how.usage ? 'now' : 'none' },
          unused_time_from: { type: how.unused ? 'now' : 'none' },
        },
      }),
  };
};

/** Those that are charged, on the flexible mode. */
function canPause(subscription: Subscription): boolean {
  const { hold, mode, sent, status } = subscription;
  return status === 'active' && mode === 'flexible' && !sent && hold === null;
}

/** Lets a paused subscription go on. */
export const resumeOne: Chooser = (world, random) => {
  const subscription = pickOf(random, world.subscriptions.filter(canResume));
  if (subscription === undefined) return undefined;
  const how: Resume = {
    anchor: random.pick(['now', 'unchanged'] as const),
    behavior: random.pick(['create_prorations', 'always_invoice', 'none'] as const),
    waitsFor: random.pick(['attempt', 'success'] as const),
  };
  return {
    text: `resume ${subscription.name}, ${JSON.stringify(how)}`,
    apply: (now) => resume(now, subscription, how),
    send: (remote) =>
      remote.call('POST', `/v1/subscriptions/${remote.id(subscription.name)}/resume`, {
        billing_cycle_anchor: { type: how.anchor },
        proration_behavior: how.behavior,
        payment_behavior: `resume_on_payment_${how.waitsFor}`,
      }),
  };
};

function canResume({ resumption, status }: Subscription): boolean {
  return status === 'paused' && resumption === null;
}
