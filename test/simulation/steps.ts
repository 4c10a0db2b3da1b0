import type { Random } from '../crash/random.ts';
import { advance, nextTime } from './advance.ts';
import { DAY, dateText, HOUR } from './calendar.ts';
import { changeItem } from './change.steps.ts';
import { changeBalance, changeCard, owe } from './customer.steps.ts';
import { endLater } from './ending.steps.ts';
import { holdCollection } from './hold.steps.ts';
import { bill, changeDraftHours, finalizeByHand, giveUp, pay } from './invoice.steps.ts';
import { pauseOne, resumeOne } from './pause.steps.ts';
import { moveClock } from './remote.ts';
import type { Chooser, Step } from './step.ts';
import { changeRates, discount, subscribe, unsubscribe } from './subscription.steps.ts';
import { correct, repeat, use } from './usage.steps.ts';
import type { World } from './world.ts';

/** How often each kind of step is tried, out of the sum of all. */
const WEIGHTED: readonly (readonly [weight: number, choose: Chooser])[] = [
  [34, chooseAdvance],
  [24, use],
  [3, correct],
  [1, repeat],
  [8, subscribe],
  [3, unsubscribe],
  [4, endLater],
  [2, holdCollection],
  [3, pauseOne],
  [4, resumeOne],
  [3, discount],
  [2, changeRates],
  [12, changeItem],
  [6, owe],
  [3, changeBalance],
  [4, changeCard],
  [3, bill],
  [3, finalizeByHand],
  [4, pay],
  [2, giveUp],
  [1, changeDraftHours],
];

const ALL: readonly Chooser[] = WEIGHTED.flatMap(([weight, choose]) => Array.from({ length: weight }, () => choose));

/** The next step of a workload, by its seed and what there is; never by what the server said. */
export function chooseStep(world: World, random: Random): Step {
  for (;;) {
    const step = world.subscriptions.length === 0 ? subscribe(world, random) : random.pick(ALL)(world, random);
    if (step !== undefined) return step;
  }
}

function chooseAdvance(world: World, random: Random): Step {
  return advanceTo(world.now, chooseTime(world, random));
}

/** Moves the clock. */
export function advanceTo(from: number, to: number): Step {
  return {
    text: `advance to ${dateText(to)} (${to})`,
    apply: (world) => advance(world, to),
    send: (remote) => moveClock(remote, from, to),
  };
}

/** The next thing that is due, a second before or after it, the hour after it; or anything up to two months from now. */
function chooseTime(world: World, random: Random): number {
  const next = nextTime(world);
  // Drafts that are made an hour before something are final at the same instant.
  if (next !== undefined && next > world.now + HOUR && random.chance(0.1)) return next - HOUR;
  if (next !== undefined && random.chance(0.5)) {
    return Math.max(next + random.pick([-1, 0, 0, 1, 1_800, HOUR - 1, HOUR]), world.now + 1);
  }
  const most = random.pick([HOUR, DAY, 20 * DAY, 60 * DAY, 60 * DAY]);
  return world.now + random.between(1, most);
}
