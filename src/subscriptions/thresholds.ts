import { amountsIn, type Price } from '../catalog/price.ts';
import { decimal, ZERO } from '../money/decimal.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { isMetered, type Subscription, type SubscriptionItem } from './subscription.ts';

type AmountParams = {
  readonly amount_gte?: bigint | undefined;
  readonly reset_billing_cycle_anchor?: boolean | undefined;
};

type UsageParams = { readonly usage_gte: bigint };

/**
 * A subscription with the thresholds that a request wants on it; null takes them off. Throws for an amount that its
 * metered items come to without any usage: they would be invoiced without end.
 */
export function withThresholds(subscription: Subscription, wanted: AmountParams | null | undefined): Subscription {
  return wanted === undefined ? subscription : { ...subscription, thresholds: readThresholds(wanted) };
}

/** Throws where a request says what a threshold does and names none, of the amount or of an item's usage. */
export function requireThreshold(
  wanted: AmountParams | null | undefined,
  items: readonly Pick<SubscriptionItem, 'thresholdUsage'>[],
): void {
  if (wanted === undefined || wanted === null || wanted.amount_gte !== undefined) return;
  if (items.some(({ thresholdUsage }) => thresholdUsage !== null)) return;
  throw invalidRequest(
    '`billing_thresholds` needs `amount_gte`, or an item with `billing_thresholds[usage_gte]`: without either there is no threshold.',
    'billing_thresholds[amount_gte]',
    'parameter_missing',
  );
}

/** The thresholds that a request wants; null: none. */
export function readThresholds(wanted: AmountParams | null | undefined): Subscription['thresholds'] {
  if (wanted === undefined || wanted === null) return null;
  const { amount_gte: amount = null, reset_billing_cycle_anchor: resetsAnchor = false } = wanted;
  return { amount, resetsAnchor };
}

/** Throws where the amount of a subscription's threshold is not above what its metered items come to without any usage. */
export function checkThresholds({
  thresholds,
  items,
  currency,
}: Pick<Subscription, 'currency' | 'thresholds'> & { readonly items: readonly { readonly price: Price }[] }): void {
  const amount = thresholds?.amount ?? null;
  if (amount === null) return;
  const flat = items.reduce((sum, { price }) => sum.plus(flatFee(price, currency)), ZERO);
  if (decimal(amount).gt(flat)) return;
  throw invalidRequest(
    `\`billing_thresholds[amount_gte]\` must be greater than the sum of the flat fees of all metered prices, ${flat.toString()}.`,
    'billing_thresholds[amount_gte]',
  );
}

/** What a metered price costs for no usage at all. */
function flatFee(price: Price, currency: string) {
  const [first] = amountsIn(price, currency)?.tiers ?? [];
  return isMetered(price) ? (first?.flatAmount ?? ZERO) : ZERO;
}

/** The usage at which an item is invoiced; null: none. Throws for an item that is licensed. */
export function usageThreshold(
  price: Price,
  wanted: UsageParams | null | undefined,
  current: bigint | null,
  at = 'billing_thresholds',
): bigint | null {
  if (wanted === undefined) return current;
  if (wanted === null) return null;
  if (isMetered(price)) return wanted.usage_gte;
  throw invalidRequest(
    `You can only set \`billing_thresholds\` on items with a metered price: ${price.id} is licensed.`,
    at,
  );
}

/** Whether a subscription may be invoiced before its period ends. */
export function hasThresholds({ thresholds, items }: Pick<Subscription, 'thresholds' | 'items'>): boolean {
  return (thresholds?.amount ?? null) !== null || items.some(({ thresholdUsage }) => thresholdUsage !== null);
}

/** What a subscription has reached with its usage so far, of which `owed` (without tax) is not billed; null: nothing. */
export function reachedBy(
  { thresholds, items }: Subscription,
  owed: bigint,
  unbilled: (item: SubscriptionItem) => ReturnType<typeof decimal>,
): { readonly amount: bigint | null; readonly items: readonly SubscriptionItem[] } | null {
  const limit = thresholds?.amount ?? null;
  const amount = limit !== null && owed >= limit ? limit : null;
  const reached = items.filter(
    (item) => item.thresholdUsage !== null && unbilled(item).gte(decimal(item.thresholdUsage)),
  );
  return amount === null && reached.length === 0 ? null : { amount, items: reached };
}
