import type { Context } from '../stripe/context.ts';
import { type Route, route } from '../stripe/route.ts';
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
import { finalizeByHand, markUncollectible, payInvoice, sendInvoice, voidInvoice } from './settle.ts';
import { changeInvoice, deleteInvoice, makeInvoice } from './write_invoice.ts';

const answers = { object: 'invoice' };

const view = async (context: Context, invoice: Promise<WholeInvoice>) => viewInvoice(context, await invoice);

/** Everything that changes an invoice. */
export const invoiceVerbRoutes: Route[] = [
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
    handle: (context, params, { invoice = '' }) => view(context, changeInvoice(context, invoice, params)),
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
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/finalize',
    answers,
    params: finalizeInvoiceParams,
    handle: (context, params, { invoice = '' }) => view(context, finalizeByHand(context, invoice, params.auto_advance)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/pay',
    answers,
    params: payInvoiceParams,
    handle: (context, params, { invoice = '' }) => view(context, payInvoice(context, invoice, params)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/send',
    answers,
    params: noParams,
    handle: (context, _params, { invoice = '' }) => view(context, sendInvoice(context, invoice)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/void',
    answers,
    params: noParams,
    handle: (context, _params, { invoice = '' }) => view(context, voidInvoice(context, invoice)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoices/:invoice/mark_uncollectible',
    answers,
    params: noParams,
    handle: (context, _params, { invoice = '' }) => view(context, markUncollectible(context, invoice)),
  }),
];
