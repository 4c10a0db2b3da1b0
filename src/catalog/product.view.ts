import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import type { Product } from './product.ts';
import { findProducts } from './product.sql.ts';

/** The wire shape of a product. */
export function viewProduct(context: Context, product: Product) {
  return {
    id: product.id,
    object: 'product',
    active: product.active,
    created: toUnix(product.createdAt),
    default_price: product.defaultPriceId,
    description: product.description,
    images: product.images,
    livemode: context.account.livemode,
    marketing_features: product.marketingFeatures,
    metadata: product.metadata,
    name: product.name,
    package_dimensions: product.packageDimensions,
    shippable: product.shippable,
    statement_descriptor: product.statementDescriptor,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: product.unitLabel,
    updated: toUnix(product.updatedAt),
    url: product.url,
  };
}

export function viewDeletedProduct(id: string) {
  return { id, object: 'product', deleted: true };
}

export const productExpandable: Expandable = {
  fields: { default_price: { id: 'price' }, tax_code: NOTHING },
  async load(context, ids) {
    const products = await findProducts(context, ids);
    return new Map(products.map((product) => [product.id, viewProduct(context, product)]));
  },
};
