import type { Customer } from '../customers/customer.ts';
import { draftInvoice, type InvoiceDraft } from '../invoices/draft.ts';
import { totalsOf } from '../invoices/totals.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { currentPeriod, usagePeriod } from '../subscriptions/periods.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { withTrialEnd } from '../subscriptions/trial.ts';
import { cutShort } from '../time/period.ts';
import { type Change, type ComputedChange, inPeriods } from './apply_change.ts';
import { chargesOfCurrent, termsOf, usageInvoice } from './charges.ts';
import { closingsOf, countingUnbilled } from './counting.ts';
import { factsOf } from './facts.ts';
import { itemsOfEnd, updateDraft } from './pause.ts';
import { usageOf } from './usage.ts';

type NewTrial = Pick<Change, 'before' | 'wanted' | 'ending' | 'behavior' | 'at' | 'added'> & {
  readonly customer: Customer;
  readonly end: Temporal.Instant;
};

/**
 * What becomes of an active subscription that is given a trial from now on, and what that bills: its period ends now, with
 * credits for what is unused of it. On a flexible subscription they are pending, with the usage until now, unless they are to
 * be invoiced; a classic one has an invoice of its usage and of the trial at once, as whenever its periods start anew.
 * Nothing is written: a preview stops here.
 */
export async function computeNewTrial(
  context: Context,
  { customer, before, wanted, ending: when, behavior, at, end, added = [] }: NewTrial,
): Promise<Pick<ComputedChange, 'after' | 'items' | 'draft'>> {
  const trialing = withTrialEnd({ ...wanted, trial: null }, end, context.now);
  const begun = inPeriods(trialing, { before, ending: when });
  const ending = behavior === 'none' ? [] : await itemsOfEnd(context, { customer, before, at, countedBy: begun.items });
  const after = await countingUnbilled(
    context,
    before,
    begun,
    closingsOf(before, { items: ending, charges: [] }, context.now),
  );
  const items = [...ending, ...added];
  if (before.billingMode === 'classic') {
    return { after, items, draft: await classicDraft(context, customer, before, after) };
  }
  const isInvoiced = behavior === 'always_invoice' && items.length > 0;
  const draft = isInvoiced ? updateDraft(context, before, await factsOf(context, customer, after)) : undefined;
  return { after, items, draft };
}

async function classicDraft(
  context: Context,
  customer: Customer,
  before: Subscription,
  after: Subscription,
): Promise<InvoiceDraft> {
  const { now } = context;
  const facts = await factsOf(context, customer, after);
  const timing = {
    billingReason: 'subscription_update',
    period: { start: currentPeriod(before).start, end: now },
    createdAt: now,
  } as const;
  const { invoice, lines } = draftInvoice({ ...termsOf(facts), ...timing }, chargesOfCurrent(facts));
  const metered = before.items
    .filter(({ quantity }) => quantity === null)
    .map((item) => ({ ...item, currentPeriod: cutShort(item.currentPeriod, now) }));
  const usage = await usageOf(
    context,
    metered.map((item) => ({ customerId: customer.id, item, period: usagePeriod(item) })),
  );
  const used = usageInvoice({ ...facts, subscription: before }, metered, usage, timing);
  const all = [...lines, ...used.lines];
  return { invoice: { ...invoice, ...totalsOf(all, invoice) }, lines: all };
}

/** Throws for a subscription that can't be given a trial. */
export function refuseTrialOf({ id, status }: Subscription, param: string): StripeError {
  return invalidRequest(
    `Only an active subscription can be given a trial: the status of ${id} is \`${status}\`.`,
    param,
  );
}
