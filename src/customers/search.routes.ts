import type { Route } from '../stripe/route.ts';
import { searchRoute } from '../stripe/search_route.ts';
import { toCustomer } from './customer.sql.ts';
import { viewCustomer } from './customer.view.ts';
import { LIVING } from './search.sql.ts';

export const customerSearchRoutes: Route[] = [
  searchRoute({
    table: 'customers',
    resource: 'customers',
    object: 'customer',
    visible: LIVING,
    fields: {
      created: { kind: 'time', column: 'created_at' },
      email: { kind: 'text', column: 'email' },
      name: { kind: 'text', column: 'name' },
      phone: { kind: 'text', column: 'phone' },
    },
    view: async (context, rows) => rows.map((row) => viewCustomer(context, toCustomer(row))),
  }),
];
