import assert from 'node:assert/strict';
import { findAccounts } from '../accounts/account.sql.ts';
import type { Queryable } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { backgroundContext, type Context } from '../stripe/context.ts';
import { finishCollection } from './collect.ts';
import { claimDueAttempts, claimDueRefunds, type Due, type Waiting } from './due.sql.ts';
import type { Payments } from './payments.ts';
import { callRefund, settleRefund } from './write_refund.ts';

/**
 * Goes on with what waits for the gateway: payments and refunds that a crash left between their transactions, and those
 * that the gateway decides later. `waiting` says whose time `now` is. Returns how many it went on with, at most 100 of each
 * kind: who wants all of them asks until it is 0. When some failed, the rest is done first, then it throws.
 */
export async function recoverPayments(
  db: Queryable,
  payments: Payments,
  now: Temporal.Instant,
  waiting: Waiting = 'wall_time',
): Promise<number> {
  const failures: unknown[] = [];
  const goOn = async (due: readonly Due[], step: (context: Context, id: string) => Promise<unknown>) => {
    const accounts = await findAccounts(db, [...new Set(due.map(({ accountId }) => accountId))]);
    for (const { accountId, id } of due) {
      const account = accounts.get(accountId);
      assert(account !== undefined, `the account ${accountId} is gone`);
      const context = backgroundContext(db, account, now, payments.baseUrl);
      await step(context, id).catch((error: unknown) => failures.push(error));
    }
    return due.length;
  };
  const attempts = await goOn(await claimDueAttempts(db, now, waiting), (context, id) =>
    finishCollection(context, payments, id),
  );
  const refunds = await goOn(await claimDueRefunds(db, now, waiting), (context, id) =>
    finishRefund(context, payments, id),
  );
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} payments could not be gone on with`);
  return attempts + refunds;
}

async function finishRefund(context: Context, { gateway }: Payments, id: string): Promise<void> {
  const outcome = await callRefund(context, gateway, id);
  await inTransaction(context.db, async (db) => {
    await settleRefund({ ...context, db }, id, outcome);
  });
}
