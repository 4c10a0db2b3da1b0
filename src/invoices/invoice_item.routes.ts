import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { noParams } from './invoice.params.ts';
import { createItemParams, type ListItemsParams, listItemsParams, updateItemParams } from './invoice_item.params.ts';
import { filterItems, findItem, toItems } from './invoice_item.sql.ts';
import { viewItem } from './invoice_item.view.ts';
import { requireFiltered } from './read.ts';
import { changeItem, createItem, deleteItem } from './write_item.ts';

const answers = { object: 'invoiceitem' };

export const invoiceItemRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/invoiceitems',
    answers,
    params: createItemParams,
    handle: async (context, params) => viewItem(context, await createItem(context, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/invoiceitems',
    answers: { list: 'invoiceitem' },
    params: listItemsParams,
    handle: listItems,
  }),
  route({
    method: 'GET',
    path: '/v1/invoiceitems/:invoiceitem',
    answers,
    params: noParams,
    async handle(context, _params, { invoiceitem: id = '' }) {
      const item = await findItem(context, id);
      if (item === undefined) throw resourceMissing('invoiceitem', id);
      return viewItem(context, item);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/invoiceitems/:invoiceitem',
    answers,
    params: updateItemParams,
    handle: async (context, params, { invoiceitem = '' }) =>
      viewItem(context, await changeItem(context, invoiceitem, params)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/invoiceitems/:invoiceitem',
    answers,
    params: noParams,
    handle: async (context, _params, { invoiceitem = '' }) => await deleteItem(context, invoiceitem),
  }),
];

async function listItems(context: Context, params: ListItemsParams) {
  await requireFiltered(context, params);
  const page = await listPage(context, {
    table: 'invoice_items',
    kind: 'invoiceitem',
    paging: params,
    created: params.created,
    refine: (query) => filterItems(query, params),
  });
  const data = (await toItems(context, page.rows)).map((item) => viewItem(context, item));
  return listView('/v1/invoiceitems', data, page.hasMore);
}
