import { compareRationals, rational } from '../support/naive-rating.ts';
import { lateOf, usageIn } from './totals.ts';
import type { Charge, Invoice, Rest, Subscription, World } from './world.ts';

type Late = Extract<Charge, { readonly kind: 'late' }>;

/** Usage of an item that was billed, and how much that was. */
type Billed = Pick<Late, 'item' | 'period' | 'price' | 'of'> & { readonly used: string };

/**
 * What came since past periods were billed by a final invoice, or were closed by a change: a charge for each, the oldest
 * period first. A period has one on one draft at a time; what is void is not billed, unless it billed the period first.
 */
export function lateCharges(world: World, subscription: Subscription): Charge[] {
  if (!world.billsLate) return [];
  const own = world.invoices.filter((invoice) => invoice.subscription === subscription.name).toReversed();
  const closed = [...own.flatMap(({ charges }) => charges), ...world.pending.toReversed()].flatMap((each) =>
    'rest' in each && each.rest !== null && isOf(each, subscription) ? [each.rest] : [],
  );
  const billed = [
    ...own.filter(({ status }) => status !== 'draft').flatMap(usageOn),
    ...[...new Set(closed)].map((rest: Rest): Billed => ({ ...rest, of: rest, used: largest(rest.used, rest.billed) })),
  ];
  const late = billed.flatMap((each) => lateOfPeriod(world, subscription, each));
  return late.toSorted((a, b) => a.period.end - b.period.end);
}

function isOf(item: object, { name }: Subscription): boolean {
  return !('subscription' in item) || item.subscription === name;
}

/** The usage of whole periods that an invoice billed; a threshold bills a part of one. */
function usageOn({ charges, used }: Invoice): Billed[] {
  return charges.flatMap((of) => {
    if (of.kind !== 'usage' || of.free || of.used !== null || of.period.start >= of.period.end) return [];
    return [{ item: of.item, period: of.period, price: of.price, of, used: largest(used.get(of) ?? '0', of.billed) }];
  });
}

function lateOfPeriod(world: World, { customer }: Subscription, { used: first, ...of }: Billed): Late[] {
  const bills = world.invoices.filter((other) =>
    other.charges.some((each) => each.kind === 'late' && each.of === of.of),
  );
  if (bills.some(({ status }) => status === 'draft')) return [];
  const later = bills
    .filter(({ status }) => status !== 'void')
    .flatMap(({ used }) =>
      [...used].flatMap(([each, sum]) => (each.kind === 'late' && each.of === of.of ? [sum] : [])),
    );
  // Each bill is of the whole period up to then; one that was of less bills nothing, and so says nothing.
  const billed = [first, ...later].reduce(largest);
  const used = usageIn(world, { customer, meter: of.price.meter!, period: of.period });
  return lateOf(of.price.model, used, billed) === null ? [] : [{ kind: 'late', ...of, billed }];
}

/** Less than nothing is nothing. */
function largest(some: string, other: string): string {
  return [some, other, '0'].reduce((most, each) =>
    compareRationals(rational(each), rational(most)) > 0 ? each : most,
  );
}
