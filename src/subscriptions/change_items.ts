import { findPrices } from '../catalog/price.sql.ts';
import { type Price, recurrenceOf } from '../catalog/price.ts';
import { findProducts } from '../catalog/product.sql.ts';
import type { Product } from '../catalog/product.ts';
import { changeTaxRates } from '../catalog/write_tax_rate.ts';
import type { DiscountParams } from '../invoices/invoice.params.ts';
import { MAX_SUBSCRIPTION_ITEMS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing, StripeError } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { periodContaining } from '../time/period.ts';
import type { ItemChangeParams } from './item.params.ts';
import { checkCurrency, priceItems } from './rules.ts';
import { usageThreshold } from './thresholds.ts';
import { isMetered, PLAIN_ITEM, type Subscription, type SubscriptionItem } from './subscription.ts';

type InlinePrice = NonNullable<ItemChangeParams['price_data']>;

/** How a request changes the items of a subscription. */
export type ItemsRequest = {
  readonly entries: readonly ItemChangeParams[];
  /** Where they stand in the request, such as `items`; where one thing is asked for, of which entry: ''. */
  readonly at: string;
  /** What every price that is named must be offered in; null: that is chosen later, by the prices. */
  readonly currency: string | null;
  /** Makes the price that an entry brings along. */
  readonly makePrice: (context: Context, data: InlinePrice, at: string) => Promise<Price>;
  /** What is planned may have been archived since. */
  readonly isPlanned?: boolean;
};

/** The discounts that a request names for an item, and where. */
export type NamedDiscounts = { readonly wanted: readonly DiscountParams[] | null; readonly at: string };

export type ChangedItems = {
  readonly items: readonly SubscriptionItem[];
  /** By item id; they are put on by who asks. */
  readonly discounts: ReadonlyMap<string, NamedDiscounts>;
};

/**
 * The items of a subscription as a request wants them; nothing is written. An entry with an id changes or deletes that
 * item, one without adds one. Another price makes the quantity 1 again, unless the entry says another. Items that are not
 * named, or stay as they are, are the very same. Throws for items of other subscriptions, and for prices that can't be
 * subscribed to together.
 */
export async function changeItems(
  context: Context,
  subscription: Subscription,
  request: ItemsRequest,
): Promise<ChangedItems> {
  let items = subscription.items;
  const discounts = new Map<string, NamedDiscounts>();
  for (const [index, entry] of request.entries.entries()) {
    const at = nameAt(request.at, index);
    items = await applyEntry(context, { ...subscription, items }, entry, { ...request, at });
    // What has no id yet is added at the end.
    const id = entry.id ?? items.at(-1)?.id;
    if (id === undefined || entry.discounts === undefined || entry.deleted === true) continue;
    discounts.set(id, { wanted: entry.discounts, at: at('discounts') });
  }
  checkItems(items, request.at);
  return { items, discounts };
}

type Named = (name: string) => string;

/** `items[0][price]`, or `price` where the request is about one item. */
function nameAt(at: string, index: number): Named {
  return (name) => (at === '' ? name : `${at}[${index}][${name}]`);
}

function checkItems(items: readonly SubscriptionItem[], at: string): void {
  const param = at === '' ? 'price' : at;
  const prices = items.map(({ price }) => price);
  const twice = prices.find((price, index) => prices.findIndex((other) => other.id === price.id) < index);
  if (twice !== undefined) {
    throw invalidRequest(`Cannot add multiple subscription items with the same price: ${twice.id}`, param);
  }
  if (items.length <= MAX_SUBSCRIPTION_ITEMS) return;
  throw invalidRequest(`A subscription can have at most ${MAX_SUBSCRIPTION_ITEMS} items.`, param);
}

type EntryRequest = Omit<ItemsRequest, 'at' | 'entries'> & { readonly at: Named };

async function applyEntry(
  context: Context,
  subscription: Subscription,
  entry: ItemChangeParams,
  request: EntryRequest,
): Promise<readonly SubscriptionItem[]> {
  const { items } = subscription;
  const current = entry.id === undefined ? undefined : items.find((item) => item.id === entry.id);
  if (entry.id !== undefined && current === undefined) {
    throw resourceMissing('subscription_item', entry.id, request.at('id'));
  }
  checkUsage(current, entry, request.at);
  if (entry.deleted === true) return withoutItem(items, current, entry, request.at);
  const changed = await changedItem(context, subscription, current, entry, request);
  return current === undefined ? [...items, changed] : items.map((item) => (item.id === current.id ? changed : item));
}

/** Usage is counted by meters and is never cleared: the reference says that clearing has no effect on their prices. */
function checkUsage(current: SubscriptionItem | undefined, entry: ItemChangeParams, at: Named): void {
  if (entry.clear_usage !== true || (current !== undefined && isMetered(current.price))) return;
  throw invalidRequest('`clear_usage` is for existing items with a metered price.', at('clear_usage'));
}

