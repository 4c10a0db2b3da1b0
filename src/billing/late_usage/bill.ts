import assert from 'node:assert/strict';
import { findProducts } from '../../catalog/product.sql.ts';
import type { InvoiceDraft } from '../../invoices/draft.ts';
import { lateLines } from '../../invoices/late_line.ts';
import { taxLines, totalsOf } from '../../invoices/totals.ts';
import type { Context } from '../../stripe/context.ts';
import { findLateTerms, judgeAll, type LateUsage } from './late_usage.ts';
import { periodsToBill } from './late_usage.sql.ts';
import type { LateUsagePolicy } from '../settings.ts';

/** The computed invoice of a subscription, and what its account wants done with late usage. */
export type Billing = { readonly lateUsage: LateUsagePolicy; readonly draft: InvoiceDraft };

/**
 * The next invoices of subscriptions, in their order, with what came late for their past periods and is on no draft yet:
 * a line each, after all others. Where the policy is to drop it, they are those that were given, and nothing is looked up.
 */
export async function withLateUsage(context: Context, all: readonly Billing[]): Promise<InvoiceDraft[]> {
  const drafts = all.map(({ draft }) => draft);
  const ids = all.flatMap(({ lateUsage, draft }) =>
    lateUsage === 'next_invoice' ? (draft.invoice.subscriptionId ?? []) : [],
  );
  if (ids.length === 0) return drafts;
  const terms = await findLateTerms(context);
  const late = await judgeAll(context, await periodsToBill(context, ids, terms.changeableSeconds), terms);
  const pending = late.filter(({ status }) => status === 'pending');
  if (pending.length === 0) return drafts;
  const productIds = [...new Set(pending.map(({ price }) => price.productId))];
  const products = new Map((await findProducts(context, productIds)).map((product) => [product.id, product]));
  const bySubscription = Map.groupBy(pending, ({ billed }) => billed.subscriptionId);
  return drafts.map((draft) =>
    withLines(draft, bySubscription.get(draft.invoice.subscriptionId ?? '') ?? [], products),
  );
}

type Products = ReadonlyMap<string, Awaited<ReturnType<typeof findProducts>>[number]>;

function withLines(draft: InvoiceDraft, late: readonly LateUsage[], products: Products): InvoiceDraft {
  const { invoice } = draft;
  // Oldest period first; those of one end in the order of their items.
  const sorted = late.toSorted((a, b) => Temporal.Instant.compare(a.billed.period.end, b.billed.period.end));
  const added = sorted.flatMap(({ billed, billedQuantity, price, usage }) => {
    const product = products.get(price.productId);
    assert(product !== undefined && usage !== null, `the late usage of ${billed.lineId} was not looked up`);
    const { subscriptionItemId, period, taxRates } = billed;
    const charge = { subscriptionItemId, price, product, taxRates, period };
    return lateLines(invoice, { ...charge, quantity: usage, billedBefore: billedQuantity });
  });
  if (added.length === 0) return draft;
  const lines = taxLines([...draft.lines, ...added], invoice);
  return { invoice: { ...invoice, ...totalsOf(lines, invoice) }, lines };
}
