import { atTimeOf } from '../clocks/time.ts';
import { recordEvent } from '../events/record.ts';
import { withdrawCredit } from '../invoices/credit.ts';
import { lockInvoice } from '../invoices/lock.ts';
import { checkNoneOnItsWay } from '../invoices/open_payment.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { WholeCreditNote } from './credit_note.ts';
import type { CreditNoteChange } from './credit_note.params.ts';
import { lockCreditNote, updateCreditNote } from './credit_note.sql.ts';
import { viewCreditNote } from './credit_note.view.ts';
import { completeNotes, requireCreditNote } from './read.ts';

/** Changes the words of a credit note, and tells `credit_note.updated`. Throws resource_missing. */
export async function changeCreditNote(
  requested: Context,
  id: string,
  { memo, metadata }: CreditNoteChange,
): Promise<WholeCreditNote> {
  const before = await lockWhole(requested, id);
  const context = await atTimeOf(requested, before.note.testClockId);
  const note = {
    ...before.note,
    memo: memo ?? before.note.memo,
    metadata: changeMetadata(before.note.metadata, metadata),
  };
  await updateCreditNote(context, note);
  const after = { ...before, note };
  await recordEvent(context, 'credit_note.updated', viewCreditNote(context, after), viewCreditNote(context, before));
  return after;
}

/**
 * Voids a credit note of an open invoice, which is owed again what it took off; tells `credit_note.voided`. Throws for
 * other invoices, since what was paid or given back by it can't be taken back, and for one that is void.
 */
export async function voidCreditNote(requested: Context, payments: Payments, id: string): Promise<WholeCreditNote> {
  const known = await requireCreditNote(requested, id);
  const { context, whole } = await lockInvoice(requested, known.note.invoiceId, 'void_credit_note');
  await checkNoneOnItsWay(context, whole.invoice.id);
  const before = await lockWhole(context, id);
  if (before.note.status === 'void') throw invalidRequest('This credit note is already void.');
  const after: WholeCreditNote = { ...before, note: { ...before.note, status: 'void', voidedAt: context.now } };
  await updateCreditNote(context, after.note);
  await recordEvent(context, 'credit_note.voided', viewCreditNote(context, after));
  await withdrawCredit(context, payments, whole, before.note.prePaymentAmount);
  return after;
}

async function lockWhole(context: Context, id: string): Promise<WholeCreditNote> {
  const note = await lockCreditNote(context, id);
  const [whole] = note === undefined ? [] : await completeNotes(context, [note]);
  if (whole === undefined) throw resourceMissing('credit_note', id);
  return whole;
}
