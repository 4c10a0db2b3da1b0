import type { Price } from '../catalog/price.ts';
import type { Charge } from '../invoices/draft.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import type { DimensionFilter } from '../metering/usage.sql.ts';
import type { Context } from '../stripe/context.ts';
import { usagePeriod } from '../subscriptions/periods.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import { findClosings } from './counting.sql.ts';

/** Usage of a customer that was billed up to the end of a second that is not over yet. */
export type Closing = {
  readonly meterId: string;
  readonly filter: DimensionFilter;
  readonly end: Temporal.Instant;
};

type Counted = Pick<Price, 'dimensionFilter' | 'recurring'>;

/** Whether an item begins at that time, or a second later, to count all that another price counts. */
export function goesOnCounting(item: SubscriptionItem, price: Counted, at: Temporal.Instant): boolean {
  if (item.quantity !== null || meterOf(item.price) !== meterOf(price)) return false;
  const wanted = Object.entries(item.price.dimensionFilter);
  const isAll = wanted.every(([key, value]) => price.dimensionFilter[key] === value);
  return isAll && Temporal.Instant.compare(usagePeriod(item).start, at) >= 0;
}

/**
 * A subscription whose metered items begin to count where what others have billed ends. Who closes a meter for good bills the
 * second in which that happens; so who begins to count it in that second, be it another subscription, begins with the next.
 * `before` is the subscription as it was, whose items go on; `closed` is what the same change closes.
 */
export async function countingUnbilled(
  context: Context,
  before: Subscription | null,
  after: Subscription,
  closed: readonly Closing[] = [],
): Promise<Subscription> {
  const begun = after.items.filter((item) => begins(before, item, context.now));
  if (begun.length === 0) return after;
  const stored = await findClosings(context, after.customerId, context.now);
  return countingAfter(before, after, [...closed, ...stored], context.now);
}

/** The same with all closings known, for items that begin at `from` or later; pure. */
export function countingAfter(
  before: Subscription | null,
  after: Subscription,
  closings: readonly Closing[],
  from: Temporal.Instant,
): Subscription {
  if (closings.length === 0) return after;
  const items = after.items.map((item) => (begins(before, item, from) ? countedAfter(item, closings) : item));
  return { ...after, items };
}

function begins(before: Subscription | null, item: SubscriptionItem, from: Temporal.Instant): boolean {
  const { start } = usagePeriod(item);
  if (item.quantity !== null || Temporal.Instant.compare(start, from) < 0) return false;
  const old = before?.items.find(({ id, price }) => id === item.id && price.id === item.price.id);
  return old === undefined || !usagePeriod(old).start.equals(start);
}

function countedAfter(item: SubscriptionItem, closings: readonly Closing[]): SubscriptionItem {
  const { start, end: last } = usagePeriod(item);
  const ends = closings.filter((closing) => isShared(closing, item.price)).map(({ end }) => end);
  const [end] = ends.toSorted((a, b) => Temporal.Instant.compare(b, a));
  if (end === undefined || Temporal.Instant.compare(end, start) <= 0) return item;
  return Temporal.Instant.compare(end, last) < 0 ? { ...item, usageStartAt: end } : item;
}

/** Both have usage in common, unless they ask for different values of one dimension. */
function isShared({ meterId, filter }: Closing, price: Counted): boolean {
  if (meterOf(price) !== meterId) return false;
  return Object.entries(price.dimensionFilter).every(([key, value]) => (filter[key] ?? value) === value);
}

/** What a change closes of the usage of its items beyond `now`: as invoice items, and as charges of an invoice. */
export function closingsOf(
  { items: before }: Pick<Subscription, 'items'>,
  billed: { readonly items: readonly InvoiceItem[]; readonly charges: readonly Charge[] },
  now: Temporal.Instant,
): Closing[] {
  const parts = [...billed.items.filter(({ proration }) => !proration), ...billed.charges];
  return parts.flatMap(({ subscriptionItemId, period: { end } }) => {
    const price = before.find(({ id }) => id === subscriptionItemId)?.price;
    const meterId = price && meterOf(price);
    if (price === undefined || meterId === undefined || Temporal.Instant.compare(end, now) <= 0) return [];
    return [{ meterId, filter: price.dimensionFilter, end }];
  });
}

function meterOf({ recurring }: Counted): string | undefined {
  return recurring?.meterId ?? undefined;
}
