import { recordEvent } from '../events/record.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { changeTrialSettings, checkTrialEnd, endsSoon } from '../subscriptions/begin.ts';
import { renewed } from '../subscriptions/renew.ts';
import type { UpdateSubscriptionParams } from '../subscriptions/subscription.params.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { withTrialEnd } from '../subscriptions/trial.ts';
import { applyChange, type Change, type ComputedChange, inPeriods, makeChange } from './apply_change.ts';
import { renewalInvoice } from './charges.ts';
import { cancelAll, outcomeOf, pauseAll } from './end_trial.ts';
import { factsOf } from './facts.ts';
import { computeNewTrial, refuseTrialOf } from './start_trial.ts';
import type { Subscribed } from './subscribe.ts';
import { usageOfEnding } from './usage.ts';

type TrialParams = Pick<UpdateSubscriptionParams, 'billing_cycle_anchor' | 'trial_end' | 'trial_settings'>;

/**
 * Makes a change that may concern the trial as well: its settings, another end, or its end at once, which is invoiced and
 * charged in the request; an active subscription begins one. Tells what `applyChange` tells, and that the trial will end
 * where its new end is near. Throws for an end that is not ahead or too far, and for a subscription that is not active.
 */
export async function changeTrial(
  context: Context,
  payments: Payments,
  params: TrialParams,
  change: Change,
): Promise<Subscribed> {
  const { trial_end: end, trial_settings: settings } = params;
  const { before } = change;
  const wanted = { ...change.wanted, trialSettings: changeTrialSettings(before.trialSettings, settings) };
  if (end === undefined || (end === 'now' && before.status !== 'trialing')) {
    return await applyChange(context, payments, { ...change, wanted });
  }
  checkChange(params, change);
  if (end === 'now') return await endNow(context, payments, { ...change, wanted });
  checkTrialEnd(end, context.now, 'trial_end');
  const changed =
    before.status === 'trialing'
      ? await applyChange(context, payments, { ...change, wanted: withTrialEnd(wanted, end, context.now) })
      : await makeChange(context, payments, change, await computeNewTrial(context, { ...change, wanted, end }));
  if (changed.subscription.pendingUpdate !== null || !endsSoon(changed.subscription)) return changed;
  const view = viewSubscription(context, changed.subscription);
  await recordEvent(context, 'customer.subscription.trial_will_end', view);
  return changed;
}

function checkChange({ billing_cycle_anchor: anchor }: TrialParams, { before }: Change): void {
  if (before.status !== 'trialing' && before.status !== 'active') throw refuseTrialOf(before, 'trial_end');
  if (anchor?.type !== 'now') return;
  throw invalidRequest(
    'You may only specify one of these parameters: trial_end, billing_cycle_anchor.',
    'trial_end',
    'parameters_exclusive',
  );
}

/** Ends a trial in the request, as it would end by itself, but for the time in which its invoice would be a draft. */
async function endNow(
  context: Context,
  payments: Payments,
  { customer, before, wanted, ending: when, added = [], paying }: Change,
): Promise<Subscribed> {
  const kept = inPeriods(wanted, { before, ending: when });
  const ending = withTrialEnd(kept, context.now, context.now);
  const outcome = outcomeOf({ customer, subscription: ending });
  if (outcome !== 'create_invoice') {
    const end = outcome === 'cancel' ? cancelAll : pauseAll;
    // The period of the items stays: a trial that ends as it begins would leave them an empty one.
    const stopped = { before, ending: { ...ending, items: kept.items } };
    if (added.length > 0) throw nothingToCharge();
    const [subscription = before] = await end(context, [stopped]);
    return { subscription, attemptId: null };
  }
  const computed = await computeEndOfTrial(context, { customer, wanted, ending: when });
  const change = { customer, before, ...(paying === undefined ? {} : { paying }) };
  return await makeChange(context, payments, change, { ...computed, items: added });
}

function nothingToCharge() {
  return invalidRequest(
    'The trial ends without anything to charge, so nothing can be charged with its end.',
    'add_invoice_items',
  );
}

/**
 * What a subscription becomes and bills whose trial ends now. When it is to end counts from the period that follows. Nothing
 * is written: a preview stops here.
 */
export async function computeEndOfTrial(
  context: Context,
  { customer, wanted, ending: when }: Pick<Change, 'customer' | 'wanted' | 'ending'>,
): Promise<Pick<ComputedChange, 'after' | 'items' | 'draft'>> {
  const trialing = { ...withTrialEnd(wanted, context.now, context.now), cancelAt: null };
  const next = renewed(trialing, { latestInvoiceId: wanted.latestInvoiceId, ended: [] });
  const after = inPeriods({ ...next, cancelAt: wanted.cancelAt }, { before: trialing, ending: when });
  const ending = { ...trialing, cancelAt: after.cancelAt };
  const facts = await factsOf(context, customer, ending);
  const draft = renewalInvoice(facts, await usageOfEnding(context, [ending]), context.now);
  const invoice = { ...draft.invoice, billingReason: 'subscription_update' } as const;
  return { after, items: [], draft: { ...draft, invoice } };
}
