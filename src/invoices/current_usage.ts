import assert from 'node:assert/strict';
import { findPrices } from '../catalog/price.sql.ts';
import type { Price } from '../catalog/price.ts';
import { findProducts } from '../catalog/product.sql.ts';
import type { Product } from '../catalog/product.ts';
import type { Scope } from '../db/scope.ts';
import { findMeters } from '../metering/meter.sql.ts';
import type { Meter } from '../metering/meter.ts';
import { usageOfAll, type Wanted } from '../metering/usage.sql.ts';
import type { Decimal } from '../money/decimal.ts';
import { rateCharge } from './draft.ts';
import type { InvoiceLine, WholeInvoice } from './invoice.ts';
import { lateLines } from './late_line.ts';
import { discountLines, taxLines, totalsOf } from './totals.ts';

/** What the lines of a metered item are computed from. */
type UsageLines = { readonly price: Price; readonly product: Product; readonly meter: Meter };

/**
 * A draft with its usage as it is now, and taxed as its customer is now. Until it is finalized a draft follows late events
 * and the customer, so whoever shows it or finalizes it asks for this; all its lines must be given. Lines that stay keep their ids, and when all stay, `lines`
 * is the very list that was given. Other invoices come back as they are.
 */
export async function withCurrentUsage(scope: Scope, whole: WholeInvoice): Promise<WholeInvoice> {
  const [current = whole] = await withCurrentUsages(scope, [whole]);
  return current;
}

/** The same for any number of drafts, in their order, whose usage is looked up together. */
export async function withCurrentUsages(scope: Scope, all: readonly WholeInvoice[]): Promise<WholeInvoice[]> {
  const drafts = all.filter(({ invoice }) => invoice.status === 'draft');
  const sources = await findSources(
    scope,
    drafts.flatMap(({ lines }) => lines),
  );
  const groups = drafts.flatMap((whole) => groupsOf(whole, sources));
  const metered = groups.filter((group) => group.usage !== undefined);
  const usage = await usageOfAll(scope, metered.flatMap(wantedBy));
  const quantities = new Map(metered.map((group, place) => [group, usage[place]]));
  const byDraft = Map.groupBy(groups, ({ whole }) => whole);
  return all.map((whole) => rateDraft(whole, byDraft.get(whole) ?? [], quantities));
}

/** Lines of one item and period; `usage` where they are computed from usage. */
type Group = {
  readonly whole: WholeInvoice;
  readonly lines: readonly InvoiceLine[];
  readonly usage: { readonly first: ItemLine; readonly source: UsageLines } | undefined;
};

function groupsOf(whole: WholeInvoice, sources: ReadonlyMap<string, UsageLines>): Group[] {
  return [...Map.groupBy(whole.lines, groupOf).values()].map((lines) => {
    const [first] = lines;
    const source = sources.get(first?.priceId ?? '');
    return {
      whole,
      lines,
      usage: isUsage(first) && isOver(first, whole) && source !== undefined ? { first, source } : undefined,
    };
  });
}

function wantedBy({ whole: { invoice }, usage }: Group): Wanted[] {
  if (usage === undefined) return [];
  const { meter, price } = usage.source;
  return [{ meter, customerId: invoice.customerId, period: usage.first.period, filter: price.dimensionFilter }];
}

function rateDraft(
  whole: WholeInvoice,
  groups: readonly Group[],
  quantities: ReadonlyMap<Group, Decimal | undefined>,
): WholeInvoice {
  const { invoice } = whole;
  if (invoice.status !== 'draft') return whole;
  const lines = taxLines(linesOfUsage(whole, groups, quantities), invoice);
  return { invoice: { ...invoice, ...totalsOf(lines, invoice) }, lines };
}

