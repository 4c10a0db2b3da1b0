import { recordEvent } from '../events/record.ts';
import type { Meter } from '../metering/meter.ts';
import type { DimensionFilter } from '../metering/usage.sql.ts';
import { requireMeter } from '../metering/write.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { Price } from './price.ts';
import type { CreatePriceParams, PriceChange } from './price.params.ts';
import { findPrice, insertPrice, lockLookupKey, lockPrices, updatePrice } from './price.sql.ts';
import { viewPriceInEvent } from './price.view.ts';
import { keepProduct, lockProduct } from './product.sql.ts';
import { changeOptions, changeTaxBehavior, readTerms } from './terms.ts';
import { createProduct, newPrice } from './write_product.ts';

/**
 * Creates a price and tells `price.created`, after `product.created` for an inline product and `price.updated` for a
 * price that loses its lookup key. A price may be added to an inactive product. Throws for parameters that contradict
 * each other, for unknown products and meters, inactive meters, and lookup keys in use. A `dimensionFilter` limits what
 * the price rates; it throws for keys that are not dimensions of the meter.
 */
export async function createPrice(
  context: Context,
  params: CreatePriceParams,
  dimensionFilter: DimensionFilter = {},
): Promise<Price> {
  const terms = readTerms(params);
  checkProductParams(params);
  // Locks are taken in this order everywhere: lookup key, product, prices by id.
  if (terms.lookupKey !== null) await lockLookupKey(context, terms.lookupKey);
  const productId = await productOf(context, params);
  const meterId = terms.recurring?.meterId ?? null;
  const meter = meterId === null ? undefined : await requireActiveMeter(context, meterId);
  checkFilter(meter, dimensionFilter);
  if (terms.lookupKey !== null) {
    const [holder] = await lockPrices(context, { id: null, lookupKey: terms.lookupKey });
    await takeLookupKey(context, holder, params.transfer_lookup_key);
  }
  const price = newPrice(context, productId, terms, dimensionFilter);
  await insertPrice(context, price);
  await recordEvent(context, 'price.created', viewPriceInEvent(context, price));
  return price;
}

function checkProductParams({ product, product_data: data }: CreatePriceParams): void {
  if (product === undefined && data === undefined) {
    throw invalidRequest('You must specify either `product` or `product_data` when creating a price.', 'product');
  }
  if (product !== undefined && data !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: product, product_data.',
      'product',
      'parameters_exclusive',
    );
  }
}

async function requireActiveMeter(context: Context, id: string): Promise<Meter> {
  const meter = await requireMeter(context, id, 'recurring[meter]');
  if (meter.status === 'active') return meter;
  throw invalidRequest(`The meter \`${id}\` is inactive: it cannot be attached to a price.`, 'recurring[meter]');
}

/** A filter on anything but a dimension would rate nothing, for ever. */
function checkFilter(meter: Meter | undefined, filter: DimensionFilter): void {
  const keys = meter?.dimensionKeys ?? [];
  const unknown = Object.keys(filter).find((key) => !keys.includes(key));
  if (unknown === undefined) return;
  if (meter === undefined) throw invalidRequest('`dimension_filter` requires `recurring[meter]`.', 'dimension_filter');
  const known = keys.length === 0 ? 'it has none' : `they are ${keys.join(', ')}`;
  const name = unknown.slice(0, 40);
  throw invalidRequest(
    `'${name}' is not a dimension key of the meter ${meter.id}: ${known}.`,
    `dimension_filter[${name}]`,
  );
}

async function productOf(context: Context, { product: id, product_data: data }: CreatePriceParams): Promise<string> {
  if (data !== undefined) return (await createProduct(context, data, 'product_data[id]')).id;
  const product = id === undefined ? undefined : await keepProduct(context, id);
  if (product === undefined) throw resourceMissing('product', id ?? '', 'product');
  return product.id;
}

/** Frees a lookup key from the price that holds it, which is told as well. Throws when it may not be taken. */
async function takeLookupKey(context: Context, holder: Price | undefined, mayTransfer = false): Promise<void> {
  if (holder === undefined) return;
  if (!mayTransfer) throw invalidRequest(`A price (\`${holder.id}\`) already uses that lookup key.`, 'lookup_key');
  await replacePrice(context, holder, { ...holder, lookupKey: null });
}

async function replacePrice(context: Context, price: Price, changed: Price): Promise<void> {
  await updatePrice(context, changed);
  const before = viewPriceInEvent(context, price);
  await recordEvent(context, 'price.updated', viewPriceInEvent(context, changed), before);
}

/**
 * Changes the given fields and tells `price.updated`, also of the price that loses its lookup key. Throws for a lookup
 * key in use, a tax behavior that is decided, a currency to be taken away, and archiving a default price.
 */
export async function changePrice(context: Context, id: string, params: PriceChange): Promise<Price> {
  // The same order of locks as in createPrice.
  const lookupKey = params.lookup_key ?? null;
  if (lookupKey !== null) await lockLookupKey(context, lookupKey);
  if (params.active === false) await checkArchiving(context, id);
  const locked = await lockPrices(context, { id, lookupKey });
  const price = locked.find((candidate) => candidate.id === id);
  if (price === undefined) throw resourceMissing('price', id);
  const changed = applyChange(price, params);
  if (lookupKey !== null) {
    const holder = locked.find((candidate) => candidate.id !== id);
    await takeLookupKey(context, holder, params.transfer_lookup_key);
  }
  await replacePrice(context, price, changed);
  return changed;
}

async function checkArchiving(context: Context, id: string): Promise<void> {
  const price = await findPrice(context, id);
  if (price === undefined) throw resourceMissing('price', id);
  const product = await lockProduct(context, price.productId);
  if (product?.defaultPriceId !== id) return;
  throw invalidRequest('This price cannot be archived because it is the default price of its product.', 'active');
}

function applyChange(price: Price, params: PriceChange): Price {
  if (params.currency_options === null) {
    throw invalidRequest(
      'A currency cannot be taken away from a price, because subscriptions may be billed in it. Archive the price instead.',
      'currency_options',
    );
  }
  return {
    ...price,
    active: params.active ?? price.active,
    currencyOptions: changeOptions(price, price.currencyOptions, params.currency_options),
    lookupKey: params.lookup_key === undefined ? price.lookupKey : params.lookup_key,
    metadata: changeMetadata(price.metadata, params.metadata),
    nickname: params.nickname === undefined ? price.nickname : params.nickname,
    taxBehavior: changeTaxBehavior(price.taxBehavior, params.tax_behavior),
  };
}
