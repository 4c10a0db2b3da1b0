import { decimal } from '../money/decimal.ts';
import { minorUnitDigits } from '../money/currency.ts';
import { formatUnitAmount } from '../money/format.ts';
import { invalidRequest } from '../stripe/errors.ts';

/** The smallest charges by currency, in minor units, as the reference's page of currencies lists them. */
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

/** Charges must be multiples of it: banks know no tenth of a fil, and no aurar. */
function chargeStep(currency: string): bigint {
  if (currency === 'isk' || currency === 'ugx') return 100n;
  return minorUnitDigits(currency) === 3 ? 10n : 1n;
}

/** Whether `checkChargeable` lets an amount pass. */
export function isChargeable(amount: bigint, currency: string): boolean {
  return amount >= minimumCharge(currency) && amount % chargeStep(currency) === 0n;
}

/** Throws amount_too_small, and for amounts that no bank could move. */
export function checkChargeable(amount: bigint, currency: string): void {
  const minimum = minimumCharge(currency);
  if (amount < minimum) {
    throw invalidRequest(
      `Amount must be at least ${formatUnitAmount(decimal(String(minimum)), currency)} ${currency}`,
      'amount',
      'amount_too_small',
    );
  }
  const step = chargeStep(currency);
  if (amount % step !== 0n) {
    throw invalidRequest(`Invalid amount: charges in ${currency} must be a multiple of ${step}.`, 'amount');
  }
}
