import { findClocks } from '../clocks/clock.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { type ListCustomersParams, listCustomersParams, noParams, updateCustomerParams } from './customer.params.ts';
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
    handle: listCustomers,
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

/** Customers on clocks are in the list of their clock and in no other. */
async function listCustomers(context: Context, params: ListCustomersParams) {
  const { email, created, test_clock: testClockId } = params;
  if (testClockId !== undefined && (await findClocks(context, [testClockId])).length === 0) {
    throw resourceMissing('test_clock', testClockId, 'test_clock');
  }
  const page = await listPage(context, {
    table: 'customers',
    kind: 'customer',
    paging: params,
    created,
    refine(query) {
      const living = query.where('deleted_at', 'is', null);
      const there =
        testClockId === undefined
          ? living.where('test_clock_id', 'is', null)
          : living.where('test_clock_id', '=', testClockId);
      return email === undefined ? there : there.where('email', '=', email);
    },
  });
  const data = page.rows.map((row) => viewCustomer(context, toCustomer(row)));
  return listView('/v1/customers', data, page.hasMore);
}
