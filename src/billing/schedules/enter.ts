import type { Context } from '../../stripe/context.ts';
import { type Phase, phaseNow, type ProrationBehavior } from '../../subscriptions/schedule.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import { isBeforeBilling, isBilling, settlePeriods } from '../../subscriptions/settle_periods.ts';
import { applyChange } from '../apply_change.ts';
import { crossIntoPhase } from './cross.ts';
import { beginsTrial, endsNow, enterTrial } from './trial.ts';
import { addedItems } from './phase.ts';
import { type Entering, inPhase, movesAnchor } from './terms.ts';

/**
 * Brings a subscription into the current phase of its schedule, which is stored. Where its periods end at that moment it
 * is renewed into the phase; else it is changed as by a request, prorated as the phase says. An invoice of it stays a
 * draft for as long as every draft.
 */
export async function enterPhase(context: Context, entering: Entering): Promise<void> {
  const phase = phaseNow(entering.schedule);
  if (phase === undefined) throw new Error('an active schedule is in a phase');
  if (beginsTrial(context, entering, phase)) return await enterTrial(context, entering, phase);
  if (endsNow(context, entering.subscription)) return await crossIntoPhase(context, entering, phase);
  await changeIntoPhase(context, entering, phase, { behavior: phase.prorationBehavior, isNew: true });
}

/** The same where the phase begins within a period, or (not `isNew`) the subscription is in the phase already. */
export async function changeIntoPhase(
  context: Context,
  entering: Entering,
  phase: Phase,
  { behavior, isNew }: { readonly behavior: ProrationBehavior; readonly isNew: boolean },
): Promise<void> {
  if (beginsTrial(context, entering, phase)) return await enterTrial(context, entering, phase, { isNew });
  const { customer, subscription: before } = entering;
  const wanted = await inPhase(context, entering);
  const isCounted = isBilling(before) && !isBeforeBilling(before, context.now);
  const anchor = isCounted && movesAnchor(context, entering, wanted) ? 'now' : 'unchanged';
  const { after } = settlePeriods(before, wanted, { now: context.now, at: context.now }, anchor);
  await applyChange(context, null, {
    customer,
    before,
    wanted,
    behavior,
    anchor,
    at: context.now,
    // What a phase charges once it charges as it begins.
    added: isNew ? await addedItems(context, before, phase, currentPeriod(after)) : [],
  });
}
