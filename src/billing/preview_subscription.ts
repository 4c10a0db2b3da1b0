import { findPrices } from '../catalog/price.sql.ts';
import { type Price, recurrenceOf } from '../catalog/price.ts';
import { changeTaxRates } from '../catalog/write_tax_rate.ts';
import { findProducts } from '../catalog/product.sql.ts';
import type { Product } from '../catalog/product.ts';
import type { Customer } from '../customers/customer.ts';
import type { DiscountParams } from '../invoices/invoice.params.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing, StripeError } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { inlinePrice } from './preview_price.ts';
import { checkIntervals, checkTaxBehavior, chooseCurrency, priceItems } from '../subscriptions/rules.ts';
import {
  isMetered,
  PLAIN_ITEM,
  PLAIN_SUBSCRIPTION,
  type Subscription,
  type SubscriptionItem,
} from '../subscriptions/subscription.ts';
import { periodContaining } from '../time/period.ts';
import type { SubscriptionDetails } from './preview.params.ts';

type ItemDetails = NonNullable<SubscriptionDetails['items']>[number];

/** What is being previewed: an existing subscription, or the blank that a new one begins as. */
export type Previewed = { readonly subscription: Subscription; readonly isNew: boolean };

/** A subscription as a preview wants it, and the discounts that it names for items, by item id. */
export type Wanted = {
  readonly subscription: Subscription;
  readonly discounts: ReadonlyMap<string, { readonly wanted: readonly DiscountParams[] | null; readonly at: string }>;
};

/** How its invoices are collected. */
export type Collection = Pick<Subscription, 'collectionMethod' | 'daysUntilDue'>;

const CHARGED: Collection = { collectionMethod: 'charge_automatically', daysUntilDue: null };

/** A subscription that nobody has made: monthly blanks are filled by its items. */
export function blankSubscription(
  context: Context,
  customer: Customer,
  details: SubscriptionDetails,
  collection: Collection = CHARGED,
): Subscription {
  return {
    ...PLAIN_SUBSCRIPTION,
    id: newId('subscription'),
    customerId: customer.id,
    status: 'active',
    billingMode: details.billing_mode?.type ?? 'flexible',
    ...collection,
    defaultPaymentMethodId: null,
    paymentMethodTypes: null,
    saveDefaultPaymentMethod: 'off',
    currency: '',
    description: null,
    discountIds: [],
    defaultTaxRates: [],
    metadata: {},
    billingCycleAnchor: context.now,
    startedAt: context.now,
    testClockId: customer.testClockId,
    createdAt: context.now,
    items: [],
  };
}

/**
 * The subscription as the details of a preview want it; nothing is written. Items of an existing one change from its
 * next period on, which has to be asked for by `proration_behavior=none`: prorations are not served. Throws for items,
 * prices and currencies that could not be subscribed to.
 */
export async function applyDetails(
  context: Context,
  customer: Customer,
  previewed: Previewed,
  details: SubscriptionDetails,
  currency: string | undefined,
): Promise<Wanted> {
  const { subscription, isNew } = previewed;
  checkAnchor(previewed, details);
  const wanted = details.items ?? [];
  if (!isNew && wanted.length > 0 && details.proration_behavior !== 'none') throw unservedProration();
  const { items, discounts } = await applyEntries(context, subscription, wanted);
  const prices = items.map((item) => item.price);
  checkDistinct(prices);
  const billingMode = changeMode(subscription, details);
  checkIntervals(billingMode, prices);
  const chosen = chooseCurrency(isNew ? currency : subscription.currency, customer, prices);
  const metadata = changeMetadata(subscription.metadata, details.metadata);
  const defaultTaxRates = await changeTaxRates(
    context,
    subscription.defaultTaxRates,
    details.default_tax_rates,
    'subscription_details[default_tax_rates]',
  );
  const changed = { ...subscription, billingMode, currency: chosen, defaultTaxRates, metadata, items };
  checkTaxBehavior(changed);
  return { subscription: changed, discounts };
}

async function applyEntries(context: Context, subscription: Subscription, wanted: readonly ItemDetails[]) {
  let items = subscription.items;
  const discounts = new Map<string, { wanted: readonly DiscountParams[] | null; at: string }>();
  for (const [index, entry] of wanted.entries()) {
    const at = `subscription_details[items][${index}]`;
    items = await applyEntry(context, { ...subscription, items }, entry, at);
    // What has no id yet is added at the end.
    const id = entry.id ?? items.at(-1)?.id;
    if (id === undefined || entry.discounts === undefined) continue;
    discounts.set(id, { wanted: entry.discounts, at: `${at}[discounts]` });
  }
  return { items, discounts };
}

