import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { object } from '../stripe/params.ts';
import { type Route, route } from '../stripe/route.ts';
import { createPriceParams, listPricesParams, updatePriceParams } from './price.params.ts';
import { filterPrices, findPrice, toPrice } from './price.sql.ts';
import { viewPrice } from './price.view.ts';
import { findProduct } from './product.sql.ts';
import { changePrice, createPrice } from './write_price.ts';

const answers = { object: 'price' };

export const priceRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/prices',
    answers,
    params: createPriceParams,
    handle: async (context, params) => viewPrice(context, await createPrice(context, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/prices',
    answers: { list: 'price' },
    params: listPricesParams,
    async handle(context, params) {
      const { product } = params;
      if (product !== undefined && (await findProduct(context, product)) === undefined) {
        throw resourceMissing('product', product, 'product');
      }
      const page = await listPage(context, {
        table: 'prices',
        kind: 'price',
        paging: params,
        created: params.created,
        refine: (query) => filterPrices(query, params),
      });
      const data = page.rows.map((row) => viewPrice(context, toPrice(row)));
      return listView('/v1/prices', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/prices/:price',
    answers,
    params: object({}),
    async handle(context, _params, { price: id = '' }) {
      const price = await findPrice(context, id);
      if (price === undefined) throw resourceMissing('price', id);
      return viewPrice(context, price);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/prices/:price',
    answers,
    params: updatePriceParams,
    handle: async (context, params, { price = '' }) => viewPrice(context, await changePrice(context, price, params)),
  }),
];
