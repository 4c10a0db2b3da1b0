import type { InvoiceDraft } from '../../invoices/draft.ts';
import type { Context } from '../../stripe/context.ts';
import { timestampOf } from '../../subscriptions/added_period.ts';
import {
  type AddedItem,
  type AddedPeriod,
  addedPeriod,
  type Phase as PlannedPhase,
  WHOLE_PERIOD,
} from '../../subscriptions/schedule.ts';
import { firstAmountOf } from '../../subscriptions/discounts.ts';
import type { Period } from '../../time/period.ts';
import { type Billed, plannedItem, redeemable } from '../schedules/phase.ts';
import type { PlacedItem, PlannedItem } from './items.ts';
import type { PhaseParams } from './preview.params.ts';
import type { Wanted } from './subscription.ts';

type AddedParams = NonNullable<PhaseParams['add_invoice_items']>[number];

/** What phases that nobody has made charge once; `at` is where the phase stands. */
export function placedItems(
  added: readonly AddedParams[],
  phase: Pick<PlannedPhase, 'start' | 'end'>,
  current: Period,
  at: string,
): PlacedItem[] {
  return added.map(({ period, ...params }, index) => {
    const place = `${at}[add_invoice_items][${index}]`;
    return { params: { ...params, period: addedPeriod(edgesOf(period, place), phase, current) }, at: place };
  });
}

function edgesOf(period: AddedParams['period'], at: string): AddedPeriod {
  if (period === undefined) return WHOLE_PERIOD;
  const { start, end } = period;
  return {
    start: { type: start.type, at: timestampOf(start, `${at}[period][start]`) },
    end: { type: end.type, at: timestampOf(end, `${at}[period][end]`) },
  };
}

/** What a planned phase charges once, archived prices included, as it will when it begins. */
export async function plannedItems(
  context: Context,
  billed: Billed,
  phase: {
    readonly start: Temporal.Instant;
    readonly end: Temporal.Instant;
    readonly addedItems: readonly AddedItem[];
  },
  current: Period,
): Promise<PlannedItem[]> {
  const items: PlannedItem[] = [];
  for (const [index, added] of phase.addedItems.entries()) {
    const item = await plannedItem(context, billed, added, addedPeriod(added.period, phase, current));
    const discounts = await redeemable(context, item, added.discounts);
    items.push({ item, discounts, at: `add_invoice_items[${index}]` });
  }
  return items;
}

/** A subscription that a planned phase begins, without the discounts of items that ask for more than its first invoice bills. */
export async function withAffordable(
  context: Context,
  wanted: Wanted,
  planned: PlannedPhase | undefined,
  first: InvoiceDraft | undefined,
): Promise<Wanted> {
  if (planned === undefined) return wanted;
  const { customerId, currency, items } = wanted.subscription;
  const discounts = new Map(wanted.discounts);
  for (const [index, item] of items.entries()) {
    const target = { customerId, currency, amount: firstAmountOf(item, first) };
    const own = await redeemable(context, target, planned.items[index]?.discounts ?? []);
    discounts.set(item.id, { wanted: own, at: `items[${index}][discounts]` });
  }
  return { ...wanted, discounts };
}