/** A subscription can become flexible, and never classic again. */
function changeMode({ billingMode }: Subscription, { billing_mode: wanted }: SubscriptionDetails) {
  if (wanted === undefined || wanted.type === billingMode) return billingMode;
  if (wanted.type === 'flexible') return wanted.type;
  throw invalidRequest(
    'A subscription with `billing_mode=flexible` cannot become `classic`.',
    'subscription_details[billing_mode][type]',
  );
}

function checkAnchor({ isNew }: Previewed, { billing_cycle_anchor: anchor }: SubscriptionDetails): void {
  if (isNew || anchor?.type !== 'now') return;
  throw invalidRequest(
    'Prorations are not served by Usance yet: a preview can show a subscription with its billing cycle as it is.',
    'subscription_details[billing_cycle_anchor]',
    'parameter_not_served',
  );
}

async function applyEntry(
  context: Context,
  subscription: Subscription,
  entry: ItemDetails,
  at: string,
): Promise<readonly SubscriptionItem[]> {
  const { items } = subscription;
  const current = entry.id === undefined ? undefined : items.find((item) => item.id === entry.id);
  if (entry.id !== undefined && current === undefined)
    throw resourceMissing('subscription_item', entry.id, `${at}[id]`);
  if (current !== undefined && entry.deleted === true) return items.filter((item) => item.id !== current.id);
  const changed = await changedItem(context, subscription, current, entry, at);
  return current === undefined ? [...items, changed] : items.map((item) => (item.id === current.id ? changed : item));
}

async function changedItem(
  context: Context,
  subscription: Subscription,
  current: SubscriptionItem | undefined,
  entry: ItemDetails,
  at: string,
): Promise<SubscriptionItem> {
  const named = await priceOf(context, entry, current, at);
  const price = await subscribablePrice(context, named, entry.quantity, at);
  const recurrence = recurrenceOf(price);
  if (recurrence === null) throw new Error(`the price ${price.id} is not recurring`);
  return {
    ...(current ?? PLAIN_ITEM),
    id: current?.id ?? newId('subscriptionItem'),
    subscriptionId: subscription.id,
    price,
    quantity: isMetered(price) ? null : quantityOf(entry, current),
    taxRates: await changeTaxRates(context, current?.taxRates ?? [], entry.tax_rates, `${at}[tax_rates]`),
    metadata: changeMetadata(current?.metadata ?? {}, entry.metadata),
    currentPeriod: periodContaining(subscription.billingCycleAnchor, recurrence, context.now),
    createdAt: current?.createdAt ?? context.now,
  };
}

/** The price that an entry names, brings along or leaves as it is; as an id where it has to be looked up. */
async function priceOf(
  context: Context,
  { price, price_data: data }: ItemDetails,
  current: SubscriptionItem | undefined,
  at: string,
): Promise<string | Price> {
  if (price !== undefined && data !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: price, price_data.',
      `${at}[price]`,
      'parameters_exclusive',
    );
  }
  if (data !== undefined) return await inlinePrice(context, data, `${at}[price_data]`);
  const id = price ?? current?.price.id;
  if (id === undefined) throw missingParameter(`${at}[price]`);
  return id;
}

/** Changing the price resets the quantity. */
function quantityOf(entry: ItemDetails, current: SubscriptionItem | undefined): bigint {
  const kept = entry.price === undefined && entry.price_data === undefined ? current?.quantity : undefined;
  return entry.quantity ?? kept ?? 1n;
}

async function subscribablePrice(
  context: Context,
  named: string | Price,
  quantity: bigint | undefined,
  at: string,
): Promise<Price> {
  const [id, found] = typeof named === 'string' ? [named, await findPrices(context, [named])] : [named.id, [named]];
  const products = await productsOf(context, found);
  const wanted = quantity === undefined ? { price: id } : { price: id, quantity };
  try {
    const [item] = priceItems([wanted], new Map(found.map((price) => [price.id, price])), products);
    if (item === undefined) throw new Error('one item was priced');
    return item.price;
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    // The rules know items by their place in the request that subscribes.
    const param = error.fields.param?.replace(/^items\[0\]/, at);
    throw new StripeError({ ...error.fields, ...(param === undefined ? {} : { param }) });
  }
}

/** The products of prices, by id. */
async function productsOf(context: Context, prices: readonly Price[]): Promise<Map<string, Product>> {
  const products = await findProducts(context, [...new Set(prices.map((price) => price.productId))]);
  return new Map(products.map((product) => [product.id, product]));
}

function checkDistinct(prices: readonly Price[]): void {
  const twice = prices.find((price, index) => prices.findIndex((other) => other.id === price.id) < index);
  if (twice === undefined) return;
  throw invalidRequest(
    `Cannot add multiple subscription items with the same price: ${twice.id}`,
    'subscription_details[items]',
  );
}

function unservedProration(): StripeError {
  return invalidRequest(
    'Prorations are not served by Usance yet: a preview can show changed items of a subscription from its next period on, with `subscription_details[proration_behavior]=none`.',
    'subscription_details[proration_behavior]',
    'parameter_not_served',
  );
}
