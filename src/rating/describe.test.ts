import { describe, expect, test } from 'vitest';
import { decimal } from '../money/decimal.ts';
import type { Interval, Recurrence } from '../time/period.ts';
import { describeLine, describeProration } from './describe.ts';
import type { LineToDescribe } from './describe.ts';
import type { PriceModel } from './price.ts';
import { rate } from './rate.ts';

const every = (intervalCount: number, interval: Interval): Recurrence => ({ interval, intervalCount });

const perUnit = (unitAmount: string): PriceModel => ({
  scheme: 'per_unit',
  unitAmount: decimal(unitAmount),
  transform: null,
});

const packageOf = (divideBy: bigint, unitAmount: string): PriceModel => ({
  scheme: 'per_unit',
  unitAmount: decimal(unitAmount),
  transform: { divideBy, round: 'up' },
});

const tiered = (mode: 'graduated' | 'volume'): PriceModel => ({
  scheme: 'tiered',
  mode,
  tiers: [
    { upTo: 1000n, unitAmount: null, flatAmount: decimal('900') },
    { upTo: null, unitAmount: decimal('3.6'), flatAmount: null },
  ],
});

type Words = Partial<Pick<LineToDescribe, 'productName' | 'unitLabel' | 'currency' | 'recurrence'>>;

/** The descriptions of all lines of a price, monthly in USD for a product P without a label unless told otherwise. */
const descriptions = (model: PriceModel, quantity: string, words: Words = {}): string[] =>
  rate(model, decimal(quantity)).map((line) =>
    describeLine({
      line,
      model,
      productName: 'P',
      unitLabel: null,
      currency: 'usd',
      recurrence: every(1, 'month'),
      ...words,
    }),
  );

describe('describeLine', () => {
  test.each<[kind: string, model: PriceModel, quantity: string, words: Words, expected: string[]]>([
    ['licensed', perUnit('2000'), '1', { productName: 'Gold Special' }, ['1 × Gold Special (at $20.00 / month)']],
    ['per unit', perUnit('4'), '3025', {}, ['3025 × P (at $0.04 / month)']],
    ['a label', perUnit('4'), '3025', { unitLabel: 'token' }, ['3025 token × P (at $0.04 / month)']],
    ['no usage', perUnit('4'), '0', {}, ['0 × P (at $0.04 / month)']],
    ['decimal quantity', perUnit('0.05'), '2.50', {}, ['2.5 × P (at $0.0005 / month)']],
    [
      'long quantity',
      perUnit('1'),
      '1000000000000000000000000',
      {},
      ['1000000000000000000000000 × P (at $0.01 / month)'],
    ],
    ['large price', perUnit('100000'), '1', {}, ['1 × P (at $1,000.00 / month)']],
    ['package', packageOf(60n, '8'), '9892', {}, ['9892 × P (at $0.08 per 60 units / month)']],
    [
      'package with a label (unconfirmed)',
      packageOf(60n, '8'),
      '9892',
      { unitLabel: 'minute' },
      ['9892 minute × P (at $0.08 per 60 minute / month)'],
    ],
    [
      'graduated',
      tiered('graduated'),
      '1031',
      { unitLabel: 'credit' },
      [
        '1000 credit × P (Tier 1 at $0.00 / month)',
        'P (Tier 1 at $9.00 / month)',
        '31 credit × P (Tier 2 at $0.036 / month)',
        'P (Tier 2 at $0.00 / month)',
      ],
    ],
    [
      'graduated without usage',
      tiered('graduated'),
      '0',
      {},
      ['0 × P (Tier 1 at $0.00 / month)', 'P (Tier 1 at $9.00 / month)'],
    ],
    [
      'volume names the tier that applies',
      tiered('volume'),
      '1031',
      {},
      ['1031 × P (Tier 2 at $0.036 / month)', 'P (Tier 2 at $0.00 / month)'],
    ],
    ['negative usage', perUnit('4'), '-5', {}, ['0 × P (at $0.04 / month)']],
    ['one-time', perUnit('2000'), '1', { recurrence: null }, ['1 × P (at $20.00)']],
    ['one-time package', packageOf(10n, '500'), '20', { recurrence: null }, ['20 × P (at $5.00 per 10 units)']],
    ['daily', perUnit('4'), '1', { recurrence: every(1, 'day') }, ['1 × P (at $0.04 / day)']],
    ['every two weeks', perUnit('4'), '1', { recurrence: every(2, 'week') }, ['1 × P (at $0.04 / every 2 weeks)']],
    ['quarterly', perUnit('4'), '1', { recurrence: every(3, 'month') }, ['1 × P (at $0.04 / every 3 months)']],
    ['yearly', perUnit('12000'), '1', { recurrence: every(1, 'year') }, ['1 × P (at $120.00 / year)']],
    ['euro', perUnit('150'), '1', { currency: 'eur' }, ['1 × P (at €1.50 / month)']],
    ['yen', perUnit('500'), '1', { currency: 'jpy' }, ['1 × P (at ¥500 / month)']],
    ['negative price', perUnit('-500'), '1', {}, ['1 × P (at -$5.00 / month)']],
  ])('%s', (_, model, quantity, words, expected) => {
    expect(descriptions(model, quantity, words)).toEqual(expected);
  });
});

test.each<[string, 'Unused' | 'Remaining', bigint, string]>([
  ['Unused time on P after 03 May 2026', 'Unused', 1n, '2026-05-03T00:00:00Z'],
  ['Remaining time on 2 × P after 31 Dec 2027', 'Remaining', 2n, '2027-12-31T23:59:59Z'],
  ['Unused time on 0 × P after 29 Feb 2028', 'Unused', 0n, '2028-02-29T12:00:00Z'],
])('%s', (expected, word, quantity, from) => {
  expect(describeProration({ word, quantity, productName: 'P', from: Temporal.Instant.from(from) })).toBe(expected);
});
