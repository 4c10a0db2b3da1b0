import { previousAttributes } from '../events/event.ts';
import { recordEvent } from '../events/record.ts';
import type { DimensionFilter } from '../metering/usage.sql.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { Price, PriceTerms } from './price.ts';
import { findPrice, hasPrices, insertPrice } from './price.sql.ts';
import { viewPriceInEvent } from './price.view.ts';
import type { Product } from './product.ts';
import type { CreateProductParams, ProductChange } from './product.params.ts';
import { insertProduct, lockProduct, removeProduct, updateProduct } from './product.sql.ts';
import { viewDeletedProduct, viewProduct } from './product.view.ts';
import { readTerms } from './terms.ts';

/**
 * Creates a product, with its default price where one is given, and tells `product.created` and `price.created`.
 * `idParam` names the parameter that gave the id. Throws resource_already_exists for an id that is taken.
 */
export async function createProduct(context: Context, params: CreateProductParams, idParam = 'id'): Promise<Product> {
  const data = params.default_price_data;
  const terms = data && readTerms(data, ['default_price_data']);
  const product = newProduct(context, params);
  await insertProduct(context, product, idParam);
  if (terms === undefined) {
    await recordEvent(context, 'product.created', viewProduct(context, product));
    return product;
  }
  const price = newPrice(context, product.id, terms);
  await insertPrice(context, price);
  const complete: Product = { ...product, defaultPriceId: price.id };
  await updateProduct(context, complete);
  await recordEvent(context, 'product.created', viewProduct(context, complete));
  await recordEvent(context, 'price.created', viewPriceInEvent(context, price));
  return complete;
}

/** A price of these terms, not yet stored. */
export function newPrice(
  context: Context,
  productId: string,
  terms: PriceTerms,
  dimensionFilter: DimensionFilter = {},
): Price {
  return { ...terms, id: newId('price'), productId, dimensionFilter, createdAt: context.now };
}

function newProduct(context: Context, params: CreateProductParams): Product {
  const blank: Product = {
    id: params.id ?? newId('product'),
    name: params.name,
    active: true,
    description: null,
    unitLabel: null,
    statementDescriptor: null,
    url: null,
    shippable: null,
    images: [],
    marketingFeatures: [],
    packageDimensions: null,
    defaultPriceId: null,
    metadata: {},
    createdAt: context.now,
    updatedAt: context.now,
  };
  return applyChange(blank, params);
}

/**
 * Changes the given fields and tells `product.updated`. Throws resource_missing for unknown products, and for a default
 * price that is unknown, of another product, or inactive.
 */
export async function changeProduct(context: Context, id: string, params: ProductChange): Promise<Product> {
  const product = await lockProduct(context, id);
  if (product === undefined) throw resourceMissing('product', id);
  const changed: Product = {
    ...applyChange(product, params),
    defaultPriceId: await changeDefaultPrice(context, product, params.default_price),
  };
  const before = viewProduct(context, product);
  if (previousAttributes(before, viewProduct(context, changed)) === undefined) return product;
  const updated: Product = { ...changed, updatedAt: context.now };
  await updateProduct(context, updated);
  await recordEvent(context, 'product.updated', viewProduct(context, updated), before);
  return updated;
}

/** Deletes a product that never had a price, and tells `product.deleted`. Its id may be used again. */
export async function deleteProduct(context: Context, id: string) {
  const product = await lockProduct(context, id);
  if (product === undefined) throw resourceMissing('product', id);
  if (await hasPrices(context, id)) {
    throw invalidRequest('This product cannot be deleted because it has one or more user-created prices.', 'id');
  }
  await removeProduct(context, id);
  await recordEvent(context, 'product.deleted', viewProduct(context, product));
  return viewDeletedProduct(id);
}

/** The product is locked, which keeps the price from being archived before this is done (see changePrice). */
async function changeDefaultPrice(context: Context, product: Product, wanted: string | null | undefined) {
  if (wanted === undefined || wanted === product.defaultPriceId) return product.defaultPriceId;
  if (wanted === null) return null;
  const price = await findPrice(context, wanted);
  if (price === undefined) throw resourceMissing('price', wanted, 'default_price');
  if (price.productId !== product.id) {
    throw invalidRequest(`The price \`${wanted}\` does not belong to this product.`, 'default_price');
  }
  if (!price.active) {
    throw invalidRequest(`The price \`${wanted}\` is inactive and cannot be a default price.`, 'default_price');
  }
  return wanted;
}

function applyChange(product: Product, params: Omit<ProductChange, 'default_price'>): Product {
  return {
    ...product,
    name: params.name ?? product.name,
    active: params.active ?? product.active,
    description: given(params.description, product.description),
    unitLabel: given(params.unit_label, product.unitLabel),
    statementDescriptor: params.statement_descriptor ?? product.statementDescriptor,
    url: checkUrl(given(params.url, product.url), 'url'),
    shippable: params.shippable ?? product.shippable,
    images: checkImages(given(params.images, product.images) ?? []),
    marketingFeatures: given(params.marketing_features, product.marketingFeatures) ?? [],
    packageDimensions: given(params.package_dimensions, product.packageDimensions),
    metadata: changeMetadata(product.metadata, params.metadata),
  };
}

/** The value of the request, where it gave one; null clears. */
function given<T>(value: T | null | undefined, current: T | null): T | null {
  return value === undefined ? current : value;
}

function checkImages(images: readonly string[]): readonly string[] {
  for (const [index, image] of images.entries()) checkUrl(image, `images[${index}]`);
  return images;
}

function checkUrl(url: string | null, param: string): string | null {
  if (url === null || (/^https?:\/\//i.test(url) && URL.canParse(url))) return url;
  throw invalidRequest('Not a valid URL', param, 'url_invalid');
}
