import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { object } from '../stripe/params.ts';
import { type Route, route } from '../stripe/route.ts';
import {
  createProductParams,
  type ListProductsParams,
  listProductsParams,
  updateProductParams,
} from './product.params.ts';
import { filterProducts, findProduct, toProduct } from './product.sql.ts';
import { viewProduct } from './product.view.ts';
import { changeProduct, createProduct, deleteProduct } from './write_product.ts';

const answers = { object: 'product' };
const noParams = object({});

export const productRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/products',
    answers,
    params: createProductParams,
    handle: async (context, params) => viewProduct(context, await createProduct(context, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/products',
    answers: { list: 'product' },
    params: listProductsParams,
    async handle(context, params) {
      checkIdsStandAlone(params);
      const page = await listPage(context, {
        table: 'products',
        kind: 'product',
        paging: params,
        created: params.created,
        refine: (query) => filterProducts(query, params),
      });
      const data = page.rows.map((row) => viewProduct(context, toProduct(row)));
      return listView('/v1/products', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/products/:id',
    answers,
    params: noParams,
    async handle(context, _params, { id = '' }) {
      const product = await findProduct(context, id);
      if (product === undefined) throw resourceMissing('product', id);
      return viewProduct(context, product);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/products/:id',
    answers,
    params: updateProductParams,
    handle: async (context, params, { id = '' }) => viewProduct(context, await changeProduct(context, id, params)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/products/:id',
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => await deleteProduct(context, id),
  }),
];

/** "Cannot be used with starting_after or ending_before" (reference: list all products, ids). */
function checkIdsStandAlone(params: ListProductsParams): void {
  if (params.ids === undefined) return;
  for (const cursor of ['starting_after', 'ending_before'] as const) {
    if (params[cursor] === undefined) continue;
    throw invalidRequest(
      `You may only specify one of these parameters: ids, ${cursor}.`,
      'ids',
      'parameters_exclusive',
    );
  }
}
