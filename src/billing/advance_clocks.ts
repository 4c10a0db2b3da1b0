import assert from 'node:assert/strict';
import { findAccounts } from '../accounts/account.sql.ts';
import { raiseCacheEpoch } from '../accounts/epoch.sql.ts';
import { arrive, breakDown, type TestClock } from '../clocks/clock.ts';
import { type ClockKey, findAdvancing, lockClock, updateClock } from '../clocks/clock.sql.ts';
import { tellClock } from '../clocks/create.ts';
import { isDue, nextOnClock, removeDone } from '../clocks/due_work.sql.ts';
import type { DueWork } from '../clocks/due_work.ts';
import { tryExclusively } from '../db/exclusively.ts';
import { passingFailure } from '../db/failure.ts';
import { inSavepoint, inTransaction } from '../db/transaction.ts';
import { nextAskOnClock } from '../payments/due.sql.ts';
import { recoverPayments } from '../payments/payments.jobs.ts';
import { CLOCK_BATCH_COST, CLOCK_WORK_PER_TRANSACTION } from '../limits.ts';
import { backgroundContext, type Context } from '../stripe/context.ts';
import { doTogether, isStepKind } from './due_steps.ts';
import type { Billing } from './run_due.ts';

/**
 * Moves all clocks that are on their way, until each stands at its target. On a clock the work is done by due time, then
 * rank, then object, each at its own time; what has both in common and is of different customers is done together. A process that dies leaves the clock at the last transaction, and whoever
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

/** What is not done in a transaction, with the time at which it is done: collections, or payments that wait for a bank. */
type Outside = { readonly now: Temporal.Instant; readonly work: readonly DueWork[] | 'payments' };

async function moveOn(billing: Billing, key: ClockKey): Promise<void> {
  const account = (await findAccounts(billing.db, [key.accountId])).get(key.accountId);
  assert(account !== undefined, `the account ${key.accountId} does not exist`);
  const context = backgroundContext(billing.db, account, billing.wallTime(), billing.baseUrl);
  const outside = await inTransaction(billing.db, (db) => doSteps(billing, { ...context, db }, key.clockId));
  if (outside === undefined) return;
  const { now, work } = outside;
  const isDone = work === 'payments' ? askAgain(billing, key, now) : collectAll(billing, { ...context, now }, work);
  if (await isDone) return;
  await inTransaction(billing.db, async (db) => {
    const clock = await lockClock({ ...context, db }, key.clockId);
    if (clock?.status === 'advancing') await stand({ ...context, db }, breakDown(clock));
  });
}

/** Some work of a clock, in the transaction at hand; ends early where something is to be done outside of it, and answers that. */
async function doSteps(billing: Billing, context: Context, clockId: string): Promise<Outside | undefined> {
  let clock = await lockClock(context, clockId);
  let outside: Outside | undefined;
  if (clock === undefined) return undefined;
  for (let left = CLOCK_WORK_PER_TRANSACTION; left > 0 && outside === undefined;) {
    if (clock.targetAt === null) break;
    const work = ofDifferentCustomers(await nextOnClock(context, clockId, clock.targetAt, left));
    const [first] = work;
    // At one instant money that comes in comes first.
    const askAt = await nextAskOnClock(context, clockId, first?.dueAt ?? clock.targetAt);
    const dueAt = askAt ?? first?.dueAt;
    if (dueAt === undefined) {
      clock = arrive(clock);
      break;
    }
    clock = { ...clock, frozenAt: laterOf(clock.frozenAt, dueAt) };
    const timed = { ...context, now: clock.frozenAt };
    if (askAt !== undefined || first === undefined) outside = { now: timed.now, work: 'payments' };
    else if (!isStepKind(first.kind)) outside = { now: timed.now, work };
    else if (!(await tryTogether(billing, timed, work))) clock = breakDown(clock);
    left -= work.length + CLOCK_BATCH_COST;
  }
  await stand(context, clock);
  return outside;
}

/** As much of the beginning as has no customer twice: what is due for a customer is done in its order. */
function ofDifferentCustomers(work: readonly DueWork[]): readonly DueWork[] {
  const customers = new Set<string>();
  const end = work.findIndex(({ customerId }) => customers.size === customers.add(customerId).size);
  return end === -1 ? work : work.slice(0, end);
}

/** Stores where a clock stands. The cached views of ingest have its time, so they are to be loaded anew. */
async function stand(context: Context, clock: TestClock): Promise<void> {
  await updateClock(context, clock);
  if (clock.status !== 'advancing') await tellClock(context, clock, clock.status);
  await raiseCacheEpoch(context);
}

/**
 * Work of one kind and instant. False: some of it failed, by its own fault, and nothing of that remains. Then it is done one
 * by one, so that what comes before it is done.
 */
async function tryTogether(billing: Billing, context: Context, work: readonly DueWork[]): Promise<boolean> {
  try {
    await inSavepoint(context.db, () => doTogether(context, billing.payments, work));
    return true;
  } catch (error) {
    if (passingFailure(error) !== undefined) throw error;
    if (work.length > 1) return await tryInTurn(billing, context, work);
    billing.log.error({ err: error, work: work[0] }, 'work on a test clock failed; the clock stops');
    return false;
  }
}

async function tryInTurn(billing: Billing, context: Context, work: readonly DueWork[]): Promise<boolean> {
  for (const one of work) if (!(await tryTogether(billing, context, [one]))) return false;
  return true;
}

/** Goes on with payments that wait for the gateway. False: some failed, by their own fault. */
async function askAgain({ db, payments, log }: Billing, key: ClockKey, now: Temporal.Instant): Promise<boolean> {
  try {
    while ((await recoverPayments(db, payments, now, key)) > 0);
    return true;
  } catch (error) {
    if (passingFailure(error) !== undefined) throw error;
    log.error(
      { err: error, clock: key.clockId },
      'payments on a test clock could not be gone on with; the clock stops',
    );
    return false;
  }
}

/** Collects one after the other. False: one failed, by its own fault. */
async function collectAll(billing: Billing, context: Context, work: readonly DueWork[]): Promise<boolean> {
  for (const [place, one] of work.entries()) {
    // Since the look somebody may have deleted the clock.
    if (place > 0 && !(await isDue(context, one))) continue;
    if (!(await collect(billing, context, one))) return false;
  }
  return true;
}

async function collect(billing: Billing, context: Context, work: DueWork): Promise<boolean> {
  const { db, account, now } = context;
  try {
    await billing.collect({ db, account, now, invoiceId: work.objectId });
    await removeDone(context, work);
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