/** The lines of a draft with its usage as it is now, discounted but not taxed; when all stay, the very list. */
function linesOfUsage(
  whole: WholeInvoice,
  groups: readonly Group[],
  quantities: ReadonlyMap<Group, Decimal | undefined>,
): readonly InvoiceLine[] {
  if (groups.every(({ usage }) => usage === undefined)) return whole.lines;
  const lines = groups.flatMap((group) => rateAgain(group, quantities.get(group)));
  const isSame = lines.length === whole.lines.length && lines.every((line, index) => line === whole.lines[index]);
  return isSame ? whole.lines : discountLines(lines, whole.invoice.discounts);
}

/** Lines of one item and period stand together, in the order of the computation. */
function groupOf({ subscriptionItemId, invoiceItemId, period }: InvoiceLine): string {
  return `${invoiceItemId ?? subscriptionItemId} ${period.start.toString()} ${period.end.toString()}`;
}

type ItemLine = InvoiceLine & { readonly subscriptionItemId: string };

/** A line of a subscription item, but no proration of it; one that only announces itself has an empty period, and never any usage. */
function isUsage(line: InvoiceLine | undefined): line is ItemLine {
  if (line === undefined || line.subscriptionItemId === null || line.invoiceItemId !== null) return false;
  return !line.period.start.equals(line.period.end);
}

/**
 * Threshold invoices bill the usage up to their creation and no later: their lines are of a period that was not over then.
 * Where a threshold made the period end, it was.
 */
function isOver({ period }: InvoiceLine, { invoice }: WholeInvoice): boolean {
  return invoice.thresholdReason === null || Temporal.Instant.compare(period.end, invoice.createdAt) <= 0;
}

/** What the metered lines are computed from, by price. */
async function findSources(scope: Scope, lines: readonly InvoiceLine[]): Promise<Map<string, UsageLines>> {
  const unique = (ids: readonly string[]) => [...new Set(ids)];
  const prices = await findPrices(scope, unique(lines.flatMap((line) => line.priceId ?? [])));
  const metered = prices.filter((price) => price.recurring?.meterId != null);
  if (metered.length === 0) return new Map();
  const meters = await findMeters(scope, unique(metered.map((price) => price.recurring?.meterId ?? '')));
  const products = await findProducts(scope, unique(metered.map((price) => price.productId)));
  return new Map(
    metered.map((price) => {
      const meter = meters.find(({ id }) => id === price.recurring?.meterId);
      const product = products.find(({ id }) => id === price.productId);
      assert(meter !== undefined && product !== undefined, `the price ${price.id} has no meter or no product`);
      return [price.id, { price, product, meter }];
    }),
  );
}

function rateAgain({ whole, lines, usage }: Group, quantity: Decimal | undefined): readonly InvoiceLine[] {
  if (usage === undefined) return lines;
  assert(quantity !== undefined, `the usage of ${usage.first.subscriptionItemId} was not looked up`);
  const { first, source } = usage;
  const { id: firstId, subscriptionItemId, taxRates, period, billedBefore, billedSoFar, freeTrial } = first;
  const { price, product } = source;
  const terms = { subscriptionItemId, price, product, taxRates, period, billedSoFar, freeTrial };
  const charge = { ...terms, quantity, announcesOnly: false };
  const rated =
    billedBefore === null ? rateCharge(whole.invoice, charge) : lateLines(whole.invoice, { ...charge, billedBefore });
  return rated.map((line, index) => {
    const stored = lines[index];
    if (stored === undefined) return { ...line, id: idOfAdded(firstId, index) };
    return tellsTheSame(line, stored) ? stored : { ...line, id: stored.id, metadata: stored.metadata };
  });
}

/** Lines that later usage adds are not stored until finalization, and yet keep their ids from one reading to the next. */
function idOfAdded(firstId: string, index: number): string {
  const tail = String(index).padStart(4, '0');
  return firstId.slice(0, -tail.length) + tail;
}

function tellsTheSame(line: Omit<InvoiceLine, 'id'>, stored: InvoiceLine): boolean {
  return (
    line.amount === stored.amount &&
    line.quantity.eq(stored.quantity) &&
    line.unitAmount.eq(stored.unitAmount) &&
    line.description === stored.description
  );
}
