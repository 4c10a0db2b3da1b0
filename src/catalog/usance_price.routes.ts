import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import { object } from '../stripe/params.ts';
import { type Route, route } from '../stripe/route.ts';
import type { Price } from './price.ts';
import { findPrice } from './price.sql.ts';
import { viewPrice } from './price.view.ts';
import { createUsancePriceParams } from './usance_price.params.ts';
import { createPrice } from './write_price.ts';

const answers = { object: 'usance.price' };

/** Our addition: prices that rate the usage of some dimension values only. In all else they are prices of the original. */
export const usancePriceRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/usance/prices',
    answers,
    params: createUsancePriceParams,
    async handle(context, { dimension_filter: filter, ...params }) {
      return viewUsancePrice(context, await createPrice(context, params, Object.fromEntries(filter ?? [])));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/usance/prices/:price',
    answers,
    params: object({}),
    async handle(context, _params, { price: id = '' }) {
      const price = await findPrice(context, id);
      if (price === undefined) throw resourceMissing('price', id);
      return viewUsancePrice(context, price);
    },
  }),
];

/** A price with its filter, under the price's own id; the filter of a price that rates all usage is `{}`. */
function viewUsancePrice(context: Context, price: Price): JsonObject {
  return {
    id: price.id,
    object: 'usance.price',
    dimension_filter: price.dimensionFilter,
    livemode: context.account.livemode,
    price: viewPrice(context, price),
  };
}
