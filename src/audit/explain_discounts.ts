import type { JsonObject } from '../stripe/json.ts';
import { amountOff, inOrder, percentageOf } from './discounts.ts';
import { compare, inDecimals, whole } from './rational.ts';
import type { StoredDiscount, StoredInvoice, StoredLine } from './stored.sql.ts';

/** What each discount of an invoice takes off each of its lines, in the order in which they apply. */
export function explainDiscounts({ discounts }: StoredInvoice, lines: readonly StoredLine[]): JsonObject[] {
  const left = new Map(lines.map((line) => [line.id, line.amount]));
  return inOrder(discounts).map((discount) => {
    const parts = lines
      .filter((line) => line.discounts.some(({ id }) => id === discount.id))
      .map((line) => {
        const before = left.get(line.id) ?? 0n;
        const amount = amountOff(line, discount.id);
        left.set(line.id, before - amount);
        return { line: line.id, amount, steps: stepsOf(discount, before, amount) };
      });
    return {
      discount: discount.id,
      percent_off: discount.percentOff,
      amount_off: discount.amountOff === null ? null : BigInt(discount.amountOff),
      amount: BigInt(discount.amount),
      lines: parts,
      steps: parts.length < 2 ? [] : [`${parts.map(({ amount }) => String(amount)).join(' + ')} = ${discount.amount}`],
    };
  });
}

/** `before` is what earlier discounts left of the line. */
function stepsOf({ percentOff, amountOff: most }: StoredDiscount, before: bigint, amount: bigint): string[] {
  if (percentOff === null) return [`${before} has ${amount} of the ${most ?? '0'} off`];
  const exact = percentageOf(before, percentOff);
  const rounding = compare(exact, whole(amount)) === 0 ? [] : [`rounded half away from zero: ${amount}`];
  return [`${before} × ${percentOff} ÷ 100 = ${inDecimals(exact)}`, ...rounding];
}
