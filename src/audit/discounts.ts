import { dividedBy, type Rational, rational, rounded, times, whole } from './rational.ts';
import type { StoredDiscount, StoredLine } from './stored.sql.ts';

/** Something of an invoice that is recomputed. */
export type Row = readonly [what: string, expected: bigint | string, found: bigint | string];

/**
 * What each discount takes off an invoice, those of items first, each in its order: of each line its percentage of what the ones before left; of an
 * amount no more than what is left of all positive lines that it concerns, and of none more than is left of it.
 */
export function rowsOfDiscounts(discounts: readonly StoredDiscount[], lines: readonly StoredLine[]): Row[] {
  const left = new Map(lines.map((line) => [line.id, line.amount]));
  const rows: Row[] = [];
  for (const discount of inOrder(discounts)) {
    const before = new Map(left);
    let sum = 0n;
    for (const line of lines) {
      const found = amountOff(line, discount.id);
      rows.push([`part of ${discount.id} of line ${line.id}`, partOf(discount, line, before) ?? found, found]);
      sum += found;
      left.set(line.id, (left.get(line.id) ?? 0n) - found);
    }
    rows.push([`sum of ${discount.id}`, BigInt(discount.amount), sum]);
    if (discount.amountOff !== null) rows.push([`amount of ${discount.id}`, mostOf(discount, lines, before), sum]);
  }
  return rows;
}

/** Those of items first, each in its order. */
export function inOrder(discounts: readonly StoredDiscount[]): StoredDiscount[] {
  const ofItems = discounts.filter(({ itemId }) => typeof itemId === 'string');
  return [...ofItems, ...discounts.filter((each) => !ofItems.includes(each))];
}

/** What a line says that a discount took off it. */
export function amountOff(line: StoredLine, id: string): bigint {
  return line.discounts.filter((part) => part.id === id).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** What a line must lose; undefined where only bounds are known, and they hold. */
function partOf(discount: StoredDiscount, line: StoredLine, left: ReadonlyMap<string, bigint>): bigint | undefined {
  if (!concerns(discount, line)) return 0n;
  const amount = left.get(line.id) ?? 0n;
  if (discount.percentOff === null) return bounded(amountOff(line, discount.id), amount);
  return rounded(percentageOf(amount, discount.percentOff));
}

/** A percentage of an amount, exactly. */
export function percentageOf(amount: bigint, percentage: string): Rational {
  return dividedBy(times(whole(amount), rational(percentage)), 100n);
}

function bounded(found: bigint, amount: bigint): bigint | undefined {
  const most = amount > 0n ? amount : 0n;
  if (found < 0n) return 0n;
  return found > most ? most : undefined;
}

function mostOf(discount: StoredDiscount, lines: readonly StoredLine[], left: ReadonlyMap<string, bigint>): bigint {
  const wanted = BigInt(discount.amountOff ?? 0);
  const amounts = lines.filter((line) => concerns(discount, line)).map((line) => left.get(line.id) ?? 0n);
  const positive = amounts.filter((amount) => amount > 0n).reduce((sum, amount) => sum + amount, 0n);
  return wanted < positive ? wanted : positive;
}

function concerns({ productIds, itemId }: StoredDiscount, line: StoredLine): boolean {
  const { discountable, product_id: productId } = line;
  const isOn = !itemId || itemId === line.subscription_item_id || itemId === line.invoice_item_id;
  if (!discountable || !isOn) return false;
  return productIds === null || (productId !== null && productIds.includes(productId));
}
