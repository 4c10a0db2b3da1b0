import fc from 'fast-check';
import { expect, test } from 'vitest';
import { madeTaxRate } from '../../test/support/made.ts';
import { madeLine } from '../../test/support/made-invoice.ts';
import {
  naiveDiscounts,
  type NaiveDiscount,
  type NaiveRate,
  naiveTaxesByLine,
  naiveTaxesByRate,
} from '../../test/support/naive-totals.ts';
import { decimal } from '../money/decimal.ts';
import type { InvoiceDiscount } from './discount.ts';
import { termsOfRates } from './tax.ts';
import { checkAmount, discountLines, taxLines, totalsOf } from './totals.ts';

const TAXING = { defaultTaxRates: [], taxRounding: 'line', customer: { taxExempt: 'none' } } as const;

const NO_BALANCE = { startingBalance: 0n, discounts: [], ...TAXING };

const lines = (...amounts: bigint[]) => amounts.map((amount) => madeLine({ amount, amountExcludingTax: amount }));

test.each([
  [[], 0n, 0n],
  [[100n], 100n, 100n],
  [[100n, -30n], 70n, 70n],
  [[100n, -100n], 0n, 0n],
  [[100n, -130n], -30n, 0n],
])('lines of %s total %s, of which %s is due', (amounts, total, amountDue) => {
  expect(totalsOf(lines(...amounts), NO_BALANCE)).toEqual({
    subtotal: total,
    subtotalExcludingTax: total,
    discounts: [],
    taxes: [],
    totalExcludingTax: total,
    total,
    startingBalance: 0n,
    amountDue,
  });
});

test('the total is the sum of the parts, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })), (amounts) => {
      const totals = totalsOf(lines(...amounts), NO_BALANCE);
      const sum = amounts.reduce((a, b) => a + b, 0n);
      expect([totals.subtotal, totals.total]).toEqual([sum, sum]);
      expect(totalsOf(lines(...amounts.toReversed()), NO_BALANCE)).toEqual(totals);
    }),
  );
});

test.each([
  [99_999_999n, 'usd', true],
  [100_000_000n, 'usd', false],
  [-99_999_999n, 'jpy', true],
  [-100_000_000n, 'kwd', false],
  [999_999_999_999n, 'idr', true],
  [1_000_000_000_000n, 'idr', false],
])('an amount of %s %s is allowed: %s', (amount, currency, isAllowed) => {
  const check = () => checkAmount(amount, currency, 'amount');
  if (isAllowed) expect(check).not.toThrow();
  else expect(check).toThrow('must be no more than');
});

const percentage = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 9999 }))
  .map(([whole, fraction]) => (whole === 100 ? '100' : `${whole}.${String(fraction).padStart(4, '0')}`));

const RATES = fc.array(fc.record({ percentage, inclusive: fc.boolean() }), { maxLength: 4 });

const DISCOUNTS = fc.array(
  fc.oneof(
    percentage.map((percent) => ({ percent })),
    fc.bigInt({ min: 1n, max: 100_000n }).map((amount) => ({ amount })),
  ),
  { maxLength: 2 },
);

/** By their places in the list of all rates: the invoice's own, and of each line its own. */
const SHAPE = fc.record({
  rates: RATES,
  off: DISCOUNTS,
  defaults: fc.uniqueArray(fc.nat({ max: 3 })),
  lines: fc.array(
    fc.record({
      amount: fc.bigInt({ min: -1_000_000n, max: 10n ** 9n }),
      discountable: fc.boolean(),
      own: fc.uniqueArray(fc.nat({ max: 3 })),
    }),
    { maxLength: 6 },
  ),
});

function discountsOf(off: readonly ({ percent: string } | { amount: bigint })[]): InvoiceDiscount[] {
  return off.map((each, index) => ({
    id: `di_${index}`,
    itemId: null,
    percentOff: 'percent' in each ? each.percent : null,
    amountOff: 'amount' in each ? each.amount : null,
    productIds: null,
    amount: 0n,
  }));
}

