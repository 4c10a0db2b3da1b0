import { findPrice } from '../catalog/price.sql.ts';
import { findClocks } from '../clocks/clock.sql.ts';
import { findCustomer } from '../customers/customer.sql.ts';
import { viewDiscount } from '../invoices/discount.view.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { deleteSubscriptionDiscount, requireItem, requireSubscription } from './change.ts';
import { withPrices } from './item.sql.ts';
import { migrateSubscription } from './migrate.ts';
import {
  type ListItemsParams,
  listItemsParams,
  type ListSubscriptionsParams,
  listSubscriptionsParams,
  migrateParams,
  noParams,
} from './subscription.params.ts';
import { filterSubscriptions, withItems } from './subscription.sql.ts';
import { viewItem, viewSubscription } from './subscription.view.ts';

const answers = { object: 'subscription' };
const answersItem = { object: 'subscription_item' };

export const subscriptionRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/subscriptions',
    answers: { list: 'subscription' },
    params: listSubscriptionsParams,
    handle: listSubscriptions,
  }),
  route({
    method: 'GET',
    path: '/v1/subscriptions/:subscription_exposed_id',
    answers,
    params: noParams,
    handle: async (context, _params, { subscription_exposed_id: id = '' }) =>
      viewSubscription(context, await requireSubscription(context, id)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/subscriptions/:subscription_exposed_id/discount',
    answers: { object: 'discount' },
    params: noParams,
    handle: async (context, _params, { subscription_exposed_id: id = '' }) =>
      viewDiscount(await deleteSubscriptionDiscount(context, id)),
  }),
  route({
    method: 'POST',
    path: '/v1/subscriptions/:subscription/migrate',
    answers,
    params: migrateParams,
    handle: async (context, _params, { subscription = '' }) =>
      viewSubscription(context, await migrateSubscription(context, subscription)),
  }),
  route({
    method: 'GET',
    path: '/v1/subscription_items',
    answers: { list: 'subscription_item' },
    params: listItemsParams,
    handle: listItems,
  }),
  route({
    method: 'GET',
    path: '/v1/subscription_items/:item',
    answers: answersItem,
    params: noParams,
    handle: async (context, _params, { item: id = '' }) => viewItem(context, await requireItem(context, id)),
  }),
];

async function listSubscriptions(context: Context, params: ListSubscriptionsParams) {
  const { customer, price, plan, created, test_clock: testClockId } = params;
  if (customer !== undefined && (await findCustomer(context, customer)) === undefined) {
    throw resourceMissing('customer', customer, 'customer');
  }
  if (price !== undefined && (await findPrice(context, price)) === undefined) {
    throw resourceMissing('price', price, 'price');
  }
  if (plan !== undefined && (await findPrice(context, plan)) === undefined) {
    throw resourceMissing('plan', plan, 'plan');
  }
  if (testClockId !== undefined && (await findClocks(context, [testClockId])).length === 0) {
    throw resourceMissing('test_clock', testClockId, 'test_clock');
  }
  const page = await listPage(context, {
    table: 'subscriptions',
    kind: 'subscription',
    paging: params,
    created,
    refine: (query) => filterSubscriptions(query, params),
  });
  const data = (await withItems(context, page.rows)).map((subscription) => viewSubscription(context, subscription));
  return listView('/v1/subscriptions', data, page.hasMore);
}

async function listItems(context: Context, params: ListItemsParams) {
  const { id } = await requireSubscription(context, params.subscription, 'subscription');
  const page = await listPage(context, {
    table: 'subscription_items',
    kind: 'subscription_item',
    paging: params,
    refine: (query) => query.where('subscription_id', '=', id),
  });
  const data = (await withPrices(context, page.rows)).map((item) => viewItem(context, item));
  return listView('/v1/subscription_items', data, page.hasMore);
}
