import { type Debit, openParts } from '../invoices/debit.ts';
import type { SubscriptionItem } from '../subscriptions/subscription.ts';
import { later, overlap, type Period, without } from '../time/period.ts';

/** A part of the time of an item, and the newest debit for it. */
export type Paid = { readonly debit: Debit; readonly part: Period };

/** What is to be done about time that an item gains. */
export type Gained = {
  /** Was given back: charged again as it was. */
  readonly again: readonly Paid[];
  /** Charged as the item costs now. */
  readonly due: readonly Period[];
  /** Paid for other units or another price: given back. */
  readonly back: readonly Paid[];
};

const NOTHING_GAINED: Gained = { again: [], due: [], back: [] };

/**
 * What is charged of time by which the period of an item grows, whose end was cut; pure. `debits` are those of the item, oldest
 * first. What was given back is charged again as it was, and what is paid for is not. What was never charged stays free, as
 * after a change without prorations, unless it was the cut that kept it from being charged. An item that was changed since the
 * cut is charged as it is now.
 */
export function gainedByEnd(debits: readonly Debit[], item: SubscriptionItem, span: Period): Gained {
  const moment = { start: span.start.subtract({ seconds: 1 }), end: span.start };
  const current = debits.findLast(({ period }) => overlap(period, moment) !== null);
  if (current === undefined) return NOTHING_GAINED;
  const same = overlap(current.period, span);
  const again = (same === null ? [] : layersOf(debits, same)).flatMap(({ debit, part }) =>
    without(part, openParts(debit, part)).map((credited) => ({ debit, part: credited })),
  );
  // A debit from before the cycle started anew ends where it was to, one of the current period where that was cut.
  const isOfPeriod = Temporal.Instant.compare(current.period.start, item.currentPeriod.start) >= 0;
  const beyond = { start: later(current.period.end, span.start), end: span.end };
  return { ...(isOfPeriod ? gainedAnew(debits, item, beyond) : NOTHING_GAINED), again };
}

/** The same of an item that joins, or comes back: all of the time is charged that is not paid for. */
export function gainedAnew(debits: readonly Debit[], item: SubscriptionItem, span: Period): Gained {
  const open = openLayers(debits, span);
  const isSame = ({ debit }: Paid) => debit.priceId === item.price.id && debit.quantity === item.quantity;
  const paid = open.filter(isSame).map(({ part }) => part);
  return { again: [], due: without(span, paid), back: open.filter((each) => !isSame(each)) };
}

/** The parts of a time that are paid for by the newest debit of each, in order. */
export function openLayers(debits: readonly Debit[], span: Period): Paid[] {
  return layersOf(debits, span).flatMap(({ debit, part }) =>
    openParts(debit, part).map((open) => ({ debit, part: open })),
  );
}

/** A time by the newest debit of each part, in order, without what was never debited. */
export function layersOf(debits: readonly Debit[], span: Period): Paid[] {
  const newer: Period[] = [];
  const layers = debits.toReversed().flatMap((debit) => {
    const common = overlap(debit.period, span);
    const parts = common === null ? [] : without(common, newer);
    newer.push(debit.period);
    return parts.map((part) => ({ debit, part }));
  });
  return layers.toSorted((a, b) => Temporal.Instant.compare(a.part.start, b.part.start));
}
