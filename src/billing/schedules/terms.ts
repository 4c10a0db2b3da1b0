import { recurrenceOf } from '../../catalog/price.ts';
import { findPrices } from '../../catalog/price.sql.ts';
import type { Customer } from '../../customers/customer.ts';
import type { Context } from '../../stripe/context.ts';
import { newId } from '../../stripe/ids.ts';
import { changeMetadata } from '../../stripe/metadata.ts';
import { changeDiscounts, changeItemDiscounts } from '../../subscriptions/discounts.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import { type Phase, phaseNow, type Schedule, settingsOf } from '../../subscriptions/schedule.ts';
import { PLAIN_ITEM, type Subscription, type SubscriptionItem } from '../../subscriptions/subscription.ts';
import { attachedMethod, endingOf, findRates, metadataChange, redeemable } from './phase.ts';

/** A phase that begins: its schedule as it is then, and the subscription as it was before; both are locked. */
export type Entering = {
  readonly customer: Customer;
  readonly subscription: Subscription;
  readonly schedule: Schedule;
};

/**
 * The subscription as a phase wants it, with the discounts of the phase, which are redeemed by that; those of the phase
 * before leave it.
 */
export async function inPhase(context: Context, entering: Entering): Promise<Subscription> {
  const phase = phaseNow(entering.schedule);
  if (phase === undefined) throw new Error('an active schedule is in a phase');
  return await withDiscounts(context, await planPhase(context, entering, phase), phase);
}

/**
 * The same with the discounts that it has; nothing is written. An item keeps its id where its price stays. What is new is
 * in the current period, until somebody gives it another.
 */
export async function planPhase(
  context: Context,
  { subscription, schedule }: Pick<Entering, 'subscription' | 'schedule'>,
  phase: Phase,
): Promise<Subscription> {
  const settings = settingsOf(schedule, phase);
  const { collectionMethod, daysUntilDue, defaultPaymentMethodId, description, thresholds, invoiceSettings } = settings;
  const method = collectionMethod ?? 'charge_automatically';
  return {
    ...endingOf(schedule, subscription, context.now),
    collectionMethod: method,
    daysUntilDue: method === 'send_invoice' ? daysUntilDue : null,
    defaultPaymentMethodId: await attachedMethod(context, subscription.customerId, defaultPaymentMethodId),
    description,
    thresholds,
    invoiceSettings,
    defaultTaxRates: await findRates(context, phase.defaultTaxRateIds),
    metadata: changeMetadata(subscription.metadata, metadataChange(phase.metadata)),
    items: await itemsIn(context, subscription, phase),
  };
}

async function itemsIn(context: Context, subscription: Subscription, phase: Phase): Promise<SubscriptionItem[]> {
  const prices = await findPrices(
    context,
    phase.items.map(({ priceId }) => priceId),
  );
  const byId = new Map(prices.map((price) => [price.id, price]));
  const period = currentPeriod(subscription);
  const items: SubscriptionItem[] = [];
  for (const { priceId, quantity, taxRateIds, thresholdUsage, metadata } of phase.items) {
    const price = byId.get(priceId);
    if (price === undefined) throw new Error(`the price ${priceId} does not exist`);
    const old = subscription.items.find((item) => item.price.id === priceId);
    const fresh = { ...PLAIN_ITEM, id: newId('subscriptionItem'), subscriptionId: subscription.id, metadata: {} };
    items.push({
      ...(old ?? { ...fresh, currentPeriod: period, createdAt: context.now }),
      price,
      quantity,
      thresholdUsage,
      taxRates: await findRates(context, taxRateIds),
      metadata: changeMetadata(old?.metadata ?? {}, metadataChange(metadata)),
    });
  }
  // In the order in which subscriptions have them: oldest first.
  return items.toSorted((a, b) => Temporal.Instant.compare(a.createdAt, b.createdAt) || (a.id < b.id ? -1 : 1));
}

async function withDiscounts(context: Context, subscription: Subscription, phase: Phase): Promise<Subscription> {
  const own = await redeemable(context, subscription, phase.discounts, subscription.discountIds);
  const discounted = await changeDiscounts(context, subscription, own, null);
  const items: SubscriptionItem[] = [];
  for (const item of discounted.items) {
    const wanted = phase.items.find(({ priceId }) => priceId === item.price.id)?.discounts ?? [];
    const ofItem = await redeemable(context, subscription, wanted, item.discountIds);
    items.push(await changeItemDiscounts(context, discounted, item, ofItem, null, 'discounts'));
  }
  return { ...discounted, items };
}

/** Whether a phase moves the billing cycle to its start: because it says so, or because nothing recurs as it did before. */
export function movesAnchor(
  { now }: Pick<Context, 'now'>,
  { subscription, schedule }: Entering,
  wanted: Pick<Subscription, 'items'>,
): boolean {
  const phase = phaseNow(schedule);
  const isAsked = phase !== undefined && settingsOf(schedule, phase).billingCycleAnchor === 'phase_start';
  if (isAsked && phase.start.equals(now)) return true;
  const before = new Set(subscription.items.map(recursAs));
  return !wanted.items.some((item) => before.has(recursAs(item)));
}

function recursAs({ price }: SubscriptionItem): string {
  const recurrence = recurrenceOf(price);
  return `${recurrence?.intervalCount} ${recurrence?.interval}`;
}
