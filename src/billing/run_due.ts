import type { Logger } from 'pino';
import { findAccounts } from '../accounts/account.sql.ts';
import { claimDue, type ClaimedWork, findDue, isDue, postponeDue, removeDone } from '../clocks/due_work.sql.ts';
import { tryExclusively } from '../db/exclusively.ts';
import { passingFailure } from '../db/failure.ts';
import type { Queryable } from '../db/pool.ts';
import { inSavepoint, inTransaction } from '../db/transaction.ts';
import { DUE_WORK_BATCH, DUE_WORK_LANES } from '../limits.ts';
import type { Payments } from '../payments/payments.ts';
import { backgroundContext, type Context } from '../stripe/context.ts';
import type { CollectInvoice } from './collect.ts';
import { doTogether, STEP_KINDS } from './due_steps.ts';

/** What is needed to do work by itself. */
export type Billing = {
  readonly db: Queryable;
  readonly wallTime: () => Temporal.Instant;
  readonly collect: CollectInvoice;
  /** What waits for a bank on a clock is asked for as the clock advances. */
  readonly payments: Payments;
  readonly log: Logger;
  /** Where people reach the server: the head of links to invoices. */
  readonly baseUrl: string;
};

/**
 * Does all work that is due in wall time. Any number of processes do it at once, and this one on several connections, so
 * that it computes while the database writes: a batch holds its customers, and what fails is put off and keeps nothing
 * else waiting.
 */
export async function runDueWork(billing: Billing, stopping: AbortSignal): Promise<void> {
  const runLane = async () => {
    while (!stopping.aborted && (await runSteps(billing)));
  };
  // Collecting takes its time, so what falls due meanwhile comes between.
  do await Promise.all(Array.from({ length: DUE_WORK_LANES }, runLane));
  while (!stopping.aborted && (await runCollections(billing)));
}

/** One transaction of work. Answers whether there was any. */
async function runSteps(billing: Billing): Promise<boolean> {
  const now = billing.wallTime();
  return await inTransaction(billing.db, async (db) => {
    const claimed = await claimDue(db, STEP_KINDS, now, DUE_WORK_BATCH);
    const contexts = await contextsOf({ ...billing, db }, claimed, now);
    const contextOf = new Map(claimed.map(({ accountId }, index) => [accountId, contexts[index] as Context]));
    for (const batch of batchesOf(claimed)) {
      const context = contextOf.get(batch[0]?.accountId ?? '');
      if (context !== undefined) await runBatch(billing, context, batch);
    }
    return claimed.length > 0;
  });
}

/**
 * Work that is done together: of one kind, of one account and of different customers. What is due for a customer is done
 * in its order.
 */
function batchesOf(claimed: readonly ClaimedWork[]): ClaimedWork[][] {
  const batches: ClaimedWork[][] = [];
  /** The batch after the last one that has a customer. */
  const next = new Map<string, number>();
  for (const one of claimed) {
    const customer = `${one.accountId} ${one.work.customerId}`;
    const from = next.get(customer) ?? 0;
    const fitting = batches.findIndex((batch, place) => place >= from && isAlike(batch[0], one));
    const place = fitting === -1 ? batches.length : fitting;
    (batches[place] ??= []).push(one);
    next.set(customer, place + 1);
  }
  return batches;
}

function isAlike(first: ClaimedWork | undefined, { accountId, work }: ClaimedWork): boolean {
  return first?.accountId === accountId && first.work.kind === work.kind;
}

/** Does a batch; one that fails is done again one by one, so that what is wrong with some of it stops nothing else. */
async function runBatch(billing: Billing, context: Context, batch: readonly ClaimedWork[]): Promise<void> {
  const all = batch.map(({ work }) => work);
  try {
    await inSavepoint(context.db, () => doTogether(context, billing.payments, all));
  } catch (error) {
    if (passingFailure(error) === 'unavailable') throw error;
    const [first, ...others] = batch;
    if (first === undefined) return;
    if (others.length > 0) {
      for (const one of batch) await runBatch(billing, context, [one]);
      return;
    }
    billing.log.error({ err: error, work: first.work }, 'due work failed and will be tried again');
    await postponeDue(context, first.work, first.failures + 1, context.now);
  }
}

/** What is due to be collected, each by one process. Answers whether there was any. */
async function runCollections(billing: Billing): Promise<boolean> {
  const now = billing.wallTime();
  const due = await findDue(billing.db, ['collect_invoice'], now, DUE_WORK_BATCH);
  const contexts = await contextsOf(billing, due, now);
  let isMoving = false;
  for (const [index, context] of contexts.entries()) {
    const claimed = due[index] as ClaimedWork;
    const name = `collect ${claimed.accountId} ${claimed.work.objectId}`;
    const did = await tryExclusively(billing.db, name, () => runCollection(billing, context, claimed));
    isMoving = did || isMoving;
  }
  return isMoving;
}

async function runCollection(
  { collect, log }: Billing,
  context: Context,
  { work, failures }: ClaimedWork,
): Promise<void> {
  const { db, account, now } = context;
  // Another process may have done it between the look and the lock.
  if (!(await isDue(context, work))) return;
  try {
    await collect({ db, account, now, invoiceId: work.objectId });
    await removeDone(context, work);
  } catch (error) {
    if (passingFailure(error) === 'unavailable') throw error;
    log.error({ err: error, work }, 'a collection failed and will be tried again');
    await postponeDue(context, work, failures + 1, now);
  }
}

/** The contexts of claimed work, in its order. */
async function contextsOf(
  { db, baseUrl }: Pick<Billing, 'db' | 'baseUrl'>,
  claimed: readonly ClaimedWork[],
  now: Temporal.Instant,
): Promise<Context[]> {
  const accounts = await findAccounts(db, [...new Set(claimed.map(({ accountId }) => accountId))]);
  return claimed.map(({ accountId }) => {
    const account = accounts.get(accountId);
    if (account === undefined) throw new Error(`the account ${accountId} does not exist`);
    return backgroundContext(db, account, now, baseUrl);
  });
}
