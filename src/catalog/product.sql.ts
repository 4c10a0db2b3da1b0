import type { Insertable, Selectable, SelectQueryBuilder } from 'kysely';
import { deleteFrom, type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, Products } from '../db/tables.generated.ts';
import { brokenConstraint } from '../db/transaction.ts';
import { invalidRequest } from '../stripe/errors.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { MarketingFeature, PackageDimensions, Product } from './product.ts';
import type { ListProductsParams } from './product.params.ts';

export function toProduct(row: Selectable<Products>): Product {
  return {
    id: row.id,
    name: row.name,
    active: row.active,
    description: row.description,
    unitLabel: row.unit_label,
    statementDescriptor: row.statement_descriptor,
    url: row.url,
    shippable: row.shippable,
    images: row.images,
    marketingFeatures: row.marketing_features as MarketingFeature[],
    packageDimensions: row.package_dimensions as PackageDimensions | null,
    defaultPriceId: row.default_price_id,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toRow(scope: Scope, product: Product): Insertable<Products> {
  return {
    account_id: scope.account.id,
    id: product.id,
    name: product.name,
    active: product.active,
    description: product.description,
    unit_label: product.unitLabel,
    statement_descriptor: product.statementDescriptor,
    url: product.url,
    shippable: product.shippable,
    images: [...product.images],
    marketing_features: JSON.stringify(product.marketingFeatures),
    package_dimensions: product.packageDimensions && JSON.stringify(product.packageDimensions),
    default_price_id: product.defaultPriceId,
    metadata: JSON.stringify(product.metadata),
    created_at: product.createdAt,
    updated_at: product.updatedAt,
  };
}

/** `idParam` names the parameter that gave the id. Throws resource_already_exists when it is taken. */
export async function insertProduct(scope: Scope, product: Product, idParam: string): Promise<void> {
  try {
    await scope.db.insertInto('products').values(toRow(scope, product)).execute();
  } catch (error) {
    if (brokenConstraint(error) !== 'products_pkey') throw error;
    throw invalidRequest('Product already exists.', idParam, 'resource_already_exists');
  }
}

export async function updateProduct(scope: Scope, product: Product): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, product);
  await updateTable(scope, 'products').set(columns).where('id', '=', product.id).execute();
}

export async function removeProduct(scope: Scope, id: string): Promise<void> {
  await deleteFrom(scope, 'products').where('id', '=', id).execute();
}

export async function findProduct(scope: Scope, id: string): Promise<Product | undefined> {
  const row = await selectFrom(scope, 'products').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toProduct(row);
}

/** The same, held against every other writer, and against new prices, until the end of the transaction. */
export async function lockProduct(scope: Scope, id: string): Promise<Product | undefined> {
  const row = await selectFrom(scope, 'products').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toProduct(row);
}

/** The same, held only against being deleted. */
export async function keepProduct(scope: Scope, id: string): Promise<Product | undefined> {
  const row = await selectFrom(scope, 'products').selectAll().where('id', '=', id).forKeyShare().executeTakeFirst();
  return row && toProduct(row);
}

/** The products of these ids that exist, in no particular order. */
export async function findProducts(scope: Scope, ids: readonly string[]): Promise<Product[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'products').selectAll().where('id', 'in', ids).execute();
  return rows.map(toProduct);
}

/** The filters of the list; `created` is the list's own. */
export function filterProducts(query: SelectQueryBuilder<DB, 'products', object>, filters: ListProductsParams) {
  const { active, ids, shippable, type, url } = filters;
  let refined = query;
  if (active !== undefined) refined = refined.where('active', '=', active);
  if (ids !== undefined) refined = refined.where((eb) => eb('id', '=', eb.fn.any(eb.val(ids))));
  if (shippable !== undefined) refined = refined.where('shippable', '=', shippable);
  if (type === 'good') refined = refined.where((eb) => eb.lit(false));
  if (url !== undefined) refined = refined.where('url', '=', url);
  return refined;
}
