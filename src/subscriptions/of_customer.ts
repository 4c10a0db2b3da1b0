import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import type { JsonObject } from '../stripe/json.ts';
import { listView } from '../stripe/lists.ts';
import { findNewestActive } from './subscription.sql.ts';
import { viewSubscription } from './subscription.view.ts';

/** `customer.subscriptions`, for expand: of each customer a list of its newest subscriptions that have not ended. */
export async function customerSubscriptions(context: Context, customers: readonly JsonObject[]): Promise<JsonObject[]> {
  const ids = customers.map((customer) => customer['id'] as string);
  if (ids.length === 0) return [];
  const found = await findNewestActive(context, [...new Set(ids)], DEFAULT_LIST_LIMIT + 1);
  const byCustomer = Map.groupBy(found, (subscription) => subscription.customerId);
  return ids.map((id) => {
    const subscriptions = byCustomer.get(id) ?? [];
    const shown = subscriptions.slice(0, DEFAULT_LIST_LIMIT);
    const views = shown.map((subscription) => viewSubscription(context, subscription));
    return listView(`/v1/customers/${id}/subscriptions`, views, subscriptions.length > shown.length);
  });
}
