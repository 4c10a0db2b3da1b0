import type { Route } from '../stripe/route.ts';
import { searchRoute } from '../stripe/search_route.ts';
import { toPrice } from './price.sql.ts';
import { viewPrice } from './price.view.ts';
import { toProduct } from './product.sql.ts';
import { viewProduct } from './product.view.ts';
import { PRICE_TYPE } from './search.sql.ts';

export const catalogSearchRoutes: Route[] = [
  searchRoute({
    table: 'products',
    resource: 'products',
    object: 'product',
    fields: {
      active: { kind: 'boolean', column: 'active' },
      description: { kind: 'text', column: 'description' },
      name: { kind: 'text', column: 'name' },
      shippable: { kind: 'boolean', column: 'shippable' },
      url: { kind: 'text', column: 'url' },
    },
    view: async (context, rows) => rows.map((row) => viewProduct(context, toProduct(row))),
  }),
  searchRoute({
    table: 'prices',
    resource: 'prices',
    object: 'price',
    fields: {
      active: { kind: 'boolean', column: 'active' },
      currency: { kind: 'token', column: 'currency' },
      lookup_key: { kind: 'text', column: 'lookup_key' },
      product: { kind: 'token', column: 'product_id' },
      type: { kind: 'token', column: PRICE_TYPE },
    },
    view: async (context, rows) => rows.map((row) => viewPrice(context, toPrice(row))),
  }),
];
