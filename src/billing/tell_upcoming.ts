import { recordEvents, type Told } from '../events/record.ts';
import { asPreview } from '../invoices/draft.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { viewInvoice } from '../invoices/invoice.view.ts';
import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import { keepSubscriptions } from '../subscriptions/keep.ts';
import { currentPeriod } from '../subscriptions/periods.ts';
import { isUpcomingDue } from '../subscriptions/upcoming.ts';
import { findUpcomingDays } from '../subscriptions/upcoming.sql.ts';
import { upcomingInvoice } from './charges.ts';
import { composeInvoices } from './compose.ts';
import { outcomeOf } from './end_trial.ts';
import { factsOfAll, type Subscribed } from './facts.ts';
import { withLateUsage } from './late_usage/bill.ts';
import { asItRenews } from './preview_time.ts';
import { previewUpcoming } from './previews/preview.ts';
import { type Due, lockLiving } from './renew.ts';
import { usageOfEnding } from './usage.ts';

/**
 * Tells that invoices of subscriptions are coming: `invoice.upcoming`, once for each period, with the invoice as it would be now,
 * which has no id yet. Where nothing would be billed nothing is told.
 */
export async function tellUpcoming(context: Context, due: readonly Due[]): Promise<void> {
  const days = await findUpcomingDays(context);
  const living = await lockLiving(context, due);
  const ripe = living.filter(({ subscription }) => isUpcomingDue(subscription, days, context.now));
  // A trial may end without an invoice, where nobody would pay it.
  const billed = ripe.filter((one) => one.subscription.status !== 'trialing' || outcomeOf(one) === 'create_invoice');
  const told = [...(await tellPlain(context, billed)), ...(await tellScheduled(context, billed))];
  const isRipe = new Set(ripe.map(({ subscription }) => subscription.id));
  await keepSubscriptions(
    context,
    living.map(({ subscription: before }) => ({
      before,
      // Somebody put the others off between the look and the lock.
      after: isRipe.has(before.id) ? { ...before, upcomingToldFor: currentPeriod(before).end } : before,
    })),
  );
  await recordEvents(context, told);
}

/** Those that go on as they are: by as many statements for one as for all. */
async function tellPlain(context: Context, ripe: readonly Subscribed[]): Promise<Told[]> {
  const plain = ripe
    .filter(({ subscription }) => subscription.scheduleId === null)
    .map(({ customer, subscription }) => ({ customer, subscription: asItRenews(subscription) }));
  if (plain.length === 0) return [];
  const facts = await factsOfAll(context, plain);
  const usage = await usageOfEnding(
    context,
    plain.map(({ subscription }) => subscription),
  );
  const drafts = await withLateUsage(
    context,
    facts.map((own) => ({ ...own, draft: upcomingInvoice(own, usage) })),
  );
  const composed = await composeInvoices(
    context,
    drafts.map((draft, place) => ({ subscription: (plain[place] as Subscribed).subscription, draft })),
  );
  return composed.flatMap(({ whole }) => (whole.lines.length === 0 ? [] : [tell(context, asPreview(whole))]));
}

/** Those whose schedule may bring them into another phase by then. */
async function tellScheduled(context: Context, ripe: readonly Subscribed[]): Promise<Told[]> {
  const all: Told[] = [];
  for (const { customer, subscription } of ripe) {
    if (subscription.scheduleId === null) continue;
    const preview = await previewUpcoming(context, customer, subscription).catch(noneOf);
    if (preview !== null) all.push(tell(context, preview));
  }
  return all;
}

function noneOf(error: unknown): null {
  if (error instanceof StripeError && error.fields.code === 'invoice_upcoming_none') return null;
  throw error;
}

function tell(context: Context, preview: WholeInvoice): Told {
  return { type: 'invoice.upcoming', object: viewInvoice(context, preview), hidesId: true };
}
