import type { Context } from '../stripe/context.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Begun, type Route, route, type SteppedRoute } from '../stripe/route.ts';
import { beginAttempt, ON_SESSION, requireMethodId } from './confirm.ts';
import { readShipping } from './address.ts';
import { beginAuthentication } from './authenticate.ts';
import type { ChargeOutcome } from './gateway.ts';
import type { PaymentIntent } from './payment_intent.ts';
import {
  authenticateParams,
  cancelPaymentIntentParams,
  type ConfirmPaymentIntentParams,
  confirmPaymentIntentParams,
  createPaymentIntentParams,
  listPaymentIntentsParams,
  retrieveIntentParams,
  updatePaymentIntentParams,
} from './payment_intent.params.ts';
import { toPaymentIntent } from './payment_intent.sql.ts';
import { viewPaymentIntent } from './payment_intent.view.ts';
import type { Payments } from './payments.ts';
import { answerSettled, callGateway, settleAttempt } from './settle.ts';
import {
  cancelPaymentIntent,
  changePaymentIntent,
  createPaymentIntent,
  lockIntent,
  requireIntent,
  typesOf,
} from './write_payment_intent.ts';
import { takePaymentMethod } from './write_payment_method.ts';

const answers = { object: 'payment_intent' };

/** The steps of an operation that pays, after its beginning: `next` is the attempt. */
function payingSteps(payments: Payments): Pick<SteppedRoute<never>, 'call' | 'end'> {
  return {
    call: async (context, next) => await callGateway(context, payments.gateway, next),
    end: async (context, next, called) =>
      answerSettled(context, await settleAttempt(context, payments, next, called as ChargeOutcome | null)),
  };
}

export function paymentIntentRoutes(payments: Payments): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/payment_intents',
      answers,
      params: createPaymentIntentParams,
      async begin(context, params) {
        const intent = await createPaymentIntent(context, payments, params);
        if (params.confirm !== true) return { answer: viewPaymentIntent(context, intent) };
        // Creation has taken the method already, and a well-known id must not stand for a second one.
        const { payment_method: _taken, ...rest } = params;
        return await beginPayment(context, payments, intent, rest);
      },
      ...payingSteps(payments),
    }),
    route({
      method: 'POST',
      path: '/v1/payment_intents/:intent/confirm',
      answers,
      params: confirmPaymentIntentParams,
      async begin(context, params, { intent: id = '' }) {
        await payments.listener.lock(context, id);
        const intent = applyConfirmation(await lockIntent(context, id), params);
        return await beginPayment(context, payments, intent, params);
      },
      ...payingSteps(payments),
    }),
    route({
      method: 'POST',
      path: '/v1/usance/payment_intents/:intent/authenticate',
      answers,
      params: authenticateParams,
      begin: async (context, { outcome }, { intent: id = '' }) =>
        await beginAuthentication(context, payments, id, outcome),
      ...payingSteps(payments),
    }),
    route({
      method: 'POST',
      path: '/v1/payment_intents/:intent/cancel',
      answers,
      params: cancelPaymentIntentParams,
      async handle(context, { cancellation_reason: reason = null }, { intent: id = '' }) {
        return viewPaymentIntent(context, await cancelPaymentIntent(context, payments, id, reason));
      },
    }),
    route({
      method: 'POST',
      path: '/v1/payment_intents/:intent',
      answers,
      params: updatePaymentIntentParams,
      handle: async (context, params, { intent: id = '' }) =>
        viewPaymentIntent(context, await changePaymentIntent(context, payments, id, params)),
    }),
    ...readRoutes,
  ];
}

const readRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/payment_intents',
    answers: { list: 'payment_intent' },
    params: listPaymentIntentsParams,
    async handle(context, params) {
      const { created, customer } = params;
      const page = await listPage(context, {
        table: 'payment_intents',
        kind: 'payment_intent',
        paging: params,
        created,
        refine: (query) => (customer === undefined ? query : query.where('customer_id', '=', customer)),
      });
      const data = page.rows.map((row) => viewPaymentIntent(context, toPaymentIntent(row)));
      return listView('/v1/payment_intents', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/payment_intents/:intent',
    answers,
    params: retrieveIntentParams,
    handle: async (context, { client_secret: secret }, { intent: id = '' }) =>
      viewPaymentIntent(context, await requireIntent(context, id, secret)),
  }),
];

/** Begins the payment of an intent as a request confirms it. */
async function beginPayment(
  context: Context,
  { gateway }: Payments,
  intent: PaymentIntent,
  params: ConfirmPaymentIntentParams,
): Promise<Begun> {
  const methodId = params.payment_method ?? requireMethodId(context, intent);
  const method = await takePaymentMethod(context, gateway, methodId, 'payment_method');
  const attempt = await beginAttempt(
    context,
    gateway,
    { intent, method },
    {
      ...ON_SESSION,
      offSession: params.off_session ?? false,
      refuseAction: params.error_on_requires_action ?? false,
    },
  );
  return { next: attempt.id };
}

/** What a confirmation changes of the intent. It is written with the attempt. */
function applyConfirmation(intent: PaymentIntent, params: ConfirmPaymentIntentParams): PaymentIntent {
  const given = <T>(value: T | null | undefined, current: T | null) => (value === undefined ? current : value);
  return {
    ...intent,
    ...(params.allowed_payment_method_types === undefined ? {} : typesOf(intent.currency, params)),
    captureMethod: params.capture_method ?? intent.captureMethod,
    receiptEmail: given(params.receipt_email, intent.receiptEmail),
    setupFutureUsage: given(params.setup_future_usage, intent.setupFutureUsage),
    shipping: params.shipping === undefined ? intent.shipping : (readShipping(params.shipping ?? undefined) ?? null),
  };
}
