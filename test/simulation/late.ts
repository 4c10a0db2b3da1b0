import { compareRationals, rational } from '../support/naive-rating.ts';
import { lateOf, usageIn } from './totals.ts';
import type { Charge, Invoice, Subscription, World } from './world.ts';

/** Usage of a period, and the invoice that billed it. */
type Billed = { readonly invoice: Invoice; readonly charge: Extract<Charge, { readonly kind: 'usage' }> };

/**
 * What came since the final invoices of past periods were made, a charge for each, the oldest period first. A period has
 * one on one draft at a time; what is void is not billed, unless it billed the period first.
 */
export function lateCharges(world: World, subscription: Subscription): Charge[] {
  if (!world.billsLate) return [];
  const billed = world.invoices
    .filter((invoice) => invoice.subscription === subscription.name && invoice.status !== 'draft')
    .toReversed()
    .flatMap((invoice) => invoice.charges.flatMap((charge) => (isPaidUsage(charge) ? [{ invoice, charge }] : [])));
  const late = billed.flatMap((each) => lateOfPeriod(world, each));
  return late.toSorted((a, b) => a.period.end - b.period.end);
}

function isPaidUsage(charge: Charge): charge is Billed['charge'] {
  return charge.kind === 'usage' && !charge.free && charge.period.start < charge.period.end;
}

function lateOfPeriod(world: World, { invoice, charge: of }: Billed): Extract<Charge, { readonly kind: 'late' }>[] {
  const { item, period, price } = of;
  const bills = world.invoices.filter((other) => other.charges.some((each) => each.kind === 'late' && each.of === of));
  if (bills.some(({ status }) => status === 'draft')) return [];
  const amounts = [invoice, ...bills.filter(({ status }) => status !== 'void')].flatMap((one) =>
    [...one.used].flatMap(([each, used]) => (each === of || (each.kind === 'late' && each.of === of) ? [used] : [])),
  );
  // Each bill is of the whole period up to then; one that was of less bills nothing, and so says nothing.
  const billed = ['0', ...amounts].reduce((most, used) =>
    compareRationals(rational(used), rational(most)) > 0 ? used : most,
  );
  const used = usageIn(world, { customer: invoice.customer, meter: price.meter!, period });
  return lateOf(price.model, used, billed) === null ? [] : [{ kind: 'late', item, price, period, of, billed }];
}
