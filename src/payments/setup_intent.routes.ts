import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route, type SteppedRoute } from '../stripe/route.ts';
import type { Gateway, Verification } from './gateway.ts';
import { authenticateParams, retrieveIntentParams } from './payment_intent.params.ts';
import { beginSetUp, beginSetUpAuthentication, endSetUp, verifyForSetUp } from './set_up.ts';
import {
  cancelSetupIntentParams,
  confirmSetupIntentParams,
  createSetupIntentParams,
  listSetupIntentsParams,
  updateSetupIntentParams,
} from './setup_intent.params.ts';
import { toSetupIntent } from './setup_intent.sql.ts';
import { viewSetupIntent } from './setup_intent.view.ts';
import {
  cancelSetupIntent,
  changeSetupIntent,
  createSetupIntent,
  lockSetup,
  requireSetup,
  restrictTypes,
} from './write_setup_intent.ts';

const answers = { object: 'setup_intent' };

/** The steps of an operation that sets up, after its beginning. */
function settingUp(gateway: Gateway): Pick<SteppedRoute<never>, 'call' | 'end'> {
  return {
    call: async (context, next) => await verifyForSetUp(context, gateway, next),
    end: async (context, next, called) => await endSetUp(context, next, called as Verification),
  };
}

export function setupIntentRoutes(gateway: Gateway): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/setup_intents',
      answers,
      params: createSetupIntentParams,
      async begin(context, params) {
        const intent = await createSetupIntent(context, gateway, params);
        if (params.confirm !== true) return { answer: viewSetupIntent(context, intent) };
        return await beginSetUp(context, gateway, intent, undefined);
      },
      ...settingUp(gateway),
    }),
    route({
      method: 'POST',
      path: '/v1/setup_intents/:intent/confirm',
      answers,
      params: confirmSetupIntentParams,
      async begin(context, params, { intent: id = '' }) {
        const intent = restrictTypes(await lockSetup(context, id), params.allowed_payment_method_types);
        return await beginSetUp(context, gateway, intent, params.payment_method);
      },
      ...settingUp(gateway),
    }),
    route({
      method: 'POST',
      path: '/v1/usance/setup_intents/:intent/authenticate',
      answers,
      params: authenticateParams,
      begin: async (context, { outcome }, { intent: id = '' }) => await beginSetUpAuthentication(context, id, outcome),
      ...settingUp(gateway),
    }),
    route({
      method: 'POST',
      path: '/v1/setup_intents/:intent',
      answers,
      params: updateSetupIntentParams,
      handle: async (context, params, { intent: id = '' }) =>
        viewSetupIntent(context, await changeSetupIntent(context, gateway, id, params)),
    }),
    route({
      method: 'POST',
      path: '/v1/setup_intents/:intent/cancel',
      answers,
      params: cancelSetupIntentParams,
      handle: async (context, { cancellation_reason: reason = null }, { intent: id = '' }) =>
        viewSetupIntent(context, await cancelSetupIntent(context, id, reason)),
    }),
    ...readRoutes,
  ];
}

const readRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/setup_intents',
    answers: { list: 'setup_intent' },
    params: listSetupIntentsParams,
    async handle(context, params) {
      const { created, customer, payment_method: method } = params;
      const page = await listPage(context, {
        table: 'setup_intents',
        kind: 'setup_intent',
        paging: params,
        created,
        refine(query) {
          const ofCustomer = customer === undefined ? query : query.where('customer_id', '=', customer);
          return method === undefined ? ofCustomer : ofCustomer.where('payment_method_id', '=', method);
        },
      });
      const data = page.rows.map((row) => viewSetupIntent(context, toSetupIntent(row)));
      return listView('/v1/setup_intents', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/setup_intents/:intent',
    answers,
    params: retrieveIntentParams,
    handle: async (context, { client_secret: secret }, { intent: id = '' }) =>
      viewSetupIntent(context, await requireSetup(context, id, secret)),
  }),
];
