import { recordEvent } from '../events/record.ts';
import { inSavepoint } from '../db/transaction.ts';
import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import { finalizeInvoices, type Finalizable, type FinalizeOptions } from './finalize.ts';
import { updateInvoice } from './invoice.sql.ts';
import type { FinalizationError, Invoice, WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { findWholeInvoices } from './read.ts';

/**
 * Finalizes drafts whose time has come, as `finalizeInvoices` does, and answers those that are final. One that a rule refuses,
 * as an amount beyond what a customer can owe, stays a draft that waits for somebody, with what was wrong as its
 * `last_finalization_error`; tells `invoice.finalization_failed`. It spoils no other. The drafts must be as they are stored.
 */
export async function finalizeWhatCanBe(
  context: Context,
  drafts: readonly Finalizable[],
  options: FinalizeOptions = {},
): Promise<WholeInvoice[]> {
  try {
    return await inSavepoint(context.db, () => finalizeInvoices(context, drafts, options));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const [first, ...others] = drafts;
    if (first !== undefined && others.length === 0) {
      await failFinalization(context, first.invoice, error);
      return [];
    }
    const final: WholeInvoice[] = [];
    for (const draft of drafts) final.push(...(await finalizeWhatCanBe(context, [draft], options)));
    return final;
  }
}

/** A rule says no, and always will; a lock, or a clock on its way, passes by itself. */
function isRefusal(error: unknown): error is StripeError {
  return error instanceof StripeError && error.fields.status < 409;
}

async function failFinalization(context: Context, draft: Invoice, error: StripeError): Promise<void> {
  const failed = {
    autoAdvance: false,
    automaticallyFinalizesAt: null,
    nextPaymentAttemptAt: null,
    lastFinalizationError: toldError(error),
  };
  // Its lines and totals stay as they are stored: what they would be may be the very thing that can't be.
  await updateInvoice(context, { ...draft, ...failed });
  const [whole] = await findWholeInvoices(context, [draft.id]);
  if (whole !== undefined) await recordEvent(context, 'invoice.finalization_failed', viewInvoice(context, whole));
}

function toldError({ body }: StripeError): FinalizationError {
  const { param: _param, ...told } = body.error;
  return told as FinalizationError;
}
