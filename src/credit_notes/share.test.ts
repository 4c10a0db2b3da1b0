import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InvoiceTax } from '../invoices/tax.ts';
import { decimal } from '../money/decimal.ts';
import { amountOfUnits, type Credited, NOTHING_CREDITED, shareOf, sumOf } from './share.ts';

function total(parts: readonly Credited[]): Credited {
  return {
    quantity: parts.reduce((sum, part) => sum + part.quantity, 0n),
    amount: sumOf(parts),
    discounts: parts.flatMap((part) => part.discounts),
    taxes: parts.flatMap((part) => part.taxes),
    amountExcludingTax: parts.reduce((sum, part) => sum + part.amountExcludingTax, 0n),
  };
}

const percents = fc.array(fc.bigInt({ min: 0n, max: 100n }), { maxLength: 3 });

/** A line of so many units with discounts and taxes that leave something of it, or nothing; an exempt customer pays none. */
const lines = fc
  .record({
    units: fc.bigInt({ min: 1n, max: 12n }),
    thousandths: fc.bigInt({ min: 0n, max: 200_000n }),
    isFlat: fc.boolean(),
    flat: fc.bigInt({ min: 0n, max: 1_000n }),
    offs: percents,
    contained: percents,
    added: percents,
    isExempt: fc.boolean(),
    isNegative: fc.boolean(),
  })
  .map(({ units, thousandths, isFlat, flat, offs, contained, added, isExempt, isNegative }) => {
    const sign = isNegative ? -1n : 1n;
    let left = isFlat ? flat : (units * thousandths + 500n) / 1_000n;
    const amount = sign * left;
    const takeOff = (percent: bigint) => {
      const off = (left * percent) / 100n;
      left -= off;
      return sign * off;
    };
    const discounts = offs.map((percent, place) => ({ id: `di_${place}`, amount: takeOff(percent) }));
    const net = left;
    const tax = (id: string, inclusive: boolean, of: bigint): InvoiceTax => ({
      id,
      inclusive,
      amount: isExempt ? 0n : of,
      taxableAmount: 0n,
      reason: isExempt ? 'customer_exempt' : 'not_available',
    });
    const within = contained.map((percent, place) => tax(`in_${place}`, true, takeOff(percent)));
    const onTop = added.map((percent, place) => tax(`ex_${place}`, false, (sign * net * percent) / 100n));
    const quantity = decimal(units);
    const unitAmount = decimal(thousandths).times('0.001').times(decimal(sign));
    const taxes = [...within, ...onTop].map((each) => ({ ...each, taxableAmount: isExempt ? 0n : sign * left }));
    return { units, line: { amount, quantity, unitAmount, discounts, taxes, amountExcludingTax: sign * left } };
  });

type Made = typeof lines extends fc.Arbitrary<infer T> ? T : never;

const of = (parts: readonly { id: string; amount: bigint }[], id: string) =>
  sumOf(parts.filter((part) => part.id === id));
const magnitude = (value: bigint) => (value < 0n ? -value : value);

/** All of it: amount, discounts, taxes and what is left without them. */
function expectWhole({ line }: Made, credited: Credited): void {
  expect(credited.amount).toBe(line.amount);
  expect(credited.amountExcludingTax).toBe(line.amountExcludingTax);
  for (const { id, amount } of line.discounts) expect(of(credited.discounts, id)).toBe(amount);
  for (const { id, amount, taxableAmount } of line.taxes) {
    expect(of(credited.taxes, id)).toBe(amount);
    const parts = credited.taxes.filter((tax) => tax.id === id);
    expect(parts.reduce((sum, part) => sum + part.taxableAmount, 0n)).toBe(taxableAmount);
  }
}

