import { changeTaxRates } from '../catalog/write_tax_rate.ts';
import { atTimeOf } from '../clocks/time.ts';
import { findDiscounts } from '../invoices/discount.sql.ts';
import type { Discount } from '../invoices/discount.ts';
import { checkDefaultMethod } from '../payments/default_method.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing, StripeError } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { changeDiscounts, dropDiscounts, withoutDiscounts } from './discounts.ts';
import { changeInvoiceSettings } from './invoice_settings.ts';
import { findItem } from './item.sql.ts';
import { keepUpdate } from './keep.ts';
import { changePause } from './pause_collection.ts';
import { withPendingInterval } from './pending_interval.ts';
import { changePaymentSettings } from './payment_settings.ts';
import { checkTaxBehavior } from './rules.ts';
import type { CancelSubscriptionParams, UpdateSubscriptionParams } from './subscription.params.ts';
import { findSubscription, lockSubscription } from './subscription.sql.ts';
import { type Cancellation, hasEnded, type Subscription, type SubscriptionItem } from './subscription.ts';
import { withThresholds } from './thresholds.ts';

/** A subscription, ended or not. `param` names the parameter that refers to it. Throws resource_missing. */
export async function requireSubscription(context: Context, id: string, param = 'id'): Promise<Subscription> {
  const subscription = await findSubscription(context, id);
  if (subscription === undefined) throw resourceMissing('subscription', id, param);
  return subscription;
}

export async function requireItem(context: Context, id: string): Promise<SubscriptionItem> {
  const item = await findItem(context, id);
  if (item === undefined) throw resourceMissing('subscription_item', id);
  return item;
}

/**
 * A locked subscription with the fields that a request changes; what it redeems is written, the subscription itself is
 * stored by who asks. Of one that has ended, only some can change.
 */
export async function changeFields(
  timed: Context,
  subscription: Subscription,
  params: UpdateSubscriptionParams,
): Promise<Subscription> {
  const { description, metadata, cancellation_details: details, ...rest } = params;
  if (description !== undefined || Object.keys(rest).length > 0) refuseEnded(subscription);
  refuseIncomplete(subscription, params);
  const methodId = params.default_payment_method;
  await checkDefaultMethod(timed, subscription.customerId, methodId ?? null);
  const changed: Subscription = {
    ...subscription,
    ...changePaymentSettings(subscription, params.payment_settings, subscription.currency),
    defaultPaymentMethodId: methodId === undefined ? subscription.defaultPaymentMethodId : methodId,
    description: description === undefined ? subscription.description : description,
    metadata: changeMetadata(subscription.metadata, metadata),
    invoiceSettings: changeInvoiceSettings(subscription.invoiceSettings, params.invoice_settings),
    defaultTaxRates: await changeTaxRates(
      timed,
      subscription.defaultTaxRates,
      rest.default_tax_rates,
      'default_tax_rates',
    ),
    cancellation: applyDetails(subscription.cancellation, details),
    pauseCollection: changePause(subscription.pauseCollection, rest.pause_collection, timed.now),
  };
  if (rest.default_tax_rates !== undefined) checkTaxBehavior(changed);
  const pending = withPendingInterval(changed, params.pending_invoice_item_interval, timed.now);
  const watched = withThresholds(pending, params.billing_thresholds);
  return await changeDiscounts(timed, watched, rest.discounts, null);
}

/** Takes discounts off a subscription that is locked or new; tells `customer.discount.deleted`, then the update. */
export async function endDiscounts(
  context: Context,
  subscription: Subscription,
  ended: readonly Discount[],
): Promise<Subscription> {
  if (ended.length === 0) return subscription;
  const rest = withoutDiscounts(subscription, ended);
  await dropDiscounts(context, ended);
  return await keepUpdate(context, subscription, rest);
}

/**
 * Takes all discounts off a subscription, and tells of each. Returns the first, which applied before the others. Throws
 * resource_missing where there is none.
 */
export async function deleteSubscriptionDiscount(context: Context, id: string): Promise<Discount> {
  const subscription = await lockSubscription(context, id);
  if (subscription === undefined) throw resourceMissing('subscription', id);
  refuseEnded(subscription);
  const timed = await atTimeOf(context, subscription.testClockId);
  const discounts = await findDiscounts(timed, subscription.discountIds);
  const [first] = discounts;
  if (first === undefined) throw noDiscount(id);
  await endDiscounts(timed, subscription, discounts);
  return { ...first, deletedAt: timed.now };
}

function noDiscount(id: string): StripeError {
  return new StripeError({
    status: 404,
    code: 'resource_missing',
    message: `No active discount for subscription: ${id}`,
  });
}

/** Throws for a subscription that has ended. */
export function refuseEnded(subscription: Subscription): void {
  if (!hasEnded(subscription)) return;
  throw invalidRequest('A canceled subscription can only update its cancellation_details and metadata.');
}

/** "A subscription in this status can only have metadata and default_source updated", and what it may be paid with. */
function refuseIncomplete({ status }: Subscription, params: UpdateSubscriptionParams): void {
  if (status !== 'incomplete') return;
  const allowed = new Set([
    'cancellation_details',
    'default_payment_method',
    'description',
    'metadata',
    'payment_settings',
  ]);
  const refused = Object.keys(params).find((name) => !allowed.has(name));
  if (refused === undefined) return;
  throw invalidRequest(
    `You cannot update \`${refused}\` of a subscription whose first invoice is not paid yet. Pay its latest invoice first.`,
    refused,
  );
}

/** What is said about the end of a subscription, as a request wants it. */
export function applyDetails(
  current: Cancellation,
  details: CancelSubscriptionParams['cancellation_details'],
): Cancellation {
  const { comment = current.comment, feedback = current.feedback } = details ?? {};
  return { ...current, comment, feedback };
}
