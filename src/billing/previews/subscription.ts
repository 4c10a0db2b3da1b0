import type { Customer } from '../../customers/customer.ts';
import { changeTaxRates } from '../../catalog/write_tax_rate.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest } from '../../stripe/errors.ts';
import { newId } from '../../stripe/ids.ts';
import { changeMetadata } from '../../stripe/metadata.ts';
import { changeItems, type NamedDiscounts } from '../../subscriptions/change_items.ts';
import { checkIntervals, checkTaxBehavior, chooseCurrency, chooseMode } from '../../subscriptions/rules.ts';
import { PLAIN_SUBSCRIPTION, type Subscription } from '../../subscriptions/subscription.ts';
import type { SubscriptionDetails } from './preview.params.ts';
import { asItBegins, refuseBeginning } from '../preview_time.ts';
import { inlinePrice } from './price.ts';

/** What is being previewed: an existing subscription, or the blank that a new one begins as. */
export type Previewed = {
  readonly subscription: Subscription;
  readonly isNew: boolean;
  /** Its prices were judged when it was planned. */
  readonly isPlanned: boolean;
};

/** A subscription as a preview wants it, and the discounts that it names for items, by item id. */
export type Wanted = {
  readonly subscription: Subscription;
  readonly discounts: ReadonlyMap<string, NamedDiscounts>;
};

/** How its invoices are collected. */
export type Collection = Pick<Subscription, 'collectionMethod' | 'daysUntilDue'>;

const MODE = 'subscription_details[billing_mode]';

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
    billingMode: chooseMode(details.billing_mode, MODE),
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
 * The subscription as the details of a preview want it; nothing is written, and its items are not in their periods yet.
 * Throws for items, prices and currencies that could not be subscribed to.
 */
export async function applyDetails(
  context: Context,
  customer: Customer,
  { subscription, isNew, isPlanned }: Previewed,
  details: SubscriptionDetails,
  currency: string | undefined,
): Promise<Wanted> {
  const { items, discounts } = await changeItems(context, subscription, {
    entries: details.items ?? [],
    at: 'subscription_details[items]',
    currency: isNew ? null : subscription.currency,
    makePrice: inlinePrice,
    isPlanned,
  });
  const prices = items.map((item) => item.price);
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
  if (!isNew) refuseBeginning(details);
  return { subscription: isNew ? asItBegins(context, changed, details) : changed, discounts };
}

/** A subscription can become flexible, and never classic again. */
function changeMode({ billingMode }: Subscription, { billing_mode: wanted }: SubscriptionDetails) {
  if (wanted === undefined) return billingMode;
  if (chooseMode(wanted, MODE) === billingMode) return billingMode;
  if (wanted.type === 'flexible') return wanted.type;
  throw invalidRequest('A subscription with `billing_mode=flexible` cannot become `classic`.', `${MODE}[type]`);
}
