import { findCustomer } from '../customers/customer.sql.ts';
import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { listPage, listView, type PagingParams } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { type ListInvoicesParams, listInvoicesParams, listLinesParams, noParams } from './invoice.params.ts';
import { filterInvoices } from './invoice.sql.ts';
import type { InvoiceLine } from './invoice.ts';
import { viewInvoice, viewLine } from './invoice.view.ts';
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
      const page = pageOfLines(lines, params);
      const data = page.lines.map((line) => viewLine(context, invoice, line));
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

/** Lines are paged in the order of the invoice, the one list that is not newest first; 4,000 at most, so in memory. */
function pageOfLines(
  lines: readonly InvoiceLine[],
  paging: PagingParams,
): { lines: readonly InvoiceLine[]; hasMore: boolean } {
  const { starting_after: after, ending_before: before, limit = DEFAULT_LIST_LIMIT } = paging;
  if (after !== undefined && before !== undefined) {
    throw invalidRequest(
      'You can not use both starting_after and ending_before.',
      'ending_before',
      'parameters_exclusive',
    );
  }
  if (before !== undefined) {
    const end = positionOf(lines, before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { lines: lines.slice(start, end), hasMore: start > 0 };
  }
  const start = after === undefined ? 0 : positionOf(lines, after, 'starting_after') + 1;
  return { lines: lines.slice(start, start + limit), hasMore: lines.length > start + limit };
}

function positionOf(lines: readonly InvoiceLine[], id: string, param: string): number {
  const position = lines.findIndex((line) => line.id === id);
  if (position < 0) throw resourceMissing('line_item', id, param);
  return position;
}
