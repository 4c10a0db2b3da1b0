import assert from 'node:assert/strict';
import { setAllDue } from '../clocks/due_work.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { recordEvent, recordEvents, type Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { applyBalances } from './apply_balance.ts';
import {
  type AdvancingInvoicesOf,
  insertInvoices,
  lockAdvancingInvoices,
  updateInvoice,
  updateInvoices,
} from './invoice.sql.ts';
import { type Invoice, snapshotOf, type WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { withCurrentUsages } from './current_usage.ts';
import { findLinesOf, insertLines, replaceLines } from './line.sql.ts';
import { takeNumbers } from './number.ts';
import { openPayments } from './open_payment.ts';
import { findWholeInvoices } from './read.ts';

/** Stores a draft and tells `invoice.created`. */
export async function createInvoice(context: Context, draft: WholeInvoice): Promise<void> {
  await recordEvents(context, await createInvoices(context, [draft]));
}

/** Stores drafts; what this tells, in their order, is for the caller to record. */
export async function createInvoices(context: Context, drafts: readonly WholeInvoice[]): Promise<Told[]> {
  await insertInvoices(
    context,
    drafts.map(({ invoice }) => invoice),
  );
  await insertLines(context, drafts);
  return drafts.map((draft) => ({ type: 'invoice.created', object: viewInvoice(context, draft) }));
}

/** A stored draft that is to be final, and its locked customer as it is now. */
export type Finalizable = { readonly customer: Customer; readonly invoice: Invoice };

/** What is due waits for a payment, unless it was paid before, or nobody is to pay it. */
export type FinalizeOptions = { readonly opensPayments?: boolean };

/** Finalizes one draft, as `finalizeInvoices` does. */
export async function finalizeInvoice(
  context: Context,
  customer: Customer,
  { invoice }: Pick<WholeInvoice, 'invoice'>,
  options: FinalizeOptions = {},
): Promise<WholeInvoice> {
  const [whole] = await finalizeInvoices(context, [{ customer, invoice }], options);
  assert(whole !== undefined, 'one draft makes one invoice');
  return whole;
}

/**
 * Finalizes stored drafts of different customers, in their order: the usage and the taxes of each are computed for the last time, it takes
 * the next number unless one was chosen for it, meets the customer's balance, freezes what it shows of the customer, and
 * opens; one with nothing due is paid by that. The customers must be locked and as they are now, so that no number is
 * given twice and no credit used twice. `now` must be the customers'. What is then due has a payment intent, unless
 * nobody is to pay it, and what is sent is overdue when its date has passed.
 * Tells `invoice.finalized`, and `invoice.paid` and `invoice.payment_succeeded` when paid, in that order. It takes as
 * many statements for one invoice as for all.
 */
export async function finalizeInvoices(
  context: Context,
  drafts: readonly Finalizable[],
  { opensPayments = true }: FinalizeOptions = {},
): Promise<WholeInvoice[]> {
  const { opened, toldBefore } = await openAll(context, drafts, await settleLines(context, drafts));
  const due = opened.filter(({ invoice }) => invoice.amountDue !== 0n).map(({ invoice }) => invoice);
  const finished = opened.map(({ invoice, lines }) => ({ invoice: paidIfNothingDue(context, invoice), lines }));
  await updateInvoices(
    context,
    finished.map(({ invoice }) => invoice),
  );
  const intents = await openPayments(context, opensPayments ? due : []);
  await scheduleOverdue(context, due);
  const told = finished.flatMap((whole, place) => [
    ...(toldBefore.get(whole.invoice.customerId) ?? []),
    { type: 'invoice.finalized', object: viewInvoice(context, opened[place] ?? whole) },
    ...toldWhenPaid(context, whole),
    ...(intents.told.has(whole.invoice.id) ? [intents.told.get(whole.invoice.id) as Told] : []),
  ]);
  await recordEvents(context, told);
  return finished;
}

async function scheduleOverdue(context: Context, due: readonly Invoice[]): Promise<void> {
  const dated = due.filter(({ dueAt }) => dueAt !== null);
  await setAllDue(
    context,
    dated.map(({ id: objectId, customerId, testClockId, dueAt }) => {
      return { kind: 'mark_past_due', objectId, customerId, testClockId, dueAt };
    }),
  );
}

/** Drafts with the usage that they keep from now on: lines that are other than the stored ones take their place. */
async function settleLines(context: Context, drafts: readonly Finalizable[]): Promise<WholeInvoice[]> {
  const ids = drafts.map(({ invoice }) => invoice.id);
  // What was read of a draft may have lines that are newer than the stored ones.
  const lines = await findLinesOf(context, ids);
  const stored = drafts.map(({ customer, invoice }) => ({
    invoice: { ...invoice, customer: snapshotOf(customer) },
    lines: lines.get(invoice.id) ?? [],
  }));
  const current = await withCurrentUsages(context, stored);
  await replaceLines(
    context,
    current.filter((whole, place) => whole.lines !== stored[place]?.lines),
  );
  return current;
}

/** Opens drafts: they meet the balance, freeze the customer and take their numbers. What this tells comes by customer. */
async function openAll(
  context: Context,
  drafts: readonly Finalizable[],
  current: readonly WholeInvoice[],
): Promise<{ opened: WholeInvoice[]; toldBefore: Map<string, readonly Told[]> }> {
  const balances = await applyBalances(
    context,
    drafts.map(({ customer }, place) => ({ customer, invoice: (current[place] as WholeInvoice).invoice })),
  );
  const met = balances.map(({ told: _told, ...balance }, place): Invoice => ({
    ...(current[place] as WholeInvoice).invoice,
    ...balance,
    status: 'open',
    automaticallyFinalizesAt: null,
    lastFinalizationError: null,
    finalizedAt: context.now,
  }));
  const unnumbered = drafts.filter(({ invoice }) => invoice.number === null);
  const taken = await takeNumbers(
    context,
    unnumbered.map(({ customer }) => customer),
  );
  const opened = met.map((invoice, place) => ({
    invoice: { ...invoice, number: invoice.number ?? taken.get(invoice.customerId)?.number ?? null },
    lines: current[place]?.lines ?? [],
  }));
  const toldBefore = drafts.map(({ customer: { id } }, place): [string, readonly Told[]] => [
    id,
    [...(balances[place]?.told ?? []), ...(taken.get(id)?.told ?? [])],
  ]);
  return { opened, toldBefore: new Map(toldBefore) };
}

/** With nothing due an invoice is paid. It counts as attempted, although no payment was tried. */
function paidIfNothingDue({ now }: Context, invoice: Invoice): Invoice {
  if (invoice.amountDue !== 0n) return invoice;
  return {
    ...invoice,
    status: 'paid',
    attempted: true,
    autoAdvance: false,
    nextPaymentAttemptAt: null,
    paidAt: now,
  };
}

function toldWhenPaid(context: Context, whole: WholeInvoice): Told[] {
  if (whole.invoice.status !== 'paid') return [];
  const object = viewInvoice(context, whole);
  return ['invoice.paid', 'invoice.payment_succeeded'].map((type) => ({ type, object }));
}

/**
 * Drafts and open invoices of a subscription that ends, or of a customer who is deleted, no longer go on by themselves; tells
 * `invoice.updated`. `now` must be the customer's.
 */
export async function stopInvoices(context: Context, of: AdvancingInvoicesOf): Promise<void> {
  const advancing = await findWholeInvoices(context, await lockAdvancingInvoices(context, of));
  for (const whole of advancing) {
    const stopped: Invoice = {
      ...whole.invoice,
      autoAdvance: false,
      automaticallyFinalizesAt: null,
      nextPaymentAttemptAt: null,
    };
    await updateInvoice(context, stopped);
    // The totals of a draft are those of its lines as they are now, which may not be stored yet.
    if (stopped.status === 'draft') await replaceLines(context, [whole]);
    const after = viewInvoice(context, { ...whole, invoice: stopped });
    await recordEvent(context, 'invoice.updated', after, viewInvoice(context, whole));
  }
}
