import { findProduct } from '../catalog/product.sql.ts';
import type { CreatePriceParams } from '../catalog/price.params.ts';
import type { Price } from '../catalog/price.ts';
import { createPrice } from '../catalog/write_price.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, StripeError } from '../stripe/errors.ts';

/** What an item can be charged at: a price, or the terms of one that it brings along. */
type Charged<Data extends CreatePriceParams> = {
  readonly price?: string | undefined;
  readonly price_data?: Data | undefined;
};

/** Something that was charged at either, by the id of its price. */
export type NamedPrice<Item> = Omit<Item, 'price' | 'price_data'> & { readonly price: string };

/** The price that an item brings along: stored as an inactive one, so that nobody else subscribes to it. */
export async function createInlinePrice(context: Context, data: CreatePriceParams, at: string): Promise<Price> {
  try {
    const price = await createPrice(context, { ...data, active: false });
    await checkProduct(context, price.productId);
    return price;
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.param === undefined) throw error;
    const param = error.fields.param.replace(/^[^[]+/, (head) => `${at}[${head}]`);
    throw new StripeError({ ...error.fields, param });
  }
}

async function checkProduct(context: Context, id: string): Promise<void> {
  const product = await findProduct(context, id);
  if (product?.active === true) return;
  throw invalidRequest(
    'This price is not available to be purchased because its product is not active.',
    'product',
    'product_inactive',
  );
}

/**
 * The items of a request by the prices that they name or bring along, which are made; `at` is where they stand. The ids
 * of what was made are added to `made`. Throws for items that say both, or neither.
 */
export async function nameInlinePrices<Data extends CreatePriceParams, Item extends Charged<Data>>(
  context: Context,
  items: readonly Item[],
  at: string,
  made: Set<string>,
): Promise<NamedPrice<Item>[]> {
  const named: NamedPrice<Item>[] = [];
  for (const [index, { price_data: data, price, ...rest }] of items.entries()) {
    named.push({ ...rest, price: await priceIdOf(context, { price, price_data: data }, `${at}[${index}]`, made) });
  }
  return named;
}

async function priceIdOf(
  context: Context,
  { price, price_data: data }: Charged<CreatePriceParams>,
  at: string,
  made: Set<string>,
): Promise<string> {
  if (price !== undefined && data !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: price, price_data.',
      `${at}[price]`,
      'parameters_exclusive',
    );
  }
  if (price !== undefined) return price;
  if (data === undefined) throw missingParameter(`${at}[price]`);
  const { id } = await createInlinePrice(context, data, `${at}[price_data]`);
  made.add(id);
  return id;
}
