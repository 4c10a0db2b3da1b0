import type Stripe from 'stripe';
import { formatNumber, formatUnitAmount } from './format.ts';

/** How often a price recurs: `month`, `3 months`. Undefined for what is charged once. */
function intervalWords(price: Pick<Stripe.Price, 'recurring'>): string | undefined {
  const { recurring } = price;
  if (!recurring) return undefined;
  const { interval, interval_count: count } = recurring;
  return count === 1 ? interval : `${count} ${interval}s`;
}

/** What a price charges, in a few words: `$0.04 per 100 units / month`. */
export function priceWords(price: Stripe.Price): string {
  const interval = intervalWords(price);
  return interval === undefined ? amountWords(price) : `${amountWords(price)} / ${interval}`;
}

function amountWords(price: Stripe.Price): string {
  const { currency, unit_amount_decimal: decimal, transform_quantity: transform } = price;
  if (price.billing_scheme === 'tiered') return tierWords(price);
  const amount = formatUnitAmount(String(decimal ?? price.unit_amount ?? 0), currency);
  if (transform !== null) return `${amount} per ${formatNumber(transform.divide_by)} units`;
  return price.recurring?.usage_type === 'metered' ? `${amount} per unit` : amount;
}

/** Tiers are only told where they were asked for. */
function tierWords({ tiers, tiers_mode: mode, currency }: Stripe.Price): string {
  const kind = mode === 'volume' ? 'Volume tiers' : 'Graduated tiers';
  const [first] = tiers ?? [];
  if (first === undefined) return kind;
  const flat = first.flat_amount_decimal;
  const amounts = [
    first.unit_amount_decimal === null
      ? []
      : [`${formatUnitAmount(String(first.unit_amount_decimal), currency)} per unit`],
    flat === null ? [] : [formatUnitAmount(String(flat), currency)],
  ].flat();
  return `${kind} from ${amounts.join(' + ')}`;
}

/** The id of something that an answer may hold whole. */
export function idOf(object: string | { readonly id: string } | null | undefined): string | undefined {
  return typeof object === 'string' ? object : object?.id;
}
