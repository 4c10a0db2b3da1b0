import { findCustomer } from '../customers/customer.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { type ListInvoicesParams, listInvoicesParams, listLinesParams, noParams } from './invoice.params.ts';
import { filterInvoices } from './invoice.sql.ts';
import { viewInvoice, viewLine } from './invoice.view.ts';
import { pageInMemory } from './line_page.ts';
import { completeInvoices, requireInvoice, requireInvoiceWithAllLines } from './read.ts';

export const invoiceRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/invoices',
    answers: { list: 'invoice' },
    params: listInvoicesParams,
    handle: listInvoices,
  }),
  route({
    method: 'GET',
    path: '/v1/invoices/:invoice',
    answers: { object: 'invoice' },
    params: noParams,
    handle: async (context, _params, { invoice: id = '' }) => viewInvoice(context, await requireInvoice(context, id)),
  }),
  route({
    method: 'GET',
    path: '/v1/invoices/:invoice/lines',
    answers: { list: 'line_item' },
    params: listLinesParams,
    async handle(context, params, { invoice: id = '' }) {
      const { invoice, lines } = await requireInvoiceWithAllLines(context, id);
      const page = pageInMemory(lines, params, 'line_item');
      const data = page.items.map((line) => viewLine(context, invoice, line));
      return listView(`/v1/invoices/${id}/lines`, data, page.hasMore);
    },
  }),
];

async function listInvoices(context: Context, params: ListInvoicesParams) {
  const { customer, created } = params;
  if (customer !== undefined && (await findCustomer(context, customer)) === undefined) {
    throw resourceMissing('customer', customer, 'customer');
  }
  const page = await listPage(context, {
    table: 'invoices',
    kind: 'invoice',
    paging: params,
    created,
    refine: (query) => filterInvoices(query, params),
  });
  const invoices = await completeInvoices(context, page.rows);
  return listView(
    '/v1/invoices',
    invoices.map((whole) => viewInvoice(context, whole)),
    page.hasMore,
  );
}
