import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { naiveDiscounts, type NaiveDiscount, type NaiveLine } from '../../test/support/naive-totals.ts';
import { decimal } from '../money/decimal.ts';
import { type AppliedDiscount, applyDiscounts, type DiscountableLine, type Off } from './discount.ts';

type NamedDiscount = AppliedDiscount & { readonly name: string };

const percent = (text: string): Off => ({ percent: decimal(text) });
const amount = (value: bigint): Off => ({ amount: value });

/** A discount of the whole invoice, unless it is told its lines or products. */
function discount(name: string, off: Off, where: { lines?: number[]; products?: string[] } = {}): NamedDiscount {
  const { lines, products } = where;
  return { name, off, lines: lines ? new Set(lines) : null, products: products ? new Set(products) : null };
}

const line = (value: bigint, details: Partial<DiscountableLine> = {}): DiscountableLine => ({
  amount: value,
  productId: 'prod_1',
  discountable: true,
  ...details,
});

/** Each line as `name amount, name amount = remaining`, so that a list of lines is a readable expectation. */
function applied(lines: DiscountableLine[], ...discounts: NamedDiscount[]): string[] {
  return applyDiscounts(lines, discounts).map(({ discounts: taken, remaining }) => {
    const parts = taken.map((each) => `${each.discount.name} ${each.amount}`);
    return `${parts.join(', ')} = ${remaining}`.trim();
  });
}

const tenPercent = discount('10%', percent('10'));
const five = discount('5.00', amount(500n));

describe('discounts of an invoice', () => {
  test.each<[string, DiscountableLine[], NamedDiscount[], string[]]>([
    ['none', [line(1000n)], [], ['= 1000']],
    ['10 % of 5.00 and 10.00', [line(500n), line(1000n)], [tenPercent], ['10% 50 = 450', '10% 100 = 900']],
    ['5.00 of 10.00 and 20.00', [line(1000n), line(2000n)], [five], ['5.00 166 = 834', '5.00 334 = 1666']],
    ['more than there is', [line(100n), line(200n)], [five], ['5.00 100 = 0', '5.00 200 = 0']],
    [
      'halves away from zero',
      [line(5n), line(15n), line(-5n)],
      [tenPercent],
      ['10% 1 = 4', '10% 2 = 13', '10% -1 = -4'],
    ],
    ['a percentage of decimals', [line(10_000n)], [discount('p', percent('33.33'))], ['p 3333 = 6667']],
    ['all of it', [line(1n), line(99n)], [discount('all', percent('100'))], ['all 1 = 0', 'all 99 = 0']],
    ['one after the other', [line(10_000n)], [tenPercent, tenPercent], ['10% 1000, 10% 900 = 8100']],
    ['in their order: percentage first', [line(1000n)], [tenPercent, five], ['10% 100, 5.00 500 = 400']],
    ['in their order: amount first', [line(1000n)], [five, tenPercent], ['5.00 500, 10% 50 = 450']],
    ['after one that took all', [line(400n)], [five, tenPercent], ['5.00 400, 10% 0 = 0']],
    [
      'those of lines before those of the invoice, whatever their order',
      [line(1000n), line(1000n)],
      [tenPercent, discount('line', amount(500n), { lines: [1] })],
      ['10% 100 = 900', 'line 500, 10% 50 = 450'],
    ],
    [
      'an amount of an item once for all its lines',
      [line(1000n), line(2000n), line(3000n)],
      [discount('item', amount(500n), { lines: [0, 1] })],
      ['item 166 = 834', 'item 334 = 1666', '= 3000'],
    ],
    [
      'lines that are not discountable are left alone',
      [line(1000n, { discountable: false }), line(1000n)],
      [five, tenPercent],
      ['= 1000', '5.00 500, 10% 50 = 450'],
    ],
    [
      'limited to products',
      [line(1000n), line(1000n, { productId: 'prod_2' }), line(1000n, { productId: null })],
      [discount('p2', percent('50'), { products: ['prod_2', 'prod_3'] })],
      ['= 1000', 'p2 500 = 500', '= 1000'],
    ],
    [
      'on a line, limited to the product of another',
      [line(1000n), line(1000n, { productId: 'prod_2' })],
      [discount('none', amount(500n), { products: ['prod_2'], lines: [0] })],
      ['= 1000', '= 1000'],
    ],
    ['an amount passes credits by', [line(-300n), line(1000n)], [five], ['5.00 0 = -300', '5.00 500 = 500']],
    [
      'a rest that the last line has no room for',
      [line(1000n), line(1000n), line(1n)],
      [discount('20.00', amount(2000n))],
      ['20.00 999 = 1', '20.00 1000 = 0', '20.00 1 = 0'],
    ],
    ['nothing to discount', [line(0n)], [five, tenPercent], ['5.00 0, 10% 0 = 0']],
    ['no line', [], [five, tenPercent], []],
  ])('%s', (_name, lines, discounts, expected) => {
    expect(applied(lines, ...discounts)).toEqual(expected);
  });
});

