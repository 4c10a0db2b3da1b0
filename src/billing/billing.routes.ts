import { noParams } from '../customers/customer.params.ts';
import { viewInvoice } from '../invoices/invoice.view.ts';
import { type Route, route } from '../stripe/route.ts';
import { cancelSubscriptionParams, createSubscriptionParams } from '../subscriptions/subscription.params.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { cancelSubscription, deleteCustomerWithSubscriptions } from './cancel.ts';
import { createPreviewParams } from './preview.params.ts';
import { previewInvoice } from './preview.ts';
import { subscribe } from './subscribe.ts';

export const billingRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/subscriptions',
    answers: { object: 'subscription' },
    params: createSubscriptionParams,
    handle: async (context, params) => viewSubscription(context, await subscribe(context, params)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/subscriptions/:subscription_exposed_id',
    answers: { object: 'subscription' },
    params: cancelSubscriptionParams,
    handle: async (context, params, { subscription_exposed_id: id = '' }) =>
      viewSubscription(context, await cancelSubscription(context, id, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/create_preview',
    answers: { object: 'invoice' },
    params: createPreviewParams,
    handle: async (context, params) => viewInvoice(context, await previewInvoice(context, params)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/customers/:customer',
    answers: { object: 'customer' },
    params: noParams,
    handle: async (context, _params, { customer = '' }) => await deleteCustomerWithSubscriptions(context, customer),
  }),
];
