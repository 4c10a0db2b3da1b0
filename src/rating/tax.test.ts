import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  exactTaxes,
  isWithinOne,
  type NaiveRate,
  naiveTaxesByLine,
  naiveTaxesByRate,
} from '../../test/support/naive-totals.ts';
import { decimal } from '../money/decimal.ts';
import { type AppliedRate, applyTaxes, type TaxTerms, type TaxableLine } from './tax.ts';

const exclusive = (percentage: string, id = `${percentage}% on top`): AppliedRate => ({
  id,
  percentage: decimal(percentage),
  inclusive: false,
});
const inclusive = (percentage: string, id = `${percentage}% within`): AppliedRate => ({
  ...exclusive(percentage, id),
  inclusive: true,
});
const line = (amount: bigint, ...rates: AppliedRate[]): TaxableLine<AppliedRate> => ({ amount, rates });

const BY_LINE: TaxTerms = { taxExempt: 'none', rounding: 'line' };
const BY_INVOICE: TaxTerms = { taxExempt: 'none', rounding: 'invoice' };

/** Each line as `net + tax (of taxable amount) … = total`. */
function taxed(lines: TaxableLine<AppliedRate>[], terms: TaxTerms): string[] {
  return applyTaxes(lines, terms).map(({ taxes, net, total }) => {
    const parts = taxes.map(({ amount, taxableAmount }) => `${amount} of ${taxableAmount}`);
    return `${[net, ...parts].join(' + ')} = ${total}`;
  });
}

describe('taxes, rounded by line', () => {
  test.each<[string, TaxableLine<AppliedRate>[], string[]]>([
    ['no rate', [line(500n)], ['500 = 500']],
    ['25 % on 5.00', [line(500n, exclusive('25'))], ['500 + 125 of 500 = 625']],
    ['25 % within 5.00', [line(500n, inclusive('25'))], ['400 + 100 of 400 = 500']],
    [
      '10 % within 1000.00 and 50.00: 95.46',
      [line(100_000n, inclusive('10')), line(5_000n, inclusive('10'))],
      ['90909 + 9091 of 90909 = 100000', '4545 + 455 of 4545 = 5000'],
    ],
    [
      '5 % on what 10 % off leaves of 5.00 and 10.00: 0.68',
      [line(450n, exclusive('5')), line(900n, exclusive('5'))],
      ['450 + 23 of 450 = 473', '900 + 45 of 900 = 945'],
    ],
    [
      '5 % within what 10 % off leaves of 5.00 and 10.00: 0.64',
      [line(450n, inclusive('5')), line(900n, inclusive('5'))],
      ['429 + 21 of 429 = 450', '857 + 43 of 857 = 900'],
    ],
    [
      'both on one line: the exclusive rate goes by what the inclusive one leaves',
      [line(1_100n, inclusive('10'), exclusive('7.5'))],
      ['1000 + 100 of 1000 + 75 of 1000 = 1175'],
    ],
    [
      'two within: together they are in the price',
      [line(1_250n, inclusive('10'), inclusive('15'))],
      ['1000 + 100 of 1000 + 150 of 1000 = 1250'],
    ],
    [
      'five rates',
      [line(1_000n, ...['1', '2', '3.3333', '4.0001', '0'].map((percentage) => exclusive(percentage)))],
      ['1000 + 10 of 1000 + 20 of 1000 + 33 of 1000 + 40 of 1000 + 0 of 1000 = 1103'],
    ],
    ['four decimals', [line(99_999_999n, exclusive('8.8751'))], ['99999999 + 8875100 of 99999999 = 108875099']],
    ['a credit', [line(-450n, exclusive('5'))], ['-450 + -23 of -450 = -473']],
    ['nothing', [line(0n, exclusive('5'), inclusive('5'))], ['0 + 0 of 0 + 0 of 0 = 0']],
    ['all of it and more', [line(300n, exclusive('100'), inclusive('200'))], ['100 + 100 of 100 + 200 of 100 = 400']],
  ])('%s', (_name, lines, expected) => {
    expect(taxed(lines, BY_LINE)).toEqual(expected);
  });
});