const sumOf = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n);

test.each(['line', 'invoice'] as const)(
  'discounts, then taxes, rounded by %s, as a second opinion has them',
  (rounding) => {
    fc.assert(
      fc.property(SHAPE, ({ rates, off, defaults, lines: shapes }) => {
        const all: NaiveRate[] = rates.map((rate, index) => ({ id: `txr_${index}`, ...rate }));
        const pick = (places: readonly number[]) => places.flatMap((place) => all[place] ?? []);
        const made = (some: readonly NaiveRate[]) =>
          some.map((rate) => madeTaxRate({ ...rate, percentage: decimal(rate.percentage) }));
        const taxing = { ...TAXING, taxRounding: rounding, defaultTaxRates: made(pick(defaults)) };
        const given = shapes.map(({ own, ...shape }) =>
          madeLine({ ...shape, taxRates: termsOfRates(made(pick(own))) }),
        );
        const discounts = discountsOf(off);
        const taxed = taxLines(discountLines(given, discounts), taxing);
        const totals = totalsOf(taxed, { startingBalance: 0n, discounts, ...taxing });

        const naive: NaiveDiscount[] = off.map((each) => ({ off: each, products: null, lines: null }));
        const left = naiveDiscounts(
          shapes.map(({ amount, discountable }) => ({ amount, discountable, productId: null })),
          naive,
        );
        const expected = shapes.map(({ own }, place) => {
          const applied = pick(own).length > 0 ? pick(own) : pick(defaults);
          return { amount: left[place]!.left, rates: applied };
        });
        const byRate = new Map(totals.taxes.map((tax) => [tax.id, tax.amount]));
        if (rounding === 'invoice') expect(byRate).toEqual(naiveTaxesByRate(expected));
        else expect(taxed.map(({ taxes }) => taxes.map(({ amount }) => amount))).toEqual(naiveTaxesByLine(expected));
        // The parts are the whole, whoever adds them up.
        const onTop = totals.taxes.filter(({ inclusive }) => !inclusive).map(({ amount }) => amount);
        const within = totals.taxes.filter(({ inclusive }) => inclusive).map(({ amount }) => amount);
        expect(totals.total).toBe(sumOf(left.map((line) => line.left)) + sumOf(onTop));
        expect(totals.totalExcludingTax).toBe(sumOf(left.map((line) => line.left)) - sumOf(within));
        expect(totals.subtotal).toBe(sumOf(shapes.map(({ amount }) => amount)));
        // Once computed, nothing changes any more: the very lines come back.
        expect(taxLines(discountLines(taxed, discounts), taxing)).toEqual(taxed);
        expect(taxLines(taxed, taxing)).toBe(taxed);
      }),
    );
  },
);

test.each(['exempt', 'reverse'] as const)('a customer who is %s pays what is left without any tax', (taxExempt) => {
  fc.assert(
    fc.property(SHAPE, fc.constantFrom('line', 'invoice'), ({ rates, defaults, lines: shapes }, taxRounding) => {
      const made = rates.map((rate, index) =>
        madeTaxRate({ ...rate, id: `txr_${index}`, percentage: decimal(rate.percentage) }),
      );
      const taxing = { ...TAXING, taxRounding, defaultTaxRates: defaults.flatMap((place) => made[place] ?? []) };
      const given = shapes.map(({ amount }) => madeLine({ amount }));
      const paid = totalsOf(taxLines(given, taxing), { startingBalance: 0n, discounts: [], ...taxing });
      const free = { ...taxing, customer: { taxExempt } };
      const totals = totalsOf(taxLines(given, free), { startingBalance: 0n, discounts: [], ...free });
      expect(totals.total).toBe(paid.totalExcludingTax);
      expect(totals.totalExcludingTax).toBe(paid.totalExcludingTax);
      expect(totals.taxes.map(({ amount, taxableAmount }) => amount + taxableAmount)).toEqual(paid.taxes.map(() => 0n));
    }),
  );
});
