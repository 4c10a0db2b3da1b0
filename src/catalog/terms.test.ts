import { describe, expect, test } from 'vitest';
import { decimal } from '../money/decimal.ts';
import { StripeError } from '../stripe/errors.ts';
import type { Price, PriceAmounts, TaxBehavior } from './price.ts';
import { amountsIn, recurrenceOf } from './price.ts';
import type { TermsParams } from './price.params.ts';
import { changeOptions, changeTaxBehavior, readTerms } from './terms.ts';

const monthly = { interval: 'month' } as const;
const open = { up_to: null, unit_amount: 5n };

/** The error of terms that must be refused, as `param: message`. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof StripeError) return `${error.fields.param}: ${error.message}`;
    throw error;
  }
  throw new Error('not refused');
}

describe('the terms of a new price', () => {
  test('default to one licensed unit, once', () => {
    expect(readTerms({ currency: 'usd', unit_amount: 500n })).toEqual({
      active: true,
      currency: 'usd',
      nickname: null,
      lookupKey: null,
      metadata: {},
      billingScheme: 'per_unit',
      unitAmount: decimal(500),
      tiers: null,
      tiersMode: null,
      transform: null,
      taxBehavior: 'unspecified',
      currencyOptions: new Map(),
      recurring: null,
    });
  });

  test('keep every decimal', () => {
    const terms = readTerms({ currency: 'usd', unit_amount_decimal: decimal('0.000000000001') });
    expect(terms.unitAmount).toEqual(decimal('0.000000000001'));
  });

  test('take tiers as they are, an open end as null', () => {
    const tiers = [
      { up_to: 10n, flat_amount: 100n },
      { up_to: null, unit_amount_decimal: decimal('0.5') },
    ];
    const terms = readTerms({
      currency: 'usd',
      billing_scheme: 'tiered',
      tiers_mode: 'volume',
      tiers,
      recurring: monthly,
    });
    expect(terms.tiers).toEqual([
      { upTo: 10n, unitAmount: null, flatAmount: decimal(100) },
      { upTo: null, unitAmount: decimal('0.5'), flatAmount: null },
    ]);
  });

  test('recur once an interval unless told otherwise', () => {
    const terms = readTerms({ currency: 'usd', unit_amount: 1n, recurring: monthly });
    expect(terms.recurring).toEqual({ interval: 'month', intervalCount: 1, usageType: 'licensed', meterId: null });
  });

  const refused: [string, Partial<TermsParams>, string][] = [
    ['no amount', { unit_amount: undefined as never }, 'unit_amount: Prices require an `unit_amount` or'],
    ['two amounts', { unit_amount_decimal: decimal(5) }, 'unit_amount: You may only specify one of'],
    ['tiers in a per-unit price', { tiers: [open] }, 'tiers: `tiers` requires'],
    ['a mode without tiers', { tiers_mode: 'volume' }, 'tiers_mode: `tiers_mode` requires'],
    ['the own currency as an option', { currency_options: new Map([['usd', {}]]) }, 'currency_options[usd]: '],
    ['an option without amount', { currency_options: new Map([['eur', {}]]) }, 'currency_options[eur][unit_amount]: '],
    ['a metered price without meter', { recurring: { ...monthly, usage_type: 'metered' } }, 'recurring[meter]: '],
    ['a licensed price with a meter', { recurring: { ...monthly, meter: 'mtr_1' } }, 'recurring[meter]: '],
  ];
  test.each(refused)('refuse %s', (_, params, error) => {
    expect(refusal(() => readTerms({ currency: 'usd', unit_amount: 5n, ...params }))).toContain(error);
  });

  test.each([
    ['day', 1095],
    ['week', 156],
    ['month', 36],
    ['year', 3],
  ] as const)('allow at most three years: every %s at most %i', (interval, longest) => {
    const read = (count: number) =>
      readTerms({ currency: 'usd', unit_amount: 1n, recurring: { interval, interval_count: count } });
    expect(read(longest).recurring?.intervalCount).toBe(longest);
    expect(refusal(() => read(longest + 1))).toContain('recurring[interval_count]: Invalid interval_count');
  });
});

describe('the terms of a tiered price', () => {
  const tiered = { currency: 'usd', billing_scheme: 'tiered', tiers_mode: 'graduated', recurring: monthly } as const;
  const tier = (upTo: bigint | null, more: object = { unit_amount: 5n }) => ({ up_to: upTo, ...more });

  const refused: [string, object, string][] = [
    ['no tiers', {}, 'tiers: Missing required param: tiers.'],
    ['an empty list', { tiers: [] }, 'tiers: Missing'],
    ['no mode', { tiers: [open], tiers_mode: undefined }, 'tiers_mode: Missing'],
    ['no recurrence', { tiers: [open], recurring: undefined }, 'recurring: Prices with `type=one_time` are not'],
    ['a unit amount', { tiers: [open], unit_amount: 5n }, 'unit_amount: `unit_amount` cannot be combined'],
    ['a package', { tiers: [open], transform_quantity: { divide_by: 2n, round: 'up' } }, 'tiers: You may only specify'],
    ['a package and no tiers', { transform_quantity: { divide_by: 2n, round: 'up' } }, 'transform_quantity: '],
    ['no open end', { tiers: [tier(5n)] }, 'tiers[0][up_to]: The last tier must'],
    ['two open ends', { tiers: [tier(null), tier(null)] }, 'tiers[0][up_to]: Only the last tier'],
    ['a step back', { tiers: [tier(5n), tier(4n), tier(null)] }, 'tiers[1][up_to]: Tiers must ascend'],
    ['an empty step', { tiers: [tier(5n), tier(5n), tier(null)] }, 'tiers[1][up_to]: Tiers must ascend'],
    ['a tier without amount', { tiers: [tier(5n), tier(null, {})] }, 'tiers[1]: An entry in the tiers array'],
    [
      'two unit amounts in a tier',
      { tiers: [tier(null, { unit_amount: 1n, unit_amount_decimal: decimal(1) })] },
      'tiers[0][unit_amount]: You may only specify one of these parameters: unit_amount, unit_amount_decimal.',
    ],
    [
      'two flat amounts in a tier',
      { tiers: [tier(null, { flat_amount: 1n, flat_amount_decimal: decimal(1) })] },
      'tiers[0][flat_amount]: You may only specify one of these parameters: flat_amount, flat_amount_decimal.',
    ],
    [
      'an option with a unit amount',
      { tiers: [open], currency_options: new Map([['eur', { unit_amount: 1n }]]) },
      'currency_options[eur][unit_amount]: `unit_amount` cannot be combined',
    ],
    [
      'an option with tiers out of order',
      { tiers: [open], currency_options: new Map([['eur', { tiers: [tier(2n), tier(1n), tier(null)] }]]) },
      'currency_options[eur][tiers][1][up_to]: Tiers must ascend',
    ],
  ];
  test.each(refused)('refuse %s', (_, params, error) => {
    const given = Object.entries({ ...tiered, ...params }).filter(([, value]) => value !== undefined);
    expect(refusal(() => readTerms(Object.fromEntries(given) as unknown as TermsParams))).toContain(error);
  });

  test('name where they stand', () => {
    const read = () => readTerms({ currency: 'usd', tiers: [open] }, ['default_price_data']);
    expect(refusal(read)).toContain('default_price_data[tiers]: ');
  });
});

describe('what can change', () => {
  const usd = { currency: 'usd', billingScheme: 'per_unit' } as const;
  const amounts = (unit: number, taxBehavior: TaxBehavior = 'unspecified'): PriceAmounts => ({
    unitAmount: decimal(unit),
    tiers: null,
    taxBehavior,
  });

  test('a tax behavior, once', () => {
    expect(changeTaxBehavior('unspecified', 'inclusive')).toBe('inclusive');
    expect(changeTaxBehavior('inclusive', undefined)).toBe('inclusive');
    expect(changeTaxBehavior('inclusive', 'inclusive')).toBe('inclusive');
    expect(refusal(() => changeTaxBehavior('inclusive', 'exclusive'))).toContain('tax_behavior: ');
    expect(refusal(() => changeTaxBehavior('exclusive', 'unspecified'))).toContain('tax_behavior: ');
  });

  test('currencies are added and repriced, the others stay', () => {
    const current = new Map([
      ['eur', amounts(5)],
      ['gbp', amounts(6)],
    ]);
    const change = new Map([
      ['eur', { unit_amount: 7n }],
      ['jpy', { unit_amount: 8n }],
    ]);
    expect(changeOptions(usd, current, change)).toEqual(
      new Map([
        ['eur', amounts(7)],
        ['gbp', amounts(6)],
        ['jpy', amounts(8)],
      ]),
    );
  });

  test('a tax behavior alone leaves the amount of its currency', () => {
    const current = new Map([['eur', amounts(5)]]);
    const decided = changeOptions(usd, current, new Map([['eur', { tax_behavior: 'exclusive' as const }]]));
    expect(decided).toEqual(new Map([['eur', amounts(5, 'exclusive')]]));
    const repriced = changeOptions(usd, decided, new Map([['eur', { unit_amount: 9n }]]));
    expect(repriced).toEqual(new Map([['eur', amounts(9, 'exclusive')]]));
    const undo = () => changeOptions(usd, decided, new Map([['eur', { tax_behavior: 'inclusive' as const }]]));
    expect(refusal(undo)).toContain('currency_options[eur][tax_behavior]: ');
  });
});

describe('a price', () => {
  const price: Price = {
    ...readTerms({
      currency: 'usd',
      unit_amount: 5n,
      currency_options: new Map([['eur', { unit_amount: 4n }]]),
      recurring: { interval: 'month', interval_count: 3 },
    }),
    id: 'price_1',
    productId: 'prod_1',
    dimensionFilter: {},
    createdAt: Temporal.Instant.from('2026-01-01T00:00:00Z'),
  };

  test('has amounts in its own and its other currencies, and in no more', () => {
    expect(amountsIn(price, 'usd')?.unitAmount).toEqual(decimal(5));
    expect(amountsIn(price, 'eur')?.unitAmount).toEqual(decimal(4));
    expect(amountsIn(price, 'gbp')).toBeUndefined();
  });

  test('tells its recurrence', () => {
    expect(recurrenceOf(price)).toEqual({ interval: 'month', intervalCount: 3 });
    expect(recurrenceOf({ ...price, recurring: null })).toBeNull();
  });
});
