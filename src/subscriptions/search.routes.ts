import type { Route } from '../stripe/route.ts';
import { searchRoute } from '../stripe/search_route.ts';
import { withItems } from './subscription.sql.ts';
import { viewSubscription } from './subscription.view.ts';

export const subscriptionSearchRoutes: Route[] = [
  searchRoute({
    table: 'subscriptions',
    resource: 'subscriptions',
    object: 'subscription',
    fields: {
      canceled_at: { kind: 'time', column: 'canceled_at' },
      created: { kind: 'time', column: 'created_at' },
      status: { kind: 'token', column: 'status' },
    },
    view: async (context, rows) =>
      (await withItems(context, rows)).map((subscription) => viewSubscription(context, subscription)),
  }),
];
