import { seeded } from '../crash/random.ts';
import { audit, oldestUnsettled } from './audit.ts';
import { DAY } from './calendar.ts';
import { newWorld } from './catalogue.ts';
import { compareOrder, follow, newHistory } from './history.ts';
import { Refused, type Remote } from './remote.ts';
import { setUp } from './set-up.ts';
import type { Step } from './step.ts';
import { advanceTo, chooseStep } from './steps.ts';
import type { World } from './world.ts';

/** Clocks begin within two years, of which one is a leap year, so that all seeds use the same months. */
const FIRST_START = Date.UTC(2039, 0, 1) / 1000;

/** A workload ends with the first of these. */
export type Most = { readonly steps: number; readonly days: number; readonly invoices: number };

const MOST: Most = { steps: 32, days: 730, invoices: 30 };

/** Every so many steps all invoices are looked at again, those that are settled for good as well. */
const FULL_AUDIT = 8;

/** An account of its own at the server, and what our own verification says of it. */
export type Subject = { readonly remote: Remote; verify(): Promise<string[]> };

type Options = {
  readonly most?: Most;
  /** Chooses each next step. */
  readonly choose?: typeof chooseStep;
  readonly trace?: ((line: string) => void) | undefined;
};

export type Simulated = Readonly<Record<'seed' | 'steps' | 'invoices' | 'usage' | 'days', number>>;

/**
 * Runs the workload of a seed, and compares all that the server says with the auditor's world after each step. Throws an
 * Error that names the seed, the step, the differences and how to run it again.
 */
export async function simulate(
  subject: Subject,
  seed: number,
  { most = MOST, choose = chooseStep, trace }: Options = {},
): Promise<Simulated> {
  const random = seeded(seed);
  const start =
    FIRST_START + random.between(0, 2 * 365) * DAY + random.pick([0, 0, DAY / 2, random.between(0, DAY - 1)]);
  const world = newWorld(random, start);
  const history = newHistory();
  let steps = 0;
  let doing = 'set up';
  const go = async (step: Step, isFull: boolean) => {
    doing = step.text;
    trace?.(`${steps} ${doing}`);
    await take(subject.remote, world, step, isFull ? 0 : oldestUnsettled(world));
    throwIf(await follow(subject.remote, history));
    throwIf(compareOrder(subject.remote, history, world));
    steps++;
  };
  try {
    await setUp(subject.remote, world);
    while (!isOver(world, { steps, start }, most)) await go(choose(world, random), steps % FULL_AUDIT === 0);
    // All drafts are finalized by then.
    await go(advanceTo(world.now, world.now + 4 * DAY), true);
    throwIf(await subject.verify());
  } catch (cause) {
    throw explain(seed, steps, doing, cause as Error);
  }
  const days = Math.round((world.now - start) / DAY);
  return { seed, steps, invoices: world.invoices.length, usage: world.usage.length, days };
}

function isOver(
  world: World,
  { steps, start }: { readonly steps: number; readonly start: number },
  most: Most,
): boolean {
  return steps >= most.steps || world.now >= start + most.days * DAY || world.invoices.length >= most.invoices;
}

/** Takes a step on both sides, then compares them. */
async function take(remote: Remote, world: World, step: Step, since: number): Promise<void> {
  const refusal = await step.send(remote).then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      return error;
    },
  );
  const { refused } = step;
  if (refusal !== undefined && (refusal.status !== refused?.status || refusal.code !== refused.code)) throw refusal;
  if (refusal === undefined && refused !== undefined)
    throw new Error(`It must be refused: ${refused.status} ${refused.code}`);
  step.apply(world);
  throwIf(await audit(remote, world, since));
}

function throwIf(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

function explain(seed: number, step: number, doing: string, cause: Error): Error {
  const lines = [`Seed ${seed}, step ${step}: ${doing}`, cause.message, `Again: npm run simulate -- --seed ${seed}`];
  return new Error(lines.join('\n'), { cause });
}
