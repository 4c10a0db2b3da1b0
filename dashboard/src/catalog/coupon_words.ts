import type Stripe from 'stripe';
import { formatMoney, formatNumber } from '../ui/format.ts';

/** What a coupon takes off, and how long: `25% off for 3 months`, `$10.00 off once`. */
export function sayCoupon({ percent_off: percent, amount_off: amount, currency, ...rest }: Stripe.Coupon): string {
  const off = amount !== null && currency !== null ? formatMoney(amount, currency) : `${percent ?? 0}%`;
  return `${off} off ${sayDuration(rest)}`;
}

function sayDuration({ duration, duration_in_months: months }: Pick<Stripe.Coupon, 'duration' | 'duration_in_months'>) {
  if (duration !== 'repeating') return duration === 'forever' ? 'forever' : 'once';
  return `for ${months} ${months === 1 ? 'month' : 'months'}`;
}

/** How often something was redeemed, of how often it can be: `3 of 10`. */
export function sayRedemptions(redeemed: number, max: number | null): string {
  return max === null ? formatNumber(redeemed) : `${formatNumber(redeemed)} of ${formatNumber(max)}`;
}
