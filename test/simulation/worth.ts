import { naiveRate } from '../support/naive-rating.ts';
import { naiveDiscounts, type NaiveDiscount } from '../support/naive-totals.ts';
import { totalsOf } from './totals.ts';
import type { Debit, Item, Rate, Subscription, World } from './world.ts';

/** What prices items of a subscription for prorations. */
export type Pricing = Pick<Subscription, 'discounts' | 'items' | 'mode'>;

/** A subscription with those of its discounts that go on at a time, and are not for one invoice alone. */
export function lasting<S extends Pricing>(subscription: S, at: number): S {
  const discounts = subscription.discounts.filter(
    ({ coupon, end }) => coupon.duration !== 'once' && (end === null || end > at),
  );
  return { ...subscription, discounts };
}

/**
 * What an item costs for a whole period, less all discounts, one after the other. An amount is taken off all licensed
 * items together, or, on a classic subscription, in even parts off each, of which the oldest has what is left over.
 */
export function priceOf({ discounts, items, mode }: Pricing, { name }: Item): bigint {
  const lines = items
    .filter(({ quantity }) => quantity !== null)
    .toReversed()
    .flatMap((item) =>
      naiveRate(item.price.model, String(item.quantity)).map(({ amount }) => ({ of: item.name, amount })),
    );
  const owners = lines.map(({ of }) => of);
  let left = lines.map(({ amount }) => amount);
  for (const { coupon } of discounts) {
    const off =
      mode === 'classic' && 'amount' in coupon.off ? inEvenParts(coupon.off.amount, owners) : [whole(coupon.off)];
    const charged = left.map((amount) => ({ amount, productId: null, discountable: true }));
    left = naiveDiscounts(charged, off).map((line) => line.left);
  }
  return left.reduce((sum, amount, place) => (owners[place] === name ? sum + amount : sum), 0n);
}

function whole(off: NaiveDiscount['off']): NaiveDiscount {
  return { off, products: null, lines: null };
}

function inEvenParts(amount: bigint, owners: readonly string[]): NaiveDiscount[] {
  const names = [...new Set(owners)];
  const part = amount / BigInt(Math.max(names.length, 1));
  return names.map((name, place) => ({
    off: { amount: place === names.length - 1 ? amount - part * BigInt(place) : part },
    products: null,
    lines: owners.flatMap((owner, line) => (owner === name ? [line] : [])),
  }));
}

/** What a debit asks for, less the discounts of its invoice, and the rates that it has; null: those of an invoice to come. */
export function askedBy(world: World, debit: Debit): { readonly left: bigint; readonly rates: readonly Rate[] | null } {
  if (debit.invoice === null) return { left: debit.amount, rates: debit.rates };
  const lines = totalsOf(world, debit.invoice).lines.filter(({ counts }) => counts === debit);
  const left = lines.reduce((sum, { amount, off }) => sum + amount - off, 0n);
  return { left, rates: lines[0]!.rates };
}
