import type { Charge, Item, Rest, World } from './world.ts';

type Counting = Pick<Item, 'period' | 'price' | 'usedFrom'>;

/**
 * From when on an item counts that begins to: where that is now, but somebody has closed its meter for good in this second and
 * billed all of it, with the next one.
 */
export function countedFrom(world: World, customer: string, { price, period, usedFrom }: Counting): number | null {
  const isNow = (usedFrom ?? period.start) === world.now && price.meter !== null && period.end > world.now + 1;
  const isOwn = (of: { readonly customer: string }) => of.customer === customer;
  const closed = [
    ...world.pending.filter(isOwn).flatMap(({ rest }) => rest ?? []),
    ...world.invoices
      .filter((invoice) => isOwn(invoice) && invoice.status !== 'void' && invoice.createdAt === world.now)
      .flatMap(({ charges }) => charges.flatMap(closedBy)),
  ];
  const isClosed = closed.some((each) => each.price.meter === price.meter && each.period.end > world.now);
  return isNow && isClosed ? world.now + 1 : usedFrom;
}

/** A threshold bills a part of a period, which goes on. */
function closedBy(charge: Charge): Pick<Rest, 'period' | 'price'>[] {
  if (charge.kind === 'usage') return charge.used === null ? [charge] : [];
  return charge.kind === 'once' && charge.rest !== null ? [charge.rest] : [];
}
