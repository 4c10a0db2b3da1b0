import { describe, expect, test } from 'vitest';
import { madeCustomer, madeMeteredPrice, madePrice, madeProduct } from '../../test/support/made.ts';
import type { Price } from '../catalog/price.ts';
import { decimal } from '../money/decimal.ts';
import type { Interval } from '../time/period.ts';
import { checkCollection, checkIntervals, chooseCurrency, priceItems } from './rules.ts';

const every = (...recurrences: [number, Interval][]): Price[] =>
  recurrences.map((recurrence) => madeMeteredPrice({}, recurrence));

describe('the intervals of one subscription', () => {
  test.each<[name: string, mode: 'classic' | 'flexible', recurrences: [number, Interval][]]>([
    [
      'equal',
      'classic',
      [
        [3, 'month'],
        [3, 'month'],
      ],
    ],
    [
      'equal',
      'flexible',
      [
        [1, 'week'],
        [1, 'week'],
      ],
    ],
    [
      'a month and a year',
      'flexible',
      [
        [1, 'month'],
        [1, 'year'],
      ],
    ],
    [
      'a year before a month',
      'flexible',
      [
        [1, 'year'],
        [1, 'month'],
      ],
    ],
    [
      'a month, a quarter and two years',
      'flexible',
      [
        [3, 'month'],
        [1, 'month'],
        [2, 'year'],
      ],
    ],
    [
      'a day and anything',
      'flexible',
      [
        [1, 'day'],
        [1, 'week'],
        [1, 'month'],
      ],
    ],
    [
      '12 months and a year',
      'flexible',
      [
        [12, 'month'],
        [1, 'year'],
      ],
    ],
    ['one alone', 'classic', [[7, 'day']]],
  ])('may be %s when %s', (_, mode, recurrences) => {
    expect(() => checkIntervals(mode, every(...recurrences))).not.toThrow();
  });

  test.each<[name: string, mode: 'classic' | 'flexible', recurrences: [number, Interval][], message: string]>([
    [
      'a month and a year',
      'classic',
      [
        [1, 'month'],
        [1, 'year'],
      ],
      'must have the same',
    ],
    [
      '12 months and a year',
      'classic',
      [
        [12, 'month'],
        [1, 'year'],
      ],
      'must have the same',
    ],
    [
      '2 and 3 months',
      'flexible',
      [
        [2, 'month'],
        [3, 'month'],
      ],
      '3 months is not a multiple of 2 months',
    ],
    [
      'a week and a month',
      'flexible',
      [
        [1, 'week'],
        [1, 'month'],
      ],
      '1 month is not a multiple of 1 week',
    ],
    [
      '2 days and a week',
      'flexible',
      [
        [1, 'week'],
        [2, 'day'],
      ],
      '1 week is not a multiple of 2 days',
    ],
  ])('may not be %s when %s', (_, mode, recurrences, message) => {
    expect(() => checkIntervals(mode, every(...recurrences))).toThrow(message);
  });
});

describe('the currency of a subscription', () => {
  const option = { unitAmount: decimal(5), tiers: null, taxBehavior: 'unspecified' } as const;
  const both = madePrice({ currencyOptions: new Map([['eur', option]]) });
  const dollars = madePrice();
  const euros = madePrice({ currency: 'eur' });

  test.each<[name: string, wanted: string | undefined, customer: string | null, prices: Price[], expected: string]>([
    ['the one asked for', 'eur', null, [both, euros], 'eur'],
    ["the customer's", undefined, 'eur', [both], 'eur'],
    ["the price's own", undefined, null, [both], 'usd'],
    ["the first price's own where not every price has the customer's", undefined, 'eur', [dollars, both], 'usd'],
    ["the one asked for rather than the customer's", 'usd', 'eur', [both], 'usd'],
  ])('is %s', (_, wanted, currency, prices, expected) => {
    expect(chooseCurrency(wanted, madeCustomer({ currency }), prices)).toBe(expected);
  });

  test.each<[wanted: string | undefined, prices: Price[], message: string]>([
    [undefined, [dollars, euros], "only supports `eur`. This doesn't match the expected currency: `usd`."],
    ['jpy', [both], "only supports `usd`, `eur`. This doesn't match the expected currency: `jpy`."],
  ])('%s is refused for a price that lacks it', (wanted, prices, message) => {
    expect(() => chooseCurrency(wanted, madeCustomer(), prices)).toThrow(message);
  });
});

test('an inactive price is told before everything else that is wrong with it', () => {
  const price = madePrice({ active: false, recurring: null });
  const items = () =>
    priceItems([{ price: price.id }], new Map([[price.id, price]]), new Map([['prod_1', madeProduct()]]));
  expect(items).toThrow('The price specified is inactive.');
});

test('sent invoices need days and an email, charged ones neither', () => {
  const customer = madeCustomer();
  const sent = { collection_method: 'send_invoice', days_until_due: 0 } as const;
  expect(() => checkCollection({}, customer)).not.toThrow();
  expect(() => checkCollection(sent, customer)).not.toThrow();
  expect(() => checkCollection({ days_until_due: 0 }, customer)).toThrow('You can only specify');
  expect(() => checkCollection({ collection_method: 'send_invoice' }, customer)).toThrow('You must specify');
  expect(() => checkCollection(sent, madeCustomer({ email: null }))).toThrow('Missing email.');
});