const amounts = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: 30n }) },
  // What a unit of currencies without, with two and with three decimals makes of a price, and credits.
  { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: 99_999_999n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -99_999_999n, max: 0n }) },
);
const products = fc.constantFrom('prod_1', 'prod_2', 'prod_3');
const lineLists: fc.Arbitrary<NaiveLine[]> = fc.array(
  fc.record({
    amount: amounts,
    productId: fc.option(products, { nil: null, freq: 5 }),
    discountable: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  }),
  { maxLength: 8 },
);
const percentages = fc.integer({ min: 1, max: 10_000 }).map((hundredths) => {
  const decimals = String(hundredths % 100).padStart(2, '0');
  return `${Math.floor(hundredths / 100)}.${decimals}`;
});
const discountLists: fc.Arbitrary<NaiveDiscount[]> = fc.array(
  fc.record({
    off: fc.oneof(
      fc.record({ percent: fc.oneof(percentages, fc.constantFrom('50.00', '100.00', '0.01')) }),
      fc.record({ amount: fc.oneof(fc.bigInt({ min: 1n, max: 40n }), fc.bigInt({ min: 1n, max: 99_999_999n })) }),
    ),
    products: fc.option(fc.uniqueArray(products, { minLength: 1 }), { nil: null, freq: 2 }),
    lines: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1 }), { nil: null, freq: 3 }),
  }),
  { maxLength: 6 },
);

function toApplied({ off, products: limited, lines }: NaiveDiscount, index: number): NamedDiscount {
  const where = { ...(limited ? { products: limited } : {}), ...(lines ? { lines } : {}) };
  return discount(String(index), 'percent' in off ? percent(off.percent) : off, where);
}

describe('what holds for all discounts', () => {
  test('they agree with the naive computation, line by line and discount by discount', () => {
    fc.assert(
      fc.property(lineLists, discountLists, (lines, discounts) => {
        const result = applyDiscounts(lines, discounts.map(toApplied)).map(({ discounts: taken, remaining }) => ({
          off: new Map(taken.map((each) => [Number(each.discount.name), each.amount])),
          left: remaining,
        }));
        expect(result).toEqual(naiveDiscounts(lines, discounts));
      }),
      { numRuns: 3_000 },
    );
  });

  test('parts sum to the whole, and no line passes zero', () => {
    fc.assert(
      fc.property(lineLists, discountLists, (lines, discounts) => {
        for (const [place, { discounts: taken, remaining }] of applyDiscounts(
          lines,
          discounts.map(toApplied),
        ).entries()) {
          const before = lines[place]!.amount;
          expect(taken.reduce((rest, each) => rest - each.amount, before)).toBe(remaining);
          expect(before >= 0n ? remaining >= 0n && remaining <= before : remaining <= 0n && remaining >= before).toBe(
            true,
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('an amount is taken off whole where the lines that it concerns hold it', () => {
    fc.assert(
      fc.property(lineLists, fc.bigInt({ min: 1n, max: 99_999_999n }), (lines, off) => {
        const taken = applyDiscounts(lines, [discount('off', amount(off))]).flatMap(({ discounts }) => discounts);
        const room = lines.reduce((sum, each) => (each.discountable && each.amount > 0n ? sum + each.amount : sum), 0n);
        expect(taken.reduce((sum, each) => sum + each.amount, 0n)).toBe(off < room ? off : room);
      }),
      { numRuns: 1_000 },
    );
  });
});
