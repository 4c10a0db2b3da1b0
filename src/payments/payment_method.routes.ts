import type { ClockLimits } from '../config.ts';
import { createCustomerParams } from '../customers/customer.params.ts';
import { requireCustomer } from '../customers/write.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { beginAttach, detach, endAttach, verifyForAttach } from './attach.ts';
import { beginCustomer, endCustomer } from './create_customer.ts';
import type { Verification } from './gateway.ts';
import {
  attachParams,
  createPaymentMethodParams,
  listOfCustomerParams,
  type ListPaymentMethodsParams,
  listPaymentMethodsParams,
  noParams,
  updatePaymentMethodParams,
} from './payment_method.params.ts';
import { filterPaymentMethods, toPaymentMethod } from './payment_method.sql.ts';
import { viewPaymentMethod } from './payment_method.view.ts';
import type { Payments } from './payments.ts';
import { changePaymentMethod, createPaymentMethod, requirePaymentMethod } from './write_payment_method.ts';

const answers = { object: 'payment_method' };

/** What customers pay with. */
export function paymentMethodRoutes({ gateway, listener }: Payments, limits: ClockLimits): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/payment_methods',
      answers,
      params: createPaymentMethodParams,
      handle: async (context, params) =>
        viewPaymentMethod(context, await createPaymentMethod(context, gateway, params)),
    }),
    route({
      method: 'GET',
      path: '/v1/payment_methods',
      answers: { list: 'payment_method' },
      params: listPaymentMethodsParams,
      async handle(context, params) {
        if (params.customer !== undefined) await requireCustomer(context, params.customer, 'customer');
        return await listMethods(context, '/v1/payment_methods', params);
      },
    }),
    route({
      method: 'GET',
      path: '/v1/payment_methods/:payment_method',
      answers,
      params: noParams,
      handle: async (context, _params, { payment_method: id = '' }) =>
        viewPaymentMethod(context, await requirePaymentMethod(context, id, 'id')),
    }),
    route({
      method: 'POST',
      path: '/v1/payment_methods/:payment_method',
      answers,
      params: updatePaymentMethodParams,
      handle: async (context, params, { payment_method: id = '' }) =>
        viewPaymentMethod(context, await changePaymentMethod(context, id, params)),
    }),
    ...attachRoutes({ gateway, listener }, limits),
    ...ofCustomer,
  ];
}

function attachRoutes({ gateway, listener }: Omit<Payments, 'baseUrl'>, limits: ClockLimits): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/payment_methods/:payment_method/attach',
      answers,
      params: attachParams,
      begin: async (context, params, { payment_method: id = '' }) => await beginAttach(context, gateway, id, params),
      call: async (context, next) => await verifyForAttach(context, gateway, next),
      end: async (context, next, called, params) => await endAttach(context, next, called as Verification, params),
    }),
    route({
      method: 'POST',
      path: '/v1/payment_methods/:payment_method/detach',
      answers,
      params: noParams,
      handle: async (context, _params, { payment_method: id = '' }) =>
        viewPaymentMethod(context, await detach(context, listener, id)),
    }),
    route({
      method: 'POST',
      path: '/v1/customers',
      answers: { object: 'customer' },
      params: createCustomerParams,
      begin: async (context, params) => await beginCustomer(context, gateway, params, limits),
      call: async (context, next) => await verifyForAttach(context, gateway, next),
      end: async (context, next, called, params) =>
        await endCustomer(context, next, called as Verification, params, limits),
    }),
  ];
}

const ofCustomer: Route[] = [
  route({
    method: 'GET',
    path: '/v1/customers/:customer/payment_methods',
    answers: { list: 'payment_method' },
    params: listOfCustomerParams,
    async handle(context, params, { customer = '' }) {
      await requireCustomer(context, customer, 'id');
      return await listMethods(context, `/v1/customers/${customer}/payment_methods`, { ...params, customer });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/customers/:customer/payment_methods/:payment_method',
    answers,
    params: noParams,
    async handle(context, _params, { customer = '', payment_method: id = '' }) {
      await requireCustomer(context, customer, 'id');
      const method = await requirePaymentMethod(context, id, 'id');
      if (method.customerId !== customer) throw resourceMissing('PaymentMethod', id);
      return viewPaymentMethod(context, method);
    },
  }),
];

async function listMethods(context: Context, url: string, params: ListPaymentMethodsParams) {
  const page = await listPage(context, {
    table: 'payment_methods',
    kind: 'PaymentMethod',
    paging: params,
    refine: (query) => filterPaymentMethods(query, params),
  });
  const data = page.rows.map((row) => viewPaymentMethod(context, toPaymentMethod(row)));
  return listView(url, data, page.hasMore);
}