describe('taxes, rounded by invoice', () => {
  test.each<[string, TaxableLine<AppliedRate>[], string[]]>([
    [
      '10 % within 1000.00 and 50.00: 95.45, the cent missing on the smaller remainder',
      [line(100_000n, inclusive('10')), line(5_000n, inclusive('10'))],
      ['90909 + 9091 of 90909 = 100000', '4546 + 454 of 4546 = 5000'],
    ],
    [
      '5 % on 1.10 three times: 0.17 and not 0.18',
      [line(110n, exclusive('5')), line(110n, exclusive('5')), line(110n, exclusive('5'))],
      ['110 + 6 of 110 = 116', '110 + 6 of 110 = 116', '110 + 5 of 110 = 115'],
    ],
    [
      'each rate by itself',
      [line(110n, exclusive('5'), exclusive('5', 'other')), line(110n, exclusive('5'))],
      ['110 + 6 of 110 + 6 of 110 = 122', '110 + 5 of 110 = 115'],
    ],
    [
      'the same rate beside another that is within one of the prices',
      [line(1_100n, exclusive('5'), inclusive('10')), line(105n, exclusive('5'))],
      ['1000 + 50 of 1000 + 100 of 1000 = 1150', '105 + 5 of 105 = 110'],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(taxed(lines, BY_INVOICE)).toEqual(expected);
  });
});

describe('a customer who pays no tax', () => {
  test.each(['line', 'invoice'] as const)('pays 90.91 for 100.00 with 10 %% within, by %s', (rounding) => {
    for (const [taxExempt, reason] of [
      ['exempt', 'customer_exempt'],
      ['reverse', 'reverse_charge'],
    ] as const) {
      const rates = [inclusive('10'), exclusive('5')];
      const [result] = applyTaxes([line(10_000n, ...rates)], { taxExempt, rounding });
      expect(result).toEqual({
        taxes: rates.map((rate) => ({ rate, amount: 0n, taxableAmount: 0n, reason })),
        net: 9_091n,
        reduction: 909n,
        total: 9_091n,
      });
    }
  });

  test('others have no reduction and no reason', () => {
    const [result] = applyTaxes([line(10_000n, inclusive('10'))], BY_LINE);
    expect(result).toMatchObject({ reduction: 0n, taxes: [{ reason: 'not_available', taxableAmount: 9_091n }] });
  });
});

test('a percentage of more than four decimals is refused', () => {
  expect(() => applyTaxes([line(1n, exclusive('1.00001'))], BY_LINE)).toThrow(RangeError);
});

const percentages = fc
  .oneof(
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.integer({ min: 0, max: 25 }).map((whole) => whole * 10_000),
  )
  .map((scaled) => `${Math.floor(scaled / 10_000)}.${String(scaled % 10_000).padStart(4, '0')}`);
const knownRates: fc.Arbitrary<NaiveRate[]> = fc.array(
  fc.record({ id: fc.constant(''), percentage: percentages, inclusive: fc.boolean() }),
  { minLength: 1, maxLength: 6 },
);
const amounts = fc.oneof(
  fc.bigInt({ min: -50n, max: 200n }),
  fc.bigInt({ min: -99_999_999n, max: 99_999_999n }),
  fc.bigInt({ min: 0n, max: 99_999_999n }),
);

/** Lines that share a few rates, up to five each. */
const lineLists = knownRates.chain((rates) => {
  const named = rates.map((rate, index) => ({ ...rate, id: `txr_${index}` }));
  return fc.array(fc.record({ amount: amounts, rates: fc.subarray(named, { maxLength: Math.min(5, named.length) }) }), {
    maxLength: 8,
  });
});

const toLine = ({ amount, rates }: { amount: bigint; rates: NaiveRate[] }) =>
  line(amount, ...rates.map(({ percentage, ...rate }) => ({ ...rate, percentage: decimal(percentage) })));

describe('what holds for all taxes', () => {
  test('by line they agree with the naive computation', () => {
    fc.assert(
      fc.property(lineLists, (lines) => {
        const result = applyTaxes(lines.map(toLine), BY_LINE);
        expect(result.map(({ taxes }) => taxes.map(({ amount }) => amount))).toEqual(naiveTaxesByLine(lines));
      }),
      { numRuns: 2_000 },
    );
  });

  test('by invoice every rate comes to its exact sum, rounded once, and no line is a cent away from its own', () => {
    fc.assert(
      fc.property(lineLists, (lines) => {
        const sums = new Map<string, bigint>();
        const exact = exactTaxes(lines);
        for (const [place, { taxes }] of applyTaxes(lines.map(toLine), BY_INVOICE).entries()) {
          for (const [index, { rate, amount }] of taxes.entries()) {
            sums.set(rate.id, (sums.get(rate.id) ?? 0n) + amount);
            expect(isWithinOne(amount, exact[place]![index]!)).toBe(true);
          }
        }
        expect(sums).toEqual(naiveTaxesByRate(lines));
      }),
      { numRuns: 2_000 },
    );
  });

  test('net, taxes and reduction add up, and an inclusive rate never changes what a line costs', () => {
    const terms = fc.record({
      taxExempt: fc.constantFrom('none' as const, 'exempt' as const, 'reverse' as const),
      rounding: fc.constantFrom('line' as const, 'invoice' as const),
    });
    fc.assert(
      fc.property(lineLists, terms, (lines, { taxExempt, rounding }) => {
        const results = applyTaxes(lines.map(toLine), { taxExempt, rounding });
        const free = applyTaxes(lines.map(toLine), { taxExempt: 'none', rounding });
        for (const [place, { taxes, net, reduction, total }] of results.entries()) {
          const added = taxes.reduce((sum, tax) => (tax.rate.inclusive ? sum : sum + tax.amount), 0n);
          expect(total).toBe(lines[place]!.amount - reduction + added);
          expect(taxes.reduce((sum, tax) => sum + tax.amount, net)).toBe(total);
          expect(net).toBe(free[place]!.net);
          if (taxExempt !== 'none') expect(total).toBe(net);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
