import assert from 'node:assert/strict';
import { findAccounts } from '../accounts/account.sql.ts';
import { raiseCacheEpoch } from '../accounts/epoch.sql.ts';
import { arrive, breakDown, type TestClock } from '../clocks/clock.ts';
import { type ClockKey, findAdvancing, lockClock, updateClock } from '../clocks/clock.sql.ts';
import { tellClock } from '../clocks/create.ts';
import { nextOnClock, removeDue } from '../clocks/due_work.sql.ts';
import type { DueWork } from '../clocks/due_work.ts';
import { tryExclusively } from '../db/exclusively.ts';
import { passingFailure } from '../db/failure.ts';
import { inSavepoint, inTransaction } from '../db/transaction.ts';
import { CLOCK_STEPS_PER_TRANSACTION } from '../limits.ts';
import { backgroundContext, type Context } from '../stripe/context.ts';
import { doStep, isStepKind } from './due_steps.ts';
import type { Billing } from './run_due.ts';

/**
 * Moves all clocks that are on their way, until each stands at its target. On a clock the work is done one by one, by
 * due time, then rank, each at its own time. A process that dies leaves the clock at the last transaction, and whoever
 * comes next goes on from there.
 */
export async function advanceClocks(billing: Billing, stopping: AbortSignal): Promise<void> {
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    // In turns, so that a clock with years of work keeps no other waiting.
    for (const key of await findAdvancing(billing.db)) {
      if (stopping.aborted) return;
      const name = `advance ${key.accountId} ${key.clockId}`;
      const did = await tryExclusively(billing.db, name, () => moveOn(billing, key));
      isMoving = did || isMoving;
    }
  }
}

/** Work that is not done in a transaction, with the time at which it is done. */
type Collecting = { readonly context: Context; readonly work: DueWork };

async function moveOn(billing: Billing, key: ClockKey): Promise<void> {
  const account = (await findAccounts(billing.db, [key.accountId])).get(key.accountId);
  assert(account !== undefined, `the account ${key.accountId} does not exist`);
  const context = backgroundContext(billing.db, account, billing.wallTime(), billing.baseUrl);
  const collecting = await inTransaction(billing.db, (db) => doSteps(billing, { ...context, db }, key.clockId));
  if (collecting === undefined) return;
  const isCollected = await collect(billing, { ...context, now: collecting.context.now }, collecting.work);
  if (isCollected) return;
  await inTransaction(billing.db, async (db) => {
    const clock = await lockClock({ ...context, db }, key.clockId);
    if (clock?.status === 'advancing') await stand({ ...context, db }, breakDown(clock));
  });
}

/** Some work of a clock, in the transaction at hand; ends early where something is to be collected, and answers that. */
async function doSteps(billing: Billing, context: Context, clockId: string): Promise<Collecting | undefined> {
  let clock = await lockClock(context, clockId);
  let collecting: Collecting | undefined;
  if (clock === undefined) return undefined;
  for (let step = 0; step < CLOCK_STEPS_PER_TRANSACTION && collecting === undefined; step++) {
    if (clock.targetAt === null) break;
    const work = await nextOnClock(context, clockId, clock.targetAt);
    if (work === undefined) {
      clock = arrive(clock);
      break;
    }
    clock = { ...clock, frozenAt: laterOf(clock.frozenAt, work.dueAt) };
    const timed = { ...context, now: clock.frozenAt };
    if (!isStepKind(work.kind)) collecting = { context: timed, work };
    else if (!(await tryStep(billing, timed, work))) clock = breakDown(clock);
  }
  await stand(context, clock);
  return collecting;
}

/** Stores where a clock stands. The cached views of ingest have its time, so they are to be loaded anew. */
async function stand(context: Context, clock: TestClock): Promise<void> {
  await updateClock(context, clock);
  if (clock.status !== 'advancing') await tellClock(context, clock, clock.status);
  await raiseCacheEpoch(context);
}

/** False: the work failed, by its own fault, and nothing of it remains. */
async function tryStep({ log }: Billing, context: Context, work: DueWork): Promise<boolean> {
  try {
    await inSavepoint(context.db, () => doStep(context, work));
    return true;
  } catch (error) {
    if (passingFailure(error) !== undefined) throw error;
    log.error({ err: error, work }, 'work on a test clock failed; the clock stops');
    return false;
  }
}

async function collect(billing: Billing, context: Context, work: DueWork): Promise<boolean> {
  const { db, account, now } = context;
  try {
    await billing.collect({ db, account, now, invoiceId: work.objectId });
    await removeDue(context, work);
    return true;
  } catch (error) {
    if (passingFailure(error) !== undefined) throw error;
    billing.log.error({ err: error, work }, 'a collection on a test clock failed; the clock stops');
    return false;
  }
}

function laterOf(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? b : a;
}
