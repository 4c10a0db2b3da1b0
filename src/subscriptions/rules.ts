import { amountsIn, type Price, recurrenceOf } from '../catalog/price.ts';
import { refuseConflict } from '../catalog/tax_behavior.ts';
import type { Product } from '../catalog/product.ts';
import type { Customer } from '../customers/customer.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { compareRecurrence, isMultipleOf, type Recurrence } from '../time/period.ts';
import type { NamedPrice } from './inline_price.ts';
import type { CreateSubscriptionParams } from './subscription.params.ts';
import { isMetered, type Subscription } from './subscription.ts';

type NewItem = NamedPrice<CreateSubscriptionParams['items'][number]>;

/** An item to be, with the price and the product that it names. */
export type PricedItem = { readonly params: NewItem; readonly price: Price; readonly product: Product };

/**
 * The items with their prices and products. Throws for a price that does not exist or can't be subscribed to; those for
 * which `mayBeArchived` holds can be, whoever has archived them.
 */
export function priceItems(
  items: readonly NewItem[],
  prices: ReadonlyMap<string, Price>,
  products: ReadonlyMap<string, Product>,
  mayBeArchived: (priceId: string) => boolean = () => false,
): PricedItem[] {
  const seen = new Set<string>();
  return items.map((params, index) => {
    const param = `items[${index}][price]`;
    const price = prices.get(params.price);
    const product = price && products.get(price.productId);
    if (price === undefined || product === undefined) throw resourceMissing('price', params.price, param);
    checkPrice(price, product, param, mayBeArchived(price.id));
    if (seen.has(price.id)) {
      throw invalidRequest(`Cannot add multiple subscription items with the same price: ${price.id}`, param);
    }
    seen.add(price.id);
    if (isMetered(price) && params.quantity !== undefined) {
      throw invalidRequest(
        `You cannot set the quantity for metered prices: the quantity of ${price.id} is the usage that its meter counts.`,
        `items[${index}][quantity]`,
      );
    }
    return { params, price, product };
  });
}

function checkPrice(price: Price, product: Product, param: string, allowsArchived: boolean): void {
  if (!price.active && !allowsArchived) {
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', param);
  }
  if (price.recurring === null) {
    throw invalidRequest(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      param,
    );
  }
  if (!product.active && !allowsArchived) {
    throw invalidRequest(
      'This price is not available to be purchased because its product is not active.',
      param,
      'product_inactive',
    );
  }
}

/**
 * The currency of a new subscription: the one asked for, else the customer's where every price has it, else the first
 * price's own. Throws when a price lacks it; that it is also the customer's is checked where the customer takes it on.
 */
export function chooseCurrency(wanted: string | undefined, customer: Customer, prices: readonly Price[]): string {
  const isOfAll = (currency: string) => prices.every((price) => amountsIn(price, currency) !== undefined);
  const known = customer.currency !== null && isOfAll(customer.currency) ? customer.currency : undefined;
  const currency = wanted ?? known ?? prices[0]?.currency ?? '';
  for (const [index, price] of prices.entries()) checkCurrency(price, currency, `items[${index}][price]`);
  return currency;
}

/** Throws for a price that is not offered in a currency. */
export function checkCurrency(price: Price, currency: string, param: string): void {
  if (amountsIn(price, currency) !== undefined) return;
  const supported = [price.currency, ...price.currencyOptions.keys()].map((code) => `\`${code}\``).join(', ');
  throw invalidRequest(
    `The price specified only supports ${supported}. This doesn't match the expected currency: \`${currency}\`.`,
    param,
  );
}

type ModeParams = { readonly flexible?: unknown; readonly type: Subscription['billingMode'] };

/** How a new subscription is billed. Throws for what only flexible ones have; `at` is where it stands. */
export function chooseMode(wanted: ModeParams | undefined, at = 'billing_mode'): Subscription['billingMode'] {
  if (wanted === undefined) return 'flexible';
  if (wanted.type === 'flexible' || wanted.flexible === undefined) return wanted.type;
  throw invalidRequest('You can only specify `flexible` with `type=flexible`.', `${at}[flexible]`);
}

/**
 * Classic subscriptions bill all items in one rhythm. Flexible ones may mix, as long as every recurrence is a multiple of
 * the shortest, so that the longer periods end where a short one ends: a month and a year, but not 2 and 3 months.
 */
export function checkIntervals(billingMode: 'classic' | 'flexible', prices: readonly Price[]): void {
  const recurrences = prices.map(recurrenceOf).filter((recurrence) => recurrence !== null);
  const [shortest] = [...recurrences].sort(compareRecurrence);
  if (shortest === undefined) return;
  if (billingMode === 'classic') {
    if (recurrences.every((recurrence) => isSame(recurrence, shortest))) return;
    throw invalidRequest(
      'All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`, unless its `billing_mode` is `flexible`.',
      'items',
    );
  }
  const odd = recurrences.find((recurrence) => !isMultipleOf(recurrence, shortest));
  if (odd === undefined) return;
  throw invalidRequest(
    `All billing periods of a subscription must be multiples of its shortest one: ${inWords(odd)} is not a multiple of ${inWords(shortest)}.`,
    'items',
  );
}

function isSame(a: Recurrence, b: Recurrence): boolean {
  return a.interval === b.interval && a.intervalCount === b.intervalCount;
}

function inWords({ interval, intervalCount }: Recurrence): string {
  return intervalCount === 1 ? `1 ${interval}` : `${intervalCount} ${interval}s`;
}

/** Throws where a price says of itself that it includes taxes, or does not, and a rate that applies to it says otherwise. */
export function checkTaxBehavior({
  currency,
  defaultTaxRates,
  items,
}: Pick<Subscription, 'currency' | 'defaultTaxRates' | 'items'>): void {
  for (const { price, taxRates } of items) {
    refuseConflict(price, currency, taxRates.length > 0 ? taxRates : defaultTaxRates);
  }
}

/** A subscription whose invoices are collected as a request wants it. Throws for what does not go together. */
export function changeCollection<S extends Pick<Subscription, 'collectionMethod' | 'daysUntilDue'>>(
  subscription: S,
  wanted: Pick<CreateSubscriptionParams, 'collection_method' | 'days_until_due'>,
  customer: Customer,
): S {
  const { collection_method: method = subscription.collectionMethod, days_until_due: days } = wanted;
  if (wanted.collection_method === undefined && days === undefined) return subscription;
  const kept = method === 'send_invoice' ? (days ?? subscription.daysUntilDue ?? undefined) : days;
  checkCollection({ collection_method: method, ...(kept === undefined ? {} : { days_until_due: kept }) }, customer);
  return { ...subscription, collectionMethod: method, daysUntilDue: kept ?? null };
}

/** How the invoices will be collected. Throws for what does not go together. */
export function checkCollection(
  params: Pick<CreateSubscriptionParams, 'collection_method' | 'days_until_due'>,
  customer: Customer,
): void {
  const isSent = params.collection_method === 'send_invoice';
  if (isSent && params.days_until_due === undefined) {
    throw invalidRequest(
      'You must specify `days_until_due` for subscriptions with `collection_method=send_invoice`.',
      'days_until_due',
      'parameter_missing',
    );
  }
  if (!isSent && params.days_until_due !== undefined) {
    throw invalidRequest(
      'You can only specify `days_until_due` for subscriptions with `collection_method=send_invoice`.',
      'days_until_due',
    );
  }
  if (isSent && customer.email === null) {
    throw invalidRequest(
      'Missing email. In order to create invoices that are sent to the customer, the customer must have a valid email.',
    );
  }
}
