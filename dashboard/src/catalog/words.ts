import type Stripe from 'stripe';
import { type Exact, exact, textOf } from '../ui/exact.ts';
import { formatNumber, formatUnitAmount } from '../ui/format.ts';
import type { Cost, PriceModel } from './cost.ts';

/** What prices are called: `$0.04 per 100 units / month`, `Graduated tiers / month`. */
export function sayPrice(price: Stripe.Price, unitLabel?: string | null): string {
  return `${sayAmount(price, unitLabel ?? null)}${saySuffix(price)}`;
}

function sayAmount(price: Stripe.Price, unitLabel: string | null): string {
  if (price.billing_scheme === 'tiered') return price.tiers_mode === 'volume' ? 'Volume tiers' : 'Graduated tiers';
  const amount = formatUnitAmount(String(price.unit_amount_decimal), price.currency);
  const { transform_quantity: transform } = price;
  if (transform !== null) return `${amount} per ${sayCount(exact(BigInt(transform.divide_by)), unitLabel)}`;
  return price.recurring?.usage_type === 'metered' ? `${amount} per ${unitLabel ?? 'unit'}` : amount;
}

function saySuffix({ recurring }: Stripe.Price): string {
  if (recurring === null) return '';
  const { interval, interval_count: count } = recurring;
  return count === 1 ? ` / ${interval}` : ` every ${count} ${interval}s`;
}

/** `Monthly`, `Every 3 months`. */
export function sayPeriod(interval: string, count: number): string {
  const names: Record<string, string> = { day: 'Daily', week: 'Weekly', month: 'Monthly', year: 'Yearly' };
  return count === 1 ? (names[interval] ?? interval) : `Every ${count} ${interval}s`;
}

/** `1,250 units`, `1 token`, `10 GB`. */
function sayCount(quantity: Exact, unitLabel: string | null): string {
  const text = textOf(quantity);
  return `${formatNumber(text)} ${text === '1' ? (unitLabel ?? 'unit') : plural(unitLabel ?? 'unit')}`;
}

/** Only words get an s: `seats`, but `GB`. */
function plural(label: string): string {
  if (!/[a-z]$/.test(label) || label.endsWith('s')) return label;
  return /[^aeiou]y$/.test(label) ? `${label.slice(0, -1)}ies` : `${label}s`;
}

/** An amount of smallest units as people write it. */
export function sayMoney(amount: bigint, currency: string): string {
  return formatUnitAmount(String(amount), currency);
}

type Example = {
  readonly model: PriceModel;
  readonly quantity: Exact;
  readonly cost: Cost;
  readonly currency: string;
  readonly unitLabel: string | null;
};

/** How a cost comes about: `1,250 units: 1,000 × $0.05 + 250 × $0.04 = $60.00`. */
export function sayExample({ model, quantity, cost, currency, unitLabel }: Example): string {
  const terms = cost.lines
    // A tier without a price, and a fee of nothing, add nothing.
    .filter(({ price }) => price.digits !== 0n)
    .map(({ count, price }) => {
      const amount = formatUnitAmount(textOf(price), currency);
      if (count === null) return `${amount} flat fee`;
      const times = formatNumber(textOf(count));
      return model.kind === 'package'
        ? `${times} ${times === '1' ? 'package' : 'packages'} × ${amount}`
        : `${times} × ${amount}`;
    });
  const sum = terms.length === 0 ? '' : `${terms.join(' + ')} = `;
  return `${sayCount(quantity, unitLabel)}: ${sum}${sayMoney(cost.total, currency)}`;
}
