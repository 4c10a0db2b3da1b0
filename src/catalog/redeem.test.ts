import { describe, expect, test } from 'vitest';
import { madeCoupon, madePromotionCode } from '../../test/support/made.ts';
import { discountEndAt, isValid, offIn } from './coupon.ts';
import { isActive, type PromotionCode } from './promotion_code.ts';
import { type Purchase, redemptionProblem } from './redeem.ts';

const NOW = Temporal.Instant.from('2026-06-01T00:00:00Z');
const PAST = NOW.subtract({ seconds: 1 });
const FUTURE = NOW.add({ seconds: 1 });

const unknown: Purchase = { customerId: null, currency: null, amount: null, hasPaidBefore: false };
const tenDollars: Purchase = { customerId: 'cus_1', currency: 'usd', amount: 1_000n, hasPaidBefore: false };
const fiveOff = {
  percentOff: null,
  amountOff: 500n,
  currency: 'usd',
  currencyOptions: new Map([['eur', 400n]]),
};
const restrictions = (details: Partial<PromotionCode['restrictions']>) => ({
  restrictions: { ...madePromotionCode().restrictions, ...details },
});
const fromTenDollars = restrictions({
  minimumAmount: 1_000n,
  minimumAmountCurrency: 'usd',
  currencyOptions: new Map([['eur', 900n]]),
});

/** The message and code of the error, or undefined. */
function problemOf(coupon: Parameters<typeof madeCoupon>[0], code: Partial<PromotionCode> | null, purchase: Purchase) {
  const made = madeCoupon(coupon);
  const promotionCode = code && madePromotionCode({ coupon: made, ...code });
  const problem = redemptionProblem({ coupon: made, promotionCode }, purchase, { now: NOW, param: 'discounts[0]' });
  if (problem === undefined) return undefined;
  expect(problem.fields).toMatchObject({ status: 400, param: 'discounts[0]' });
  return [problem.fields.message, problem.fields.code];
}

const cannot = (reason: string, code?: string) => [`This promotion code cannot be redeemed because ${reason}.`, code];
const EXPIRED = ['Coupon expired: TEN', 'coupon_expired'];
const USED_UP = cannot('it has been used the maximum number of times', 'coupon_expired');

describe('a coupon', () => {
  test.each<[string, Parameters<typeof madeCoupon>[0], Purchase, unknown]>([
    ['without limits', {}, tenDollars, undefined],
    ['for a customer alone', {}, unknown, undefined],
    ['before its last moment', { redeemByAt: FUTURE }, tenDollars, undefined],
    ['in its last moment', { redeemByAt: NOW }, tenDollars, EXPIRED],
    ['after it', { redeemByAt: PAST }, tenDollars, EXPIRED],
    ['with one redemption left', { maxRedemptions: 2n, timesRedeemed: 1n }, tenDollars, undefined],
    ['with none left', { maxRedemptions: 2n, timesRedeemed: 2n }, tenDollars, EXPIRED],
    ['that was deleted', { deletedAt: PAST }, tenDollars, EXPIRED],
    ['of an amount', fiveOff, tenDollars, undefined],
    ['of an amount, in another of its currencies', fiveOff, { ...tenDollars, currency: 'eur' }, undefined],
    ['of an amount, in no currency yet', fiveOff, unknown, undefined],
    [
      'of an amount, in a currency that it has not',
      fiveOff,
      { ...tenDollars, currency: 'gbp' },
      ['This coupon (TEN) takes off an amount in usd, and has none in gbp.', undefined],
    ],
  ])('%s', (_name, coupon, purchase, problem) => {
    expect(problemOf(coupon, null, purchase)).toEqual(problem);
  });

  test('is worth a percentage everywhere, and an amount in its currencies', () => {
    expect(offIn(madeCoupon(), 'jpy')).toEqual({ percent: madeCoupon().percentOff });
    const coupon = madeCoupon(fiveOff);
    expect(['usd', 'eur', 'jpy'].map((currency) => offIn(coupon, currency))).toEqual([
      { amount: 500n },
      { amount: 400n },
      undefined,
    ]);
  });
});

