import { type DueKind, DUE_RANKS, type DueWork } from '../clocks/due_work.ts';
import { removeAllDue, setAllDue } from '../clocks/due_work.sql.ts';
import { lockCustomers } from '../customers/customer.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { sendInvoices } from '../invoices/collect.ts';
import { finalizeWhatCanBe } from '../invoices/fail_finalization.ts';
import { lockInvoices } from '../invoices/invoice.sql.ts';
import { finalizationOf, type Invoice } from '../invoices/invoice.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { findBehind } from '../subscriptions/subscription.sql.ts';
import { billPendingItems } from './bill_pending.ts';
import { endSubscriptions } from './end_due.ts';
import { announceTrials, endTrials } from './end_trial.ts';
import { giveBack } from './pay_first.ts';
import { endOverdue, expireIncompletes, markPastDue } from './nonpayment.ts';
import { resumeCollections } from './pause_collection.ts';
import { expireResumptions } from './expire_resumption.ts';
import { expirePendingUpdates } from './pending_updates/expire.ts';
import { renewSubscriptions } from './renew.ts';
import { advanceSchedules, tellExpiring } from './schedules/advance.ts';
import { followInvoice } from './standing.ts';
import { tellUpcoming } from './tell_upcoming.ts';
import { checkThresholds } from './thresholds.ts';

/** An object with which something is due, and its living customer, who is locked. */
type Due = { readonly customer: Customer; readonly objectId: string };

/** Does one kind of work, in a transaction, on objects of different customers. Payments are given up, not made. */
type Step = (context: Context, due: readonly Due[], payments: Payments) => Promise<void>;

/** Collection calls to the outside, so it is not done in a transaction and stands apart. */
type StepKind = Exclude<DueKind, 'collect_invoice'>;

const STEPS: Readonly<Record<StepKind, Step>> = {
  advance_schedule: advanceSchedules,
  tell_schedule_expiring: tellExpiring,
  tell_upcoming: tellUpcoming,
  expire_pending_update: expirePendingUpdates,
  trial_will_end: announceTrials,
  end_trial: endTrials,
  resume_collection: resumeCollections,
  cancel_subscription: endSubscriptions,
  expire_resumption: expireResumptions,
  renew_subscription: renewSubscriptions,
  bill_pending_items: billPendingItems,
  expire_incomplete: expireIncompletes,
  finalize_invoice: finalizeDrafts,
  mark_past_due: markPastDue,
  end_overdue: endOverdue,
  check_thresholds: checkThresholds,
  give_back: giveBack,
};

/** The kinds of work that `doTogether` does. */
export const STEP_KINDS = (Object.keys(DUE_RANKS) as DueKind[]).filter(isStepKind);

export function isStepKind(kind: DueKind): kind is StepKind {
  return kind in STEPS;
}

/**
 * Does work of one kind whose time has come, of different customers, by as many statements as one piece of it takes. The rows of the
 * work go first: what the step leaves to be done it schedules anew, so nothing is done twice and nothing stays behind.
 */
export async function doTogether(context: Context, payments: Payments, all: readonly DueWork[]): Promise<void> {
  const [first] = all;
  if (first === undefined) return;
  if (!isStepKind(first.kind)) throw new Error(`${first.kind} is not done in a transaction`);
  const customers = await lockCustomers(
    context,
    all.map(({ customerId }) => customerId),
  );
  await removeAllDue(context, all);
  const living = new Map(customers.filter(({ deletedAt }) => deletedAt === null).map((found) => [found.id, found]));
  const due = all.flatMap(({ customerId, objectId }) => {
    const customer = living.get(customerId);
    return customer === undefined ? [] : [{ customer, objectId }];
  });
  await STEPS[first.kind](context, due, payments);
}

/**
 * Finalizes drafts whose time has come; what is then due is sent, or is to be charged at the same instant, which calls to the
 * outside. What a rule refuses stays a draft and says so, and keeps nothing else waiting.
 */
async function finalizeDrafts(context: Context, due: readonly Due[]): Promise<void> {
  const invoices = await lockInvoices(
    context,
    due.map(({ objectId }) => objectId),
    due.map(({ customer }) => customer),
  );
  const waiting = invoices.filter((invoice) => finalizationOf(invoice) !== null);
  const [late, ripe] = partition(waiting, (invoice) => isAfter(finalizationOf(invoice), context.now));
  // Somebody put these off between the look and the lock.
  await setAllDue(
    context,
    late.map((invoice) => ({ ...workOn(invoice), kind: 'finalize_invoice', dueAt: finalizationOf(invoice) })),
  );
  const byId = new Map(ripe.map((invoice) => [invoice.id, invoice]));
  const drafts = due.flatMap(({ customer, objectId }) => {
    const invoice = byId.get(objectId);
    return invoice === undefined ? [] : [{ customer, invoice }];
  });
  const final = await finalizeWhatCanBe(context, drafts);
  const open = final.filter(({ invoice }) => invoice.status === 'open');
  const [sent, charged] = partition(open, ({ invoice }) => invoice.collectionMethod === 'send_invoice');
  await sendInvoices(context, sent);
  await setAllDue(
    context,
    charged.map(({ invoice }) => ({ ...workOn(invoice), kind: 'collect_invoice', dueAt: context.now })),
  );
  await followPaid(
    context,
    final.map(({ invoice }) => invoice),
  );
}

/** Where nothing was due, that has paid an invoice, and its subscription may be in good standing again. */
async function followPaid(context: Context, invoices: readonly Invoice[]): Promise<void> {
  const paid = invoices.filter(({ status }) => status === 'paid');
  const behind = await findBehind(
    context,
    paid.flatMap(({ subscriptionId }) => subscriptionId ?? []),
  );
  for (const { id, subscriptionId } of paid) {
    if (subscriptionId !== null && behind.has(subscriptionId)) await followInvoice(context, id);
  }
}

function workOn({ id: objectId, customerId, testClockId }: Invoice) {
  return { objectId, customerId, testClockId };
}

function isAfter(at: Temporal.Instant | null, now: Temporal.Instant): boolean {
  return at !== null && Temporal.Instant.compare(at, now) > 0;
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  const { first = [], second = [] } = Object.groupBy(all, (one) => (isFirst(one) ? 'first' : 'second'));
  return [first, second];
}
