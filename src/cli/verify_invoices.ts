import { listAccounts } from '../accounts/account.sql.ts';
import { type FailedCreditNoteRefund, type InvoiceDifference, verifyInvoices } from '../audit/verify.ts';
import type { UncheckedReason } from '../audit/verify_usage.ts';
import type { Database } from '../db/pool.ts';
import type { Account } from '../stripe/context.ts';
import { warningOf } from '../subscriptions/shared_meter.ts';
import { findSharedMeters } from '../subscriptions/shared_meter.sql.ts';
import { chooseAccount } from './account.ts';
import { withDatabase } from './database.ts';

/** Lines that can't be checked and are told by their ids. */
const UNCHECKED_NAMED = 20;

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
    const unchecked: Record<UncheckedReason, string[]> = { archived: [], changed_on_clock: [] };
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
      unchecked(line: string, reason: UncheckedReason) {
        unchecked[reason].push(line);
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
    tellUnchecked(unchecked);
    const checked = countOf(invoices, 'invoice');
    console.log(
      differences === 0 ? `${checked}: all as they must be.` : `${checked}, ${countOf(differences, 'difference')}.`,
    );
    if (differences > 0) process.exitCode = 1;
  });
}

/** Neither right nor wrong, as far as anybody can tell. */
function tellUnchecked({
  archived,
  changed_on_clock: changed,
}: Readonly<Record<UncheckedReason, readonly string[]>>): void {
  if (archived.length > 0) {
    console.log(`The usage of ${countOf(archived.length, 'line')} is older than the raw events kept here.`);
  }
  if (changed.length === 0) return;
  const named = [...changed.slice(0, UNCHECKED_NAMED), ...(changed.length > UNCHECKED_NAMED ? ['…'] : [])].join(', ');
  console.log(
    `${countOf(changed.length, 'line')} on test clocks count other usage than there is now, as of events that came later: ${named}.`,
  );
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
