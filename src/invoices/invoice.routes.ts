import { findClocks } from '../clocks/clock.sql.ts';
import { findCustomer } from '../customers/customer.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import {
  type ListInvoicesParams,
  listInvoicesParams,
  listLinesParams,
  listUsanceInvoicesParams,
  noParams,
} from './invoice.params.ts';
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
    handle: async (context, params) => await listInvoices(context, '/v1/invoices', params),
  }),
  route({
    method: 'GET',
    path: '/v1/usance/invoices',
    answers: { list: 'invoice' },
    params: listUsanceInvoicesParams,
    async handle(context, params) {
      const { test_clock: clock } = params;
      if (clock !== undefined && (await findClocks(context, [clock])).length === 0) {
        throw resourceMissing('test_clock', clock, 'test_clock');
      }
      return await listInvoices(context, '/v1/usance/invoices', params);
    },
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

async function listInvoices(context: Context, path: string, params: ListInvoicesParams & { test_clock?: string }) {
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
    path,
    invoices.map((whole) => viewInvoice(context, whole)),
    page.hasMore,
  );
}
