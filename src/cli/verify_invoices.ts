import { listAccounts } from '../accounts/account.sql.ts';
import { type FailedCreditNoteRefund, type InvoiceDifference, verifyInvoices } from '../audit/verify.ts';
import type { Database } from '../db/pool.ts';
import type { Account } from '../stripe/context.ts';
import { warningOf } from '../subscriptions/shared_meter.ts';
import { findSharedMeters } from '../subscriptions/shared_meter.sql.ts';
import { chooseAccount } from './account.ts';
import { withDatabase } from './database.ts';

/** What `usance verify invoices` takes. */
export type VerifyInvoicesOptions = { account?: string };

const PROGRESS_MILLISECONDS = 5_000;

/**
 * `usance verify invoices`: prints a line for each difference between the stored invoices and what raw events, prices
 * and numbers say, and a notice for each refund of a credit note that failed and for each meter that is billed more than once. Exit code 0: there are none; 1: there are some, or, by throwing, it failed.
 */
export async function verifyInvoicesCommand(options: VerifyInvoicesOptions): Promise<void> {
  await withDatabase(async (database) => {
    const accounts =
      options.account === undefined
        ? await listAccounts(database.kysely)
        : [await chooseAccount(database, { account: options.account })];
    let differences = 0;
    let unchecked = 0;
    let invoices = 0;
    let toldAtMs = performance.now();
    const listener = {
      difference(difference: InvoiceDifference) {
        differences++;
        console.log(describe(difference));
      },
      failedRefund({ accountId, creditNoteId, refundId, amount }: FailedCreditNoteRefund) {
        console.log(`${accountId} ${creditNoteId} notice: its refund ${refundId} of ${amount} failed`);
      },
      unchecked() {
        unchecked++;
      },
      progress(done: number) {
        invoices = done;
        if (performance.now() - toldAtMs < PROGRESS_MILLISECONDS) return;
        toldAtMs = performance.now();
        console.error(`Checked ${countOf(done, 'invoice')}, ${countOf(differences, 'difference')} so far`);
      },
    };
    await verifyInvoices(
      database.kysely,
      accounts.map((account) => account.id),
      listener,
    );
    for (const account of accounts) await tellSharedMeters(database, account);
    if (unchecked > 0)
      console.log(`The usage of ${countOf(unchecked, 'line')} is older than the raw events kept here.`);
    const checked = countOf(invoices, 'invoice');
    console.log(
      differences === 0 ? `${checked}: all as they must be.` : `${checked}, ${countOf(differences, 'difference')}.`,
    );
    if (differences > 0) process.exitCode = 1;
  });
}

/** No differences either, since two prices on one meter may be meant. */
async function tellSharedMeters({ kysely: db }: Database, account: Account): Promise<void> {
  const all = { customerId: undefined, meterId: undefined };
  for (const shared of await findSharedMeters({ db, account }, all, undefined)) {
    console.log(`${account.id} ${shared.customerId} notice: ${warningOf(shared)}`);
  }
}

function describe({ accountId, subject, what, expected, found }: InvoiceDifference): string {
  return `${accountId} ${subject} ${what}: expected ${expected}; found ${found}`;
}

function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
