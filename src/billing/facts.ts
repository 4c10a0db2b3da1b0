import { findProducts } from '../catalog/product.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { findTaxFacts } from '../invoices/tax_facts.sql.ts';
import type { Context } from '../stripe/context.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { Facts } from './charges.ts';
import { findBillingSettings } from './settings.sql.ts';
import { draftHoursOf } from './settings.ts';

/** Looks up what an invoice of a subscription is computed from, but for the usage. */
export async function factsOf(context: Context, customer: Customer, subscription: Subscription): Promise<Facts> {
  const products = await findProducts(context, [...new Set(subscription.items.map((item) => item.price.productId))]);
  const draftHours = draftHoursOf(await findBillingSettings(context), subscription);
  const taxFacts = await findTaxFacts(context, customer.id);
  const byId = new Map(products.map((product) => [product.id, product]));
  return { customer, subscription, products: byId, taxFacts, draftHours };
}
