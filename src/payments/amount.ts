import { MAX_AMOUNT, MAX_AMOUNT_IDR } from '../limits.ts';
import { decimal } from '../money/decimal.ts';
import { minorUnitDigits } from '../money/currency.ts';
import { formatUnitAmount } from '../money/format.ts';
import { invalidRequest } from '../stripe/errors.ts';

/**
 * The smallest charges by currency, in minor units. Those of usd, eur, gbp and jpy are the reference's; the others are those
 * that the payment networks are known to ask for.
 */
const MINIMUMS: Readonly<Record<string, bigint>> = {
  usd: 50n,
  aed: 200n,
  aud: 50n,
  bgn: 100n,
  brl: 50n,
  cad: 50n,
  chf: 50n,
  czk: 1500n,
  dkk: 250n,
  eur: 50n,
  gbp: 30n,
  hkd: 400n,
  huf: 17_500n,
  inr: 50n,
  jpy: 50n,
  mxn: 1000n,
  myr: 200n,
  nok: 300n,
  nzd: 50n,
  pln: 200n,
  ron: 200n,
  sek: 300n,
  sgd: 50n,
  thb: 1000n,
};

/** The smallest amount that can be charged in a currency, in minor units. */
export function minimumCharge(currency: string): bigint {
  return MINIMUMS[currency] ?? 1n;
}

/** The largest amount of one item or one charge: 8 digits, and 12 in rupiah. */
export function maximumAmount(currency: string): bigint {
  return currency === 'idr' ? MAX_AMOUNT_IDR : MAX_AMOUNT;
}

/**
 * Charges are multiples of so many minor units: banks know no aurar (ISK and UGX count two decimals and have none), and of
 * three decimals the last is 0.
 */
export function chargeStep(currency: string): bigint {
  if (currency === 'isk' || currency === 'ugx') return 100n;
  return minorUnitDigits(currency) === 3 ? 10n : 1n;
}

/** Whether `checkChargeable` lets an amount pass. */
export function isChargeable(amount: bigint, currency: string): boolean {
  return amount >= minimumCharge(currency) && amount % chargeStep(currency) === 0n;
}

/** Throws amount_too_small, and for amounts that no bank could move; `param` is where a request has the amount, if it does. */
export function checkChargeable(amount: bigint, currency: string, param: 'amount' | null = 'amount'): void {
  const named = param ?? undefined;
  const minimum = minimumCharge(currency);
  if (amount < minimum) {
    throw invalidRequest(
      `Amount must be at least ${formatUnitAmount(decimal(String(minimum)), currency)} ${currency}`,
      named,
      'amount_too_small',
    );
  }
  const step = chargeStep(currency);
  if (amount % step !== 0n) {
    throw invalidRequest(`Invalid amount: charges in ${currency} must be a multiple of ${step}.`, named);
  }
}
