import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { exact } from '../ui/exact.ts';
import { costOf, type PriceModel } from './cost.ts';
import { sayExample, sayPeriod, sayPrice } from './words.ts';

const price = (fields: object) =>
  ({
    currency: 'usd',
    billing_scheme: 'per_unit',
    unit_amount_decimal: '4',
    transform_quantity: null,
    recurring: { interval: 'month', interval_count: 1, usage_type: 'metered' },
    ...fields,
  }) as unknown as Stripe.Price;

const monthly = { interval: 'month', interval_count: 1, usage_type: 'licensed' };

describe('prices in words', () => {
  test.each([
    [{ transform_quantity: { divide_by: 100, round: 'up' } }, null, '$0.04 per 100 units / month'],
    [{ transform_quantity: { divide_by: 1000, round: 'up' } }, 'token', '$0.04 per 1,000 tokens / month'],
    [{ unit_amount_decimal: '0.04' }, null, '$0.0004 per unit / month'],
    [{}, 'GB', '$0.04 per GB / month'],
    [{ recurring: monthly, unit_amount_decimal: '2000' }, null, '$20.00 / month'],
    [{ recurring: { ...monthly, interval_count: 3 }, unit_amount_decimal: '2000' }, null, '$20.00 every 3 months'],
    [{ recurring: null, unit_amount_decimal: '123456', currency: 'jpy' }, null, '¥123,456'],
    [{ billing_scheme: 'tiered', tiers_mode: 'graduated' }, null, 'Graduated tiers / month'],
    [
      { billing_scheme: 'tiered', tiers_mode: 'volume', recurring: { ...monthly, interval: 'year' } },
      null,
      'Volume tiers / year',
    ],
  ])('%j', (fields, label, words) => {
    expect(sayPrice(price(fields), label)).toBe(words);
  });

  test('periods', () => {
    expect([sayPeriod('day', 1), sayPeriod('year', 1), sayPeriod('month', 6)]).toEqual([
      'Daily',
      'Yearly',
      'Every 6 months',
    ]);
  });

  const say = (model: PriceModel, quantity: string, unitLabel: string | null = null) => {
    const amount = exact(quantity);
    return sayExample({ model, quantity: amount, cost: costOf(model, amount), currency: 'usd', unitLabel });
  };

  test('examples show where each part comes from', () => {
    const tiers = [
      { upTo: 1000n, unit: exact('5'), flat: null },
      { upTo: null, unit: exact('4'), flat: exact('1000') },
    ];
    const graduated: PriceModel = { kind: 'tiers', mode: 'graduated', tiers };
    expect(say(graduated, '1000')).toBe('1,000 units: 1,000 × $0.05 = $50.00');
    expect(say(graduated, '1250')).toBe('1,250 units: 1,000 × $0.05 + 250 × $0.04 + $10.00 flat fee = $70.00');
    expect(say({ kind: 'tiers', mode: 'volume', tiers }, '1250', 'query')).toBe(
      '1,250 queries: 1,250 × $0.04 + $10.00 flat fee = $60.00',
    );
    const packages: PriceModel = { kind: 'package', unit: exact('4'), size: 100n, round: 'up' };
    expect(say(packages, '3001')).toBe('3,001 units: 31 packages × $0.04 = $1.24');
    expect(say(packages, '1')).toBe('1 unit: 1 package × $0.04 = $0.04');
    expect(say({ kind: 'per_unit', unit: exact('0') }, '12')).toBe('12 units: $0.00');
  });
});
