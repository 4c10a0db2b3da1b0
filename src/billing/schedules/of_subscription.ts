import type { Context } from '../../stripe/context.ts';
import { invalidRequest } from '../../stripe/errors.ts';
import { newId } from '../../stripe/ids.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import { type Phase, PLAIN_SCHEDULE, type Schedule } from '../../subscriptions/schedule.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';

/**
 * The schedule of a subscription as it is: one phase, which lasts as long as the current period; pure. One that is to end
 * makes a schedule that ends it then. Throws for one that has a schedule or has ended.
 */
export function scheduleOf({ now }: Pick<Context, 'now'>, subscription: Subscription): Schedule {
  if (subscription.scheduleId !== null) {
    throw invalidRequest(
      `You cannot migrate a subscription that is already attached to a schedule: \`${subscription.id}\`.`,
      'from_subscription',
    );
  }
  if (!CAN_FOLLOW.has(subscription.status)) {
    throw invalidRequest(
      `You cannot migrate a subscription that is \`${subscription.status}\` to a schedule.`,
      'from_subscription',
    );
  }
  return {
    ...PLAIN_SCHEDULE,
    id: newId('subscriptionSchedule'),
    customerId: subscription.customerId,
    testClockId: subscription.testClockId,
    status: 'active',
    billingMode: subscription.billingMode,
    prorationDiscounts: subscription.prorationDiscounts,
    billingModeUpdatedAt: subscription.billingModeUpdatedAt,
    endBehavior: subscription.cancelAt === null ? 'release' : 'cancel',
    defaults: {
      collectionMethod: subscription.collectionMethod,
      daysUntilDue: subscription.daysUntilDue,
      defaultPaymentMethodId: subscription.defaultPaymentMethodId,
      description: subscription.description,
      billingCycleAnchor: 'automatic',
      thresholds: subscription.thresholds,
      invoiceSettings: subscription.invoiceSettings,
    },
    phases: [phaseOf(subscription)],
    currentPhase: 0,
    metadata: {},
    subscriptionId: subscription.id,
    createdAt: now,
  };
}

/** Those that bill, and go on by themselves. */
const CAN_FOLLOW: ReadonlySet<Subscription['status']> = new Set(['active', 'trialing', 'past_due', 'unpaid']);

/** The phase that a subscription is in without any schedule. */
function phaseOf(subscription: Subscription): Phase {
  const { start, end } = currentPeriod(subscription);
  const { trial } = subscription;
  return {
    start,
    end: subscription.cancelAt ?? end,
    duration: null,
    collectionMethod: subscription.collectionMethod,
    daysUntilDue: subscription.daysUntilDue,
    defaultPaymentMethodId: subscription.defaultPaymentMethodId,
    description: subscription.description,
    billingCycleAnchor: null,
    thresholds: subscription.thresholds,
    invoiceSettings: subscription.invoiceSettings,
    currency: subscription.currency,
    items: subscription.items.map((item) => ({
      priceId: item.price.id,
      quantity: item.quantity,
      taxRateIds: item.taxRates.map(({ id }) => id),
      thresholdUsage: item.thresholdUsage,
      discounts: item.discountIds.map((discount) => ({ discount })),
      metadata: item.metadata,
    })),
    addedItems: [],
    defaultTaxRateIds: subscription.defaultTaxRates.map(({ id }) => id),
    discounts: subscription.discountIds.map((discount) => ({ discount })),
    metadata: {},
    prorationBehavior: 'create_prorations',
    trialEnd: subscription.status === 'trialing' ? (trial?.end ?? null) : null,
  };
}