/** No part takes off more than it has, nor gives what it has not. */
function expectSound({ line }: Made, part: Credited): void {
  const sign = line.amount < 0n ? -1n : 1n;
  const net = sign * (part.amount - sumOf(part.discounts));
  const contained = sumOf(part.taxes.filter((tax) => tax.inclusive));
  expect(net).toBeLessThanOrEqual(sign * part.amount);
  expect(sign * (part.amountExcludingTax + contained)).toBeLessThanOrEqual(net);
  const all = [net, sign * part.amountExcludingTax, ...part.taxes.map((tax) => sign * tax.amount)];
  for (const amount of all) expect(amount).toBeGreaterThanOrEqual(0n);
}

describe('what is credited of a line', () => {
  test('unit by unit, with some taken back: never beyond it, and all of it with the last unit', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.nat(), { maxLength: 12 }), (made, voids) => {
        const { units, line } = made;
        let parts: Credited[] = [];
        const credit = () => {
          const credited = total(parts);
          const amount = amountOfUnits(line, credited, 1n);
          parts.push({ quantity: 1n, amount, ...shareOf(line, credited, amount) });
        };
        for (const place of voids) {
          if (parts.length < Number(units)) credit();
          if (place % 3 === 0) parts = parts.filter((_, index) => index !== place % parts.length);
          expect(magnitude(total(parts).amount)).toBeLessThanOrEqual(magnitude(line.amount));
        }
        while (parts.length < Number(units)) credit();
        expectWhole(made, total(parts));
        for (const part of parts) expectSound(made, part);
      }),
    );
  });

  test('by amounts: what is left of its discounts is what is left of the line in proportion, to one', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.bigInt({ min: 0n, max: 400n }), { maxLength: 6 }), (made, wanted) => {
        const { line } = made;
        const parts: Credited[] = [];
        const sign = line.amount < 0n ? -1n : 1n;
        const net = line.amount - sumOf(line.discounts);
        const credit = (most: bigint) => {
          const credited = total(parts);
          const left = magnitude(line.amount - credited.amount);
          const amount = sign * (most < left ? most : left);
          parts.push({ quantity: 0n, amount, ...shareOf(line, credited, amount) });
        };
        for (const each of wanted) {
          credit(each);
          const after = total(parts);
          const kept = after.amount - sumOf(after.discounts);
          // kept / net = amount / whole, each rounded once: multiplied out, because nothing here may round.
          expect(magnitude(kept * line.amount - net * after.amount)).toBeLessThanOrEqual(magnitude(line.amount));
        }
        credit(magnitude(line.amount));
        expectWhole(made, total(parts));
        for (const part of parts) expectSound(made, part);
      }),
    );
  });

  test('three thirds of 1.00 are 1.00', () => {
    const line = { amount: 100n, quantity: decimal(3), unitAmount: decimal(0) };
    const first = amountOfUnits(line, NOTHING_CREDITED, 1n);
    const second = amountOfUnits(line, { quantity: 1n, amount: first }, 1n);
    const third = amountOfUnits(line, { quantity: 2n, amount: first + second }, 1n);
    expect([first, second, third]).toEqual([33n, 34n, 33n]);
  });

  test('the taxes of a third of 1.00 with 19% contained and 5% added', () => {
    const tax = { taxableAmount: 84n, reason: 'not_available' } as const;
    const taxes: InvoiceTax[] = [
      { id: 'in', inclusive: true, amount: 16n, ...tax },
      { id: 'ex', inclusive: false, amount: 4n, ...tax },
    ];
    const line = { amount: 100n, discounts: [], taxes, amountExcludingTax: 84n };
    // 33 × 84 ÷ 100 = 27.72, and 33 × 4 ÷ 100 = 1.32.
    expect(shareOf(line, NOTHING_CREDITED, 33n)).toEqual({
      discounts: [],
      taxes: [
        { ...taxes[0], amount: 5n, taxableAmount: 28n },
        { ...taxes[1], amount: 1n, taxableAmount: 28n },
      ],
      amountExcludingTax: 28n,
    });
  });
});
