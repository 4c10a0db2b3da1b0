import { noParams } from '../customers/customer.params.ts';
import { viewInvoice } from '../invoices/invoice.view.ts';
import { payingSteps, toBePaid } from '../invoices/paying_steps.ts';
import type { ChargeOutcome } from '../payments/gateway.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { type Route, route } from '../stripe/route.ts';
import { requireSubscription } from '../subscriptions/change.ts';
import { warnOfSharedMeters } from '../subscriptions/shared_meter.ts';
import {
  cancelSubscriptionParams,
  type CreateSubscriptionParams,
  createSubscriptionParams,
} from '../subscriptions/subscription.params.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { cancelSubscription, deleteCustomerWithSubscriptions } from './cancel.ts';
import { beginPaidFirst, endPaidFirst, type PaidFirst } from './pay_first.ts';
import { createPreviewParams } from './previews/preview.params.ts';
import { previewInvoice } from './previews/preview.ts';
import { pauseRoutes } from './pause.routes.ts';
import { updateRoutes } from './update.routes.ts';
import { subscribe } from './subscribe.ts';

/** Subscriptions that begin, and what is paid with that. */
export function billingRoutes(payments: Payments): Route[] {
  const steps = payingSteps(payments, tellSubscription);
  return [
    route({
      method: 'POST',
      path: '/v1/subscriptions',
      answers: { object: 'subscription' },
      params: createSubscriptionParams,
      async begin(context, params) {
        if (params.payment_behavior === 'error_if_incomplete') {
          return await beginPaidFirst(context, payments, creationOf(payments, params));
        }
        const { subscription, attemptId } = await subscribe(context, payments, params);
        await warnOfSharedMeters(context, subscription);
        // The status may have followed the invoice.
        if (attemptId === null) return { answer: await tellSubscription(context, subscription.id) };
        return toBePaid({ objectId: subscription.id, attemptId, clockId: subscription.testClockId });
      },
      call: steps.call,
      async end(context, next, called, params) {
        if (params.payment_behavior !== 'error_if_incomplete') return await steps.end(context, next, called);
        return await endPaidFirst(
          context,
          payments,
          creationOf(payments, params),
          next,
          called as ChargeOutcome | null,
        );
      },
    }),
    ...updateRoutes(payments),
    ...pauseRoutes(payments),
    ...otherRoutes,
  ];
}

/** A subscription that is made once it is paid. */
export function creationOf(payments: Payments, params: CreateSubscriptionParams): PaidFirst {
  return {
    name: 'Subscription creation',
    customerId: params.customer,
    subscriptionId: null,
    offSession: params.off_session,
    make: async (context, paidBy) => (await subscribe(context, payments, params, paidBy)).subscription,
    tell: viewSubscription,
  };
}

async function tellSubscription(context: Context, id: string) {
  return viewSubscription(context, await requireSubscription(context, id));
}

const otherRoutes: Route[] = [
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