test.each([
  ['2026-01-15T10:00:00Z', 3, '2026-04-15T10:00:00Z'],
  ['2026-01-31T10:00:00Z', 1, '2026-02-28T10:00:00Z'],
  ['2026-12-31T10:00:00Z', 12, '2027-12-31T10:00:00Z'],
  ['2026-01-15T10:00:00Z', null, null],
])('a discount from %s for %s months ends at %s', (start, durationInMonths, end) => {
  const coupon = madeCoupon({ duration: durationInMonths === null ? 'forever' : 'repeating', durationInMonths });
  expect(discountEndAt(coupon, Temporal.Instant.from(start))?.toString() ?? null).toBe(end);
});

describe('a promotion code', () => {
  test.each<[string, Partial<PromotionCode>, Purchase, unknown]>([
    ['without limits', {}, tenDollars, undefined],
    ['that is inactive', { active: false }, tenDollars, cannot('it is not active')],
    ['before it expires', { expiresAt: FUTURE }, tenDollars, undefined],
    ['when it expires', { expiresAt: NOW }, tenDollars, cannot('it has expired', 'coupon_expired')],
    ['with one redemption left', { maxRedemptions: 1n }, tenDollars, undefined],
    ['with none left', { maxRedemptions: 1n, timesRedeemed: 1n }, tenDollars, USED_UP],
    ['of the customer', { customerId: 'cus_1' }, tenDollars, undefined],
    ['of another customer', { customerId: 'cus_2' }, tenDollars, cannot('it belongs to another customer')],
    ['of a customer, for nobody', { customerId: 'cus_2' }, unknown, cannot('it belongs to another customer')],
    ['for first purchases', restrictions({ firstTimeTransaction: true }), tenDollars, undefined],
    [
      'for first purchases, of one who paid before',
      restrictions({ firstTimeTransaction: true }),
      { ...tenDollars, hasPaidBefore: true },
      cannot('the associated customer has prior transactions'),
    ],
    ['at its minimum', fromTenDollars, tenDollars, undefined],
    [
      'below its minimum',
      fromTenDollars,
      { ...tenDollars, amount: 999n },
      cannot('the amount of 999 is below its minimum of 1000 usd'),
    ],
    ['at its minimum in another currency', fromTenDollars, { ...tenDollars, currency: 'eur', amount: 900n }, undefined],
    [
      'below it there',
      fromTenDollars,
      { ...tenDollars, currency: 'eur', amount: 899n },
      cannot('the amount of 899 is below its minimum of 900 eur'),
    ],
    [
      'in a currency without minimum',
      fromTenDollars,
      { ...tenDollars, currency: 'gbp' },
      cannot('its minimum amount is not defined in gbp'),
    ],
    ['with a minimum, for nothing yet', fromTenDollars, unknown, undefined],
  ])('%s', (_name, code, purchase, problem) => {
    expect(problemOf({}, code, purchase)).toEqual(problem);
  });

  test('falls with its coupon, whatever it says itself', () => {
    expect(problemOf({ redeemByAt: PAST }, {}, tenDollars)).toEqual(EXPIRED);
    expect(problemOf({ deletedAt: PAST }, { expiresAt: FUTURE }, tenDollars)).toEqual(EXPIRED);
  });

  test('is active as long as nothing but the customer stands in the way', () => {
    expect(isActive(madePromotionCode({ customerId: 'cus_2' }), NOW)).toBe(true);
    const bad: Partial<PromotionCode>[] = [
      { active: false },
      { expiresAt: NOW },
      { maxRedemptions: 1n, timesRedeemed: 1n },
      { coupon: madeCoupon({ deletedAt: PAST }) },
      { coupon: madeCoupon({ redeemByAt: PAST }) },
    ];
    expect(bad.map((details) => isActive(madePromotionCode(details), NOW))).toEqual(bad.map(() => false));
    expect(isValid(madeCoupon({ maxRedemptions: 1n, timesRedeemed: 0n, redeemByAt: FUTURE }), NOW)).toBe(true);
  });
});
