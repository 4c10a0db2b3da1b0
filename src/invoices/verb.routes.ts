import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { type Route, route } from '../stripe/route.ts';
import { resumeCollection } from './collect.ts';
import { addLines, changeLines, changeOneLine, takeLines } from './edit_lines.ts';
import {
  createInvoiceParams,
  finalizeInvoiceParams,
  noParams,
  payInvoiceParams,
  updateInvoiceParams,
} from './invoice.params.ts';
import type { WholeInvoice } from './invoice.ts';
import { viewInvoice, viewLine } from './invoice.view.ts';
import { addLinesParams, removeLinesParams, updateLineParams, updateLinesParams } from './invoice_item.params.ts';
import { beginFinalize, beginPay, tellInvoice, tellPaid, voidUnpaid } from './pay.ts';
import { payingSteps } from './paying_steps.ts';
import { markUncollectible, sendInvoice } from './settle.ts';
import { changeInvoice, deleteInvoice, makeInvoice } from './write_invoice.ts';

const answers = { object: 'invoice' };

const view = async (context: Context, invoice: Promise<WholeInvoice>) => viewInvoice(context, await invoice);

/** Everything that changes an invoice, and pays nothing. */
const changeRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/invoices',
    answers,
    params: createInvoiceParams,
    handle: (context, params) => view(context, makeInvoice(context, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice',
    answers,
    params: updateInvoiceParams,
    async handle(context, params, { invoice = '' }) {
      const changed = await changeInvoice(context, invoice, params);
      if (params.auto_advance === true) await resumeCollection(context, changed);
      return viewInvoice(context, changed);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/invoices/:invoice',
    answers,
    params: noParams,
    handle: async (context, _params, { invoice = '' }) => await deleteInvoice(context, invoice),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/add_lines',
    answers,
    params: addLinesParams,
    handle: (context, params, { invoice = '' }) => view(context, addLines(context, invoice, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/update_lines',
    answers,
    params: updateLinesParams,
    handle: (context, params, { invoice = '' }) => view(context, changeLines(context, invoice, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/remove_lines',
    answers,
    params: removeLinesParams,
    handle: (context, params, { invoice = '' }) => view(context, takeLines(context, invoice, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/lines/:line_item_id',
    answers: { object: 'line_item' },
    params: updateLineParams,
    async handle(context, params, { invoice = '', line_item_id: lineId = '' }) {
      const { whole, line } = await changeOneLine(context, invoice, lineId, params);
      return viewLine(context, whole.invoice, line);
    },
  }),
];

/** Everything that changes an invoice; with payments for what pays it, or gives its payment up. */
export function invoiceVerbRoutes(payments: Payments): Route[] {
  return [
    ...changeRoutes,
    route({
      method: 'POST',
      path: '/v1/invoices/:invoice/send',
      answers,
      params: noParams,
      handle: (context, _params, { invoice = '' }) => view(context, sendInvoice(context, payments, invoice)),
    }),
    route({
      method: 'POST',
      path: '/v1/invoices/:invoice/mark_uncollectible',
      answers,
      params: noParams,
      handle: (context, _params, { invoice = '' }) => view(context, markUncollectible(context, payments, invoice)),
    }),
    route({
      method: 'POST',
      path: '/v1/invoices/:invoice/finalize',
      answers,
      params: finalizeInvoiceParams,
      begin: (context, params, { invoice = '' }) => beginFinalize(context, payments, invoice, params.auto_advance),
      ...payingSteps(payments, tellInvoice),
    }),
    route({
      method: 'POST',
      path: '/v1/invoices/:invoice/pay',
      answers,
      params: payInvoiceParams,
      begin: (context, params, { invoice = '' }) => beginPay(context, payments, invoice, params),
      ...payingSteps(payments, tellPaid),
    }),
    route({
      method: 'POST',
      path: '/v1/invoices/:invoice/void',
      answers,
      params: noParams,
      handle: (context, _params, { invoice = '' }) => view(context, voidUnpaid(context, payments, invoice)),
    }),
  ];
}
