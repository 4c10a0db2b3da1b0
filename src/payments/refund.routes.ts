import { invalidRequest } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import type { Gateway, RefundOutcome } from './gateway.ts';
import { noParams } from './payment_method.params.ts';
import { createRefundParams, listRefundsParams, updateRefundParams } from './refund.params.ts';
import { toRefund } from './refund.sql.ts';
import { viewRefund } from './refund.view.ts';
import { beginRefund, callRefund, changeRefund, requireRefund, settleRefund } from './write_refund.ts';

const answers = { object: 'refund' };

export function refundRoutes(gateway: Gateway): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/refunds',
      answers,
      params: createRefundParams,
      begin: async (context, params) => ({ next: (await beginRefund(context, gateway, params)).id }),
      call: async (context, next) => await callRefund(context, gateway, next),
      end: async (context, next, called) =>
        viewRefund(context, await settleRefund(context, next, called as RefundOutcome | null)),
    }),
    route({
      method: 'POST',
      path: '/v1/refunds/:refund',
      answers,
      params: updateRefundParams,
      handle: async (context, { metadata }, { refund: id = '' }) =>
        viewRefund(context, await changeRefund(context, id, metadata)),
    }),
    route({
      method: 'POST',
      path: '/v1/refunds/:refund/cancel',
      answers,
      params: noParams,
      async handle(context, _params, { refund: id = '' }) {
        const { status } = await requireRefund(context, id);
        // Only refunds to a customer who must act first wait like that, and cards and bank accounts never do.
        throw invalidRequest(
          `The refund ${id} has a status of ${status}. Only refunds with the status requires_action can be canceled.`,
        );
      },
    }),
    ...readRoutes,
  ];
}

const readRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/refunds',
    answers: { list: 'refund' },
    params: listRefundsParams,
    async handle(context, params) {
      const { charge, created, payment_intent: intent } = params;
      const page = await listPage(context, {
        table: 'refunds',
        kind: 'refund',
        paging: params,
        created,
        refine(query) {
          const ofCharge = charge === undefined ? query : query.where('charge_id', '=', charge);
          return intent === undefined ? ofCharge : ofCharge.where('payment_intent_id', '=', intent);
        },
      });
      const data = page.rows.map((row) => viewRefund(context, toRefund(row)));
      return listView('/v1/refunds', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/refunds/:refund',
    answers,
    params: noParams,
    handle: async (context, _params, { refund: id = '' }) => viewRefund(context, await requireRefund(context, id)),
  }),
];
