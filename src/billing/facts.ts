import assert from 'node:assert/strict';
import { findProducts } from '../catalog/product.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { findTaxFactsOf } from '../invoices/tax_facts.sql.ts';
import type { Context } from '../stripe/context.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { Facts } from './charges.ts';
import { findBillingSettings } from './settings.sql.ts';
import { draftHoursOf, type LateUsagePolicy } from './settings.ts';

/** A subscription and its customer. */
export type Subscribed = { readonly customer: Customer; readonly subscription: Subscription };

/** What an invoice is computed from, and what is wanted of usage that came late for the one before. */
type BillingFacts = Facts & { readonly lateUsage: LateUsagePolicy };

/** Looks up what an invoice of a subscription is computed from, but for the usage. */
export async function factsOf(context: Context, customer: Customer, subscription: Subscription): Promise<BillingFacts> {
  const [facts] = await factsOfAll(context, [{ customer, subscription }]);
  assert(facts !== undefined, 'one subscription has facts');
  return facts;
}

/** The same of any number of subscriptions, in their order, by as many statements. `products` are those of all. */
export async function factsOfAll(context: Context, all: readonly Subscribed[]): Promise<BillingFacts[]> {
  const productIds = all.flatMap(({ subscription }) => subscription.items.map((item) => item.price.productId));
  const found = await findProducts(context, [...new Set(productIds)]);
  const products = new Map(found.map((product) => [product.id, product]));
  const settings = await findBillingSettings(context);
  const taxFacts = await findTaxFactsOf(
    context,
    all.map(({ customer }) => customer.id),
  );
  return all.map(({ customer, subscription }) => {
    const own = taxFacts.get(customer.id);
    assert(own !== undefined, `the tax ids of ${customer.id} were not looked up`);
    const draftHours = draftHoursOf(settings, subscription);
    return { customer, subscription, products, taxFacts: own, draftHours, lateUsage: settings.lateUsage };
  });
}
