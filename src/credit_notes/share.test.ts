import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal } from '../money/decimal.ts';
import { amountOfUnits, type Credited, discountsOfAmount, NOTHING_CREDITED, sumOf } from './share.ts';

type Part = {
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly discounts: { id: string; amount: bigint }[];
};

function total(parts: readonly Part[]): Credited {
  return {
    quantity: parts.reduce((sum, part) => sum + part.quantity, 0n),
    amount: sumOf(parts),
    discounts: parts.flatMap((part) => part.discounts),
  };
}

/** A line of so many units with some discounts that leave something of it, or nothing. */
const lines = fc
  .record({
    units: fc.bigInt({ min: 1n, max: 12n }),
    thousandths: fc.bigInt({ min: 0n, max: 200_000n }),
    isFlat: fc.boolean(),
    flat: fc.bigInt({ min: 0n, max: 1_000n }),
    offs: fc.array(fc.bigInt({ min: 0n, max: 100n }), { maxLength: 3 }),
    isNegative: fc.boolean(),
  })
  .map(({ units, thousandths, isFlat, flat, offs, isNegative }) => {
    const sign = isNegative ? -1n : 1n;
    const price = decimal(thousandths).times('0.001');
    const exact = (units * thousandths + 500n) / 1_000n;
    let left = isFlat ? flat : exact;
    const amount = sign * left;
    const discounts = offs.map((percent, place) => {
      const off = (left * percent) / 100n;
      left -= off;
      return { id: `di_${place}`, amount: sign * off };
    });
    const quantity = decimal(units);
    return { units, line: { amount, quantity, unitAmount: price.times(decimal(sign)), discounts } };
  });

const of = (parts: readonly { id: string; amount: bigint }[], id: string) =>
  sumOf(parts.filter((part) => part.id === id));
const magnitude = (value: bigint) => (value < 0n ? -value : value);

describe('what is credited of a line', () => {
  test('unit by unit, with some taken back: never beyond it, and all of it with the last unit', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.nat(), { maxLength: 12 }), ({ units, line }, voids) => {
        let parts: Part[] = [];
        const credit = () => {
          const credited = total(parts);
          const amount = amountOfUnits(line, credited, 1n);
          parts.push({ quantity: 1n, amount, discounts: discountsOfAmount(line, credited, amount) });
        };
        for (const place of voids) {
          if (parts.length < Number(units)) credit();
          if (place % 3 === 0) parts = parts.filter((_, index) => index !== place % parts.length);
          const sum = total(parts);
          expect(magnitude(sum.amount)).toBeLessThanOrEqual(magnitude(line.amount));
        }
        while (parts.length < Number(units)) credit();
        expect(total(parts).amount).toBe(line.amount);
        for (const { id, amount } of line.discounts) expect(of(total(parts).discounts, id)).toBe(amount);
        // No part takes off more than it has, nor gives what it has not.
        for (const part of parts) {
          const off = sumOf(part.discounts);
          const [gross, net] = [magnitude(part.amount), magnitude(part.amount - off)];
          expect(net).toBeLessThanOrEqual(gross);
          expect(part.amount * (part.amount - off)).toBeGreaterThanOrEqual(0n);
        }
      }),
    );
  });

  test('by amounts: what is left of its discounts is what is left of the line in proportion, to one', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.bigInt({ min: 0n, max: 400n }), { maxLength: 6 }), ({ line }, wanted) => {
        const parts: Part[] = [];
        const sign = line.amount < 0n ? -1n : 1n;
        const net = line.amount - sumOf(line.discounts);
        for (const each of wanted) {
          const credited = total(parts);
          const left = magnitude(line.amount - credited.amount);
          const amount = sign * (each < left ? each : left);
          parts.push({ quantity: 0n, amount, discounts: discountsOfAmount(line, credited, amount) });
          const after = total(parts);
          const kept = after.amount - sumOf(after.discounts);
          // kept / net = amount / whole, each rounded once: multiplied out, because nothing here may round.
          const error = magnitude(kept * line.amount - net * after.amount);
          expect(2n * error).toBeLessThanOrEqual(magnitude(line.amount) * 2n);
        }
      }),
    );
  });

  test('three thirds of 1.00 are 1.00', () => {
    const line = { amount: 100n, quantity: decimal(3), unitAmount: decimal(0), discounts: [] };
    const first = amountOfUnits(line, NOTHING_CREDITED, 1n);
    const second = amountOfUnits(line, { ...NOTHING_CREDITED, quantity: 1n, amount: first }, 1n);
    const third = amountOfUnits(line, { ...NOTHING_CREDITED, quantity: 2n, amount: first + second }, 1n);
    expect([first, second, third]).toEqual([33n, 34n, 33n]);
  });
});
