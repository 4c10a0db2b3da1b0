import type Stripe from 'stripe';
import type { Client } from '../api/client.ts';
import type { Params } from '../api/form.ts';
import { paramsOf, type PriceDraft } from './draft.ts';

/** Creates the price of a draft for a product. Only usage of some dimension values can be rated by a price of our own. */
export async function writePrice(client: Client, draft: PriceDraft, product: Params): Promise<Stripe.Price> {
  const params = { ...paramsOf(draft), ...product };
  if (params.dimension_filter === undefined) return await client.post('/v1/prices', params);
  const { price } = await client.post<{ price: Stripe.Price }>('/v1/usance/prices', params);
  return price;
}
