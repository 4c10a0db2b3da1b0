import type { Context } from '../stripe/context.ts';
import { ID_PREFIXES } from '../stripe/ids.ts';
import { findSharedMeters } from './shared_meter.sql.ts';
import { hasEnded, isMetered, type Subscription } from './subscription.ts';

/** An item that bills usage of a meter. */
type SharingItem = {
  readonly subscriptionId: string;
  readonly itemId: string;
  readonly priceId: string;
  /** The price counts only usage with these values of dimensions; `{}`: all. */
  readonly dimensionFilter: Readonly<Record<string, string>>;
};

/**
 * A meter of which several items of one customer count the same usage: each bills all of it for its own period, so the
 * customer pays for it as often. Prices of different values of a dimension share nothing.
 */
export type SharedMeter = {
  readonly customerId: string;
  readonly meterId: string;
  /** Of subscriptions that have not ended; two at least, oldest first. */
  readonly items: readonly SharingItem[];
};

/** The id of such a pair: `shared_`, then what tells the customer, then what tells the meter. */
export function sharedMeterId({ customerId, meterId }: Pick<SharedMeter, 'customerId' | 'meterId'>): string {
  const [customer, meter] = [customerId.slice(ID_PREFIXES.customer.length), meterId.slice(ID_PREFIXES.meter.length)];
  return `${ID_PREFIXES.sharedMeter}${customer}_${meter}`;
}

/** The pair that an id names, which need not be one; undefined for any other text. */
export function readSharedMeterId(id: string): Pick<SharedMeter, 'customerId' | 'meterId'> | undefined {
  const [, customer, meter] = /^shared_([0-9A-Za-z]+)_((?:test_)?[0-9A-Za-z]+)$/.exec(id) ?? [];
  if (customer === undefined || meter === undefined) return undefined;
  return { customerId: ID_PREFIXES.customer + customer, meterId: ID_PREFIXES.meter + meter };
}

/** What there is to know, in a sentence that fits into a header. */
export function warningOf({ customerId, meterId, items }: SharedMeter): string {
  const named = items.slice(0, MAX_NAMED).map(({ itemId, subscriptionId }) => `${itemId} of ${subscriptionId}`);
  const rest = items.length > MAX_NAMED ? [`and ${items.length - MAX_NAMED} more`] : [];
  return `The usage of the meter ${meterId} by the customer ${customerId} is billed by each of ${items.length} subscription items: ${[...named, ...rest].join(', ')}.`;
}

/** Clients take 16 KB of headers, and a customer may have 10,000 items. */
const MAX_NAMED = 5;
const MAX_TOLD = 3;

/**
 * Tells the client, beside the answer, of meters that items of a subscription share with others. Nothing is refused: two
 * prices on one meter may be meant.
 */
export async function warnOfSharedMeters(context: Context, subscription: Subscription): Promise<void> {
  const { id, customerId, items } = subscription;
  const { notify } = context.request;
  if (notify === undefined || hasEnded(subscription) || !items.some(({ price }) => isMetered(price))) return;
  const all = await findSharedMeters(context, { customerId, meterId: undefined }, undefined);
  const shared = all.filter((each) => each.items.some(({ subscriptionId }) => subscriptionId === id));
  for (const each of shared.slice(0, MAX_TOLD)) notify(warningOf(each));
  if (shared.length > MAX_TOLD) notify(`GET /v1/usance/shared_meters names ${shared.length - MAX_TOLD} more.`);
}
