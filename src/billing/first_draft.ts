import type { InvoiceDraft } from '../invoices/draft.ts';
import { MAX_BACKDATED_LINES } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { type Facts, firstInvoice, pastKey, pastPeriods } from './charges.ts';
import { usageOf } from './usage.ts';

/**
 * The invoice that a subscription starts with, with what was used before it was made where it is backdated. `param` names
 * the start in the request. Throws for a start so long ago that the invoice would have too many lines.
 */
export async function firstDraft(
  context: Context,
  facts: Facts,
  param = 'backdate_start_date',
): Promise<InvoiceDraft | undefined> {
  const { id: customerId } = facts.customer;
  const past = facts.subscription.items.flatMap((item) =>
    pastPeriods(facts.subscription, item).map((period) => ({ item, period })),
  );
  if (past.length > MAX_BACKDATED_LINES) throw tooManyLines(param);
  const wanted = past.map(({ item, period }) => {
    return { customerId, item: { id: pastKey(item, period), price: item.price }, period };
  });
  const draft = firstInvoice(facts, await usageOf(context, wanted));
  // Tiers alone may make more lines of one period: that is no fault of the start.
  const { startedAt, createdAt } = facts.subscription;
  const isBackdated = Temporal.Instant.compare(startedAt, createdAt) < 0;
  if (isBackdated && draft !== undefined && draft.lines.length > MAX_BACKDATED_LINES) throw tooManyLines(param);
  return draft;
}

function tooManyLines(param: string) {
  return invalidRequest(
    `The first invoice of a subscription can have at most ${MAX_BACKDATED_LINES} lines: the start date is too long ago for the billing periods of its items.`,
    param,
  );
}