function withoutItem(
  items: readonly SubscriptionItem[],
  current: SubscriptionItem | undefined,
  entry: ItemChangeParams,
  at: Named,
): SubscriptionItem[] {
  if (current === undefined) throw missingParameter(at('id'));
  const other = (['price', 'price_data', 'quantity', 'metadata', 'discounts', 'tax_rates'] as const).find(
    (name) => entry[name] !== undefined,
  );
  if (other === undefined) return items.filter((item) => item.id !== current.id);
  throw invalidRequest(`An item that is deleted can't have \`${other}\` as well.`, at(other));
}

async function changedItem(
  context: Context,
  subscription: Subscription,
  current: SubscriptionItem | undefined,
  entry: ItemChangeParams,
  request: EntryRequest,
): Promise<SubscriptionItem> {
  const price = await priceOf(context, entry, current, request);
  const quantity = quantityOf(price, entry, current, request.at);
  const kept = current ?? added(context, subscription, price);
  const changed = {
    price,
    quantity,
    taxRates: await changeTaxRates(context, kept.taxRates, entry.tax_rates, request.at('tax_rates')),
    metadata: changeMetadata(kept.metadata, entry.metadata),
    thresholdUsage: thresholdOf(price, entry, kept, request.at),
  };
  const isSame = price.id === kept.price.id && quantity === kept.quantity && entry.billing_thresholds === undefined;
  if (current !== undefined && isSame && entry.tax_rates === undefined && entry.metadata === undefined) return current;
  return { ...kept, ...changed };
}

/** A threshold of usage is lost with a price that has none. */
function thresholdOf(
  price: Price,
  { billing_thresholds: wanted }: ItemChangeParams,
  { thresholdUsage }: SubscriptionItem,
  at: Named,
): bigint | null {
  const kept = isMetered(price) ? thresholdUsage : null;
  return usageThreshold(price, wanted, kept, at('billing_thresholds'));
}

/** A new item; the period is that of the anchor, until the change of the whole is settled. */
function added(context: Context, subscription: Subscription, price: Price): SubscriptionItem {
  const recurrence = recurrenceOf(price);
  if (recurrence === null) throw new Error(`the price ${price.id} is not recurring`);
  return {
    ...PLAIN_ITEM,
    id: newId('subscriptionItem'),
    subscriptionId: subscription.id,
    price,
    quantity: null,
    taxRates: [],
    metadata: {},
    currentPeriod: periodContaining(subscription.billingCycleAnchor, recurrence, context.now),
    createdAt: context.now,
  };
}

/** The price that an entry names or brings along, or the one that the item has, which may have been archived since. */
async function priceOf(
  context: Context,
  { price: id, price_data: data, quantity }: ItemChangeParams,
  current: SubscriptionItem | undefined,
  { at, currency, makePrice, isPlanned }: EntryRequest,
): Promise<Price> {
  if (id !== undefined && data !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: price, price_data.',
      at('price'),
      'parameters_exclusive',
    );
  }
  if (data !== undefined) {
    const made = await makePrice(context, data, at('price_data'));
    await checkSubscribable(context, [{ ...made, active: true }], made.id, quantity, at);
    if (currency !== null) checkCurrency(made, currency, `${at('price_data')}[currency]`);
    return made;
  }
  if (current !== undefined && (id === undefined || id === current.price.id)) return current.price;
  if (id === undefined) throw missingParameter(at('price'));
  const price = await checkSubscribable(context, await findPrices(context, [id]), id, quantity, at, isPlanned);
  if (currency !== null) checkCurrency(price, currency, at('price'));
  return price;
}

/** Another price resets the quantity. */
function quantityOf(
  price: Price,
  { quantity }: ItemChangeParams,
  current: SubscriptionItem | undefined,
  at: Named,
): bigint | null {
  if (!isMetered(price)) return quantity ?? (current?.price.id === price.id ? current.quantity : null) ?? 1n;
  if (quantity === undefined) return null;
  throw invalidRequest(
    `You cannot set the quantity for metered prices: the quantity of ${price.id} is the usage that its meter counts.`,
    at('quantity'),
  );
}

async function checkSubscribable(
  context: Context,
  found: readonly Price[],
  id: string,
  quantity: bigint | undefined,
  at: Named,
  isPlanned = false,
): Promise<Price> {
  const products = await productsOf(context, found);
  const wanted = quantity === undefined ? { price: id } : { price: id, quantity };
  try {
    const byId = new Map(found.map((price) => [price.id, price]));
    const [item] = priceItems([wanted], byId, products, () => isPlanned);
    if (item === undefined) throw new Error('one item was priced');
    return item.price;
  } catch (error) {
    // The rules know items by their place in the request that subscribes.
    const name = error instanceof StripeError ? error.fields.param?.match(/^items\[0\]\[(\w+)\]$/)?.[1] : undefined;
    if (!(error instanceof StripeError) || name === undefined) throw error;
    throw new StripeError({ ...error.fields, param: at(name) });
  }
}

/** The products of prices, by id. */
async function productsOf(context: Context, prices: readonly Price[]): Promise<Map<string, Product>> {
  const products = await findProducts(context, [...new Set(prices.map((price) => price.productId))]);
  return new Map(products.map((product) => [product.id, product]));
}
