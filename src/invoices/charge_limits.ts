import { MAX_AMOUNT, MAX_AMOUNT_IDR } from '../limits.ts';
import { minorUnitDigits } from '../money/currency.ts';

/** The least that can be charged, in minor units, where the payment networks have a least amount of their own. */
const MINIMUM_CHARGES: Readonly<Record<string, bigint>> = {
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
  usd: 50n,
};

/** The least amount that can be charged in a currency; 1 where none is known. */
export function minimumCharge(currency: string): bigint {
  return MINIMUM_CHARGES[currency] ?? 1n;
}

/** The largest amount of one item or one charge: 8 digits, and 12 in rupiah. */
export function maximumAmount(currency: string): bigint {
  return currency === 'idr' ? MAX_AMOUNT_IDR : MAX_AMOUNT;
}

/**
 * Charges are multiples of so many minor units: 100 in currencies that count two decimals and have none, 10 where there
 * are three and the last must be 0.
 */
export function chargeStep(currency: string): bigint {
  if (currency === 'isk' || currency === 'ugx') return 100n;
  return minorUnitDigits(currency) === 3 ? 10n : 1n;
}
