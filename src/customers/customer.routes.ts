import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { listCustomersParams, noParams, updateCustomerParams } from './customer.params.ts';
import { findCustomer, toCustomer } from './customer.sql.ts';
import { viewCustomer } from './customer.view.ts';
import { changeCustomer } from './write.ts';

const answers = { object: 'customer' };

/** Creation is with `payments/`, because it can attach a payment method. */
export const customerRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/customers',
    answers: { list: 'customer' },
    params: listCustomersParams,
    async handle(context, params) {
      const { email, created } = params;
      const page = await listPage(context, {
        table: 'customers',
        kind: 'customer',
        paging: params,
        created,
        refine(query) {
          const living = query.where('deleted_at', 'is', null);
          return email === undefined ? living : living.where('email', '=', email);
        },
      });
      const data = page.rows.map((row) => viewCustomer(context, toCustomer(row)));
      return listView('/v1/customers', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/customers/:customer',
    answers,
    params: noParams,
    async handle(context, _params, { customer: id = '' }) {
      const customer = await findCustomer(context, id);
      if (customer === undefined) throw resourceMissing('customer', id);
      return viewCustomer(context, customer);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/customers/:customer',
    answers,
    params: updateCustomerParams,
    handle: async (context, params, { customer = '' }) =>
      viewCustomer(context, await changeCustomer(context, customer, params)),
  }),
];
