import type { Context } from '../../stripe/context.ts';
import { invalidRequest } from '../../stripe/errors.ts';
import { changeMetadata } from '../../stripe/metadata.ts';
import { refuseDone, requireSchedule } from '../../subscriptions/schedule_read.ts';
import type { UpdateScheduleParams } from '../../subscriptions/schedule.params.ts';
import { type Phase, phaseNow, type Schedule } from '../../subscriptions/schedule.ts';
import { keepSchedule } from '../../subscriptions/schedule_keep.ts';
import { readPhases } from '../../subscriptions/schedule_phases.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import { applyChange } from '../apply_change.ts';
import { giveUpUpdate } from '../pending_updates/discard.ts';
import { holdToChange } from './advance.ts';
import { beginSchedule } from './begin.ts';
import { changeDefaults } from './create.ts';
import { changeIntoPhase } from './enter.ts';
import { endingOf } from './phase.ts';
import type { Entering } from './terms.ts';

/**
 * Changes a schedule: the phases of a request take the place of the current one and of those to come. What that changes
 * now is changed at once, prorated as the request says; a phase that is to begin now begins. Tells
 * `subscription_schedule.updated`, then what the subscription tells. Throws for one that is done, and for phases that
 * contradict what has been.
 */
export async function updateSchedule(requested: Context, id: string, params: UpdateScheduleParams): Promise<Schedule> {
  const held = await holdToChange(requested, await requireSchedule(requested, id));
  const { context, schedule, subscription, customer } = held;
  refuseDone(schedule, 'update');
  const changed: Schedule = {
    ...schedule,
    defaults: await changeDefaults(context, customer, schedule.defaults, params.default_settings),
    endBehavior: params.end_behavior ?? schedule.endBehavior,
    metadata: changeMetadata(schedule.metadata, params.metadata),
  };
  const { billingMode, defaults } = changed;
  const terms = {
    billingMode,
    defaults,
    customer,
    startAt: null,
    subscription: subscription ?? null,
    known: knownPrices(schedule, subscription),
  };
  const phases = params.phases && (await readPhases(context, params.phases, terms));
  if (phases?.length === 0) throw invalidRequest('A schedule needs at least one phase.', 'phases');
  if (subscription === undefined) {
    const waiting = { ...changed, phases: phases === undefined ? schedule.phases : checkAhead(context, phases) };
    const isDue = waiting.phases[0]?.start.equals(context.now) === true;
    if (isDue) return await beginSchedule(context, customer, waiting, { before: schedule });
    return await keepSchedule(context, schedule, waiting);
  }
  const placed = phases === undefined ? changed : placePhases(context, changed, phases);
  await keepSchedule(context, schedule, placed);
  const isNew = phaseNow(placed)?.start.equals(phaseNow(schedule)?.start ?? context.now) !== true;
  await applyUpdate(context, { customer, subscription, schedule: placed }, params, isNew);
  return placed;
}

/** All prices of a schedule and of its subscription. */
function knownPrices({ phases }: Schedule, subscription: Subscription | undefined): Set<string> {
  const planned = phases.flatMap(({ items, addedItems }) => [...items, ...addedItems].map(({ priceId }) => priceId));
  return new Set([...planned, ...(subscription?.items ?? []).map(({ price }) => price.id)]);
}

/** Throws where a schedule that waits would begin in the past. */
function checkAhead({ now }: Context, phases: readonly Phase[]): readonly Phase[] {
  const [first] = phases;
  if (first !== undefined && Temporal.Instant.compare(first.start, now) >= 0) return phases;
  throw invalidRequest(
    'The first phase of a schedule that has not started must start in the future.',
    'phases[0][start_date]',
  );
}

/** The phases of a request after those of an active schedule that are over. */
function placePhases({ now }: Context, schedule: Schedule, given: readonly Phase[]): Schedule {
  const current = phaseNow(schedule);
  if (current === undefined) throw new Error('an active schedule is in a phase');
  const over = schedule.phases.slice(0, schedule.currentPhase ?? 0);
  const isPast = ({ end }: Phase) => Temporal.Instant.compare(end, current.start) <= 0;
  for (const [index, phase] of given.entries()) if (isPast(phase)) checkPast(over, phase, `phases[${index}]`);
  const rest = given.filter((phase) => !isPast(phase));
  const at = `phases[${given.length - rest.length}]`;
  if (rest[0]?.start.equals(current.start) !== true) {
    throw invalidRequest('You can not modify the start date of the current phase.', `${at}[start_date]`);
  }
  const entered = rest.findIndex(({ end }) => Temporal.Instant.compare(end, now) > 0);
  const phase = rest[entered];
  if (phase === undefined) throw invalidRequest('The last phase must end in the future.', 'phases');
  if (entered > 0 && !phase.start.equals(now)) {
    throw invalidRequest(
      'A phase that comes after the current one must start now or in the future.',
      `phases[${given.indexOf(phase)}][start_date]`,
    );
  }
  return { ...schedule, phases: [...over, ...rest], currentPhase: over.length + entered };
}

/** What is over can be named again, and stays as it was. */
function checkPast(over: readonly Phase[], { start, end }: Phase, at: string): void {
  if (over.some((phase) => phase.start.equals(start) && phase.end.equals(end))) return;
  throw invalidRequest('You can not change a phase that is over.', at);
}

/** Brings the subscription to where its schedule is after an update; `isNew` says that this began another phase. */
async function applyUpdate(
  context: Context,
  entering: Entering,
  params: UpdateScheduleParams,
  isNew: boolean,
): Promise<void> {
  const { customer, schedule } = entering;
  const before = await giveUpUpdate(context, entering.subscription, 'expired');
  const phase = phaseNow(schedule);
  const behavior = params.proration_behavior ?? 'create_prorations';
  if (phase !== undefined && (params.phases !== undefined || params.default_settings !== undefined)) {
    const how = { behavior: isNew ? phase.prorationBehavior : behavior, isNew };
    return await changeIntoPhase(context, { ...entering, subscription: before }, phase, how);
  }
  const wanted = endingOf(schedule, before, context.now);
  if (wanted === before) return;
  await applyChange(context, null, { customer, before, wanted, behavior, anchor: 'unchanged', at: context.now });
}
