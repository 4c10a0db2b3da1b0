import type Stripe from 'stripe';
import type { Client } from '../api/client.ts';
import { sayPrice } from './words.ts';

/** A product with its active prices, the default one first. */
export type SoldProduct = Stripe.Product & { readonly prices: readonly Stripe.Price[] };

/** So many clauses a search may have. */
const MAX_CLAUSES = 20;

type Found = { readonly data: Stripe.Price[]; readonly next_page: string | null };

/** Finds the active prices of many products by few requests. */
export async function withPrices(
  client: Client,
  products: readonly Stripe.Product[],
  signal?: AbortSignal,
): Promise<SoldProduct[]> {
  const prices: Stripe.Price[] = [];
  for (let start = 0; start < products.length; start += MAX_CLAUSES) {
    const some = products.slice(start, start + MAX_CLAUSES);
    const query = some.map(({ id }) => `product:${JSON.stringify(id)}`).join(' OR ');
    for (let page: string | undefined; ;) {
      const found: Found = await client.get('/v1/prices/search', { query, limit: 100, page }, signal);
      prices.push(...found.data.filter(({ active }) => active));
      if (found.next_page === null) break;
      page = found.next_page;
    }
  }
  const byProduct = Map.groupBy(prices, ({ product }) => product as string);
  return products.map((product) => {
    const own = byProduct.get(product.id) ?? [];
    const isDefault = ({ id }: Stripe.Price) => id === product.default_price;
    return { ...product, prices: [...own.filter(isDefault), ...own.filter((price) => !isDefault(price))] };
  });
}

/** What a list says of the prices of a product. */
export function sayPrices({ prices, unit_label: label }: SoldProduct): string {
  const [first] = prices;
  if (first === undefined) return 'No price';
  return prices.length === 1 ? sayPrice(first, label) : `${prices.length} prices`;
}
