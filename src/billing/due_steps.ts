import { type DueKind, DUE_RANKS, type DueWork } from '../clocks/due_work.ts';
import { removeDue, setDue } from '../clocks/due_work.sql.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { finalizeInvoice } from '../invoices/finalize.ts';
import { findInvoices, lockInvoiceRow } from '../invoices/invoice.sql.ts';
import { finalizationOf } from '../invoices/invoice.ts';
import type { Context } from '../stripe/context.ts';
import { renewSubscription } from './renew.ts';

/** Does one kind of work, in a transaction, on an object of a living customer, who is locked. */
type Step = (context: Context, customer: Customer, objectId: string) => Promise<void>;

/** Collection calls to the outside, so it is not done in a transaction and stands apart. */
type StepKind = Exclude<DueKind, 'collect_invoice'>;

const STEPS: Readonly<Record<StepKind, Step>> = {
  renew_subscription: renewSubscription,
  finalize_invoice: finalizeDraft,
};

/** The kinds of work that `doStep` does. */
export const STEP_KINDS = (Object.keys(DUE_RANKS) as DueKind[]).filter(isStepKind);

export function isStepKind(kind: DueKind): kind is StepKind {
  return kind in STEPS;
}

/**
 * Does work whose time has come. The row of the work goes first: what the step leaves to be done it schedules anew, so
 * nothing is done twice and nothing stays behind.
 */
export async function doStep(context: Context, work: DueWork): Promise<void> {
  if (!isStepKind(work.kind)) throw new Error(`${work.kind} is not done in a transaction`);
  const customer = await lockCustomer(context, work.customerId);
  await removeDue(context, work);
  if (customer === undefined || customer.deletedAt !== null) return;
  await STEPS[work.kind](context, customer, work.objectId);
}

/** Finalizes a draft whose time has come; what is then due is to be collected at the same instant. */
async function finalizeDraft(context: Context, customer: Customer, id: string): Promise<void> {
  await lockInvoiceRow(context, id);
  const [invoice] = await findInvoices(context, [id]);
  const dueAt = invoice === undefined ? null : finalizationOf(invoice);
  if (invoice === undefined || dueAt === null) return;
  const work = { objectId: id, customerId: customer.id, testClockId: customer.testClockId };
  if (Temporal.Instant.compare(dueAt, context.now) > 0) {
    // Somebody put it off between the look and the lock.
    await setDue(context, { ...work, kind: 'finalize_invoice', dueAt });
    return;
  }
  const finalized = await finalizeInvoice(context, customer, { invoice });
  if (finalized.invoice.status !== 'open') return;
  await setDue(context, { ...work, kind: 'collect_invoice', dueAt: context.now });
}
