import type { Customer } from '../../customers/customer.ts';
import { takeOnCurrency } from '../../customers/write.ts';
import { asInvoice } from '../../invoices/draft.ts';
import type { WholeInvoice } from '../../invoices/invoice.ts';
import { findTaxFacts } from '../../invoices/tax_facts.sql.ts';
import type { Context } from '../../stripe/context.ts';
import { endDiscounts } from '../../subscriptions/change.ts';
import { type PreparedSubscription, prepareSubscription, storeSubscription } from '../../subscriptions/create.ts';
import { firstAmountOf, inheritDiscounts, startDiscounts } from '../../subscriptions/discounts.ts';
import { type Phase, type Schedule, settingsOf } from '../../subscriptions/schedule.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import { keepSchedule, storeSchedule } from '../../subscriptions/schedule_keep.ts';
import type { PricedSubscriptionParams } from '../../subscriptions/subscription.params.ts';
import type { Subscription, SubscriptionItem } from '../../subscriptions/subscription.ts';
import { countingUnbilled } from '../counting.ts';
import { firstDraft } from '../first_draft.ts';
import { createWithPending, withPending } from '../pending_items.ts';
import { addPhaseItems, attachedMethod, endingOf, findRates, metadataChange, redeemable } from './phase.ts';
import { findBillingSettings } from '../settings.sql.ts';
import { draftHoursOf } from '../settings.ts';
import { watchSubscription } from '../watch_usage.ts';

/**
 * Begins the subscription of a schedule with its first phase, and stores the schedule as active: a new one, or one that
 * waited, which is stored as `before`. The first invoice stays a draft for as long as every draft, also where it is charged. Tells of the schedule,
 * then of the subscription, then of its invoice. Throws for what can't be subscribed to. The customer must be locked.
 */
export async function beginSchedule(
  context: Context,
  customer: Customer,
  schedule: Schedule,
  { before }: { readonly before: Schedule | null },
): Promise<Schedule> {
  const [phase] = schedule.phases;
  if (phase === undefined) throw new Error('a schedule has at least one phase');
  const params = await paramsOf(context, schedule, phase);
  const prepared = await prepareSubscription(context, customer, params, { isScheduled: true });
  const { thresholds, invoiceSettings } = settingsOf(schedule, phase);
  const taxed = await withTerms(context, { ...prepared.subscription, thresholds, invoiceSettings }, phase);
  const ending = { ...endingOf(schedule, taxed, context.now), scheduleId: schedule.id };
  const planned = await countingUnbilled(context, null, ending);
  const paying = await takeOnCurrency(context, customer, planned.currency);
  const begun: Schedule = {
    ...schedule,
    status: 'active',
    currentPhase: 0,
    subscriptionId: planned.id,
    billingMode: planned.billingMode,
  };
  if (before === null) await storeSchedule(context, begun);
  else await keepSchedule(context, before, begun);
  await beginSubscription(
    context,
    { ...prepared, customer: paying, subscription: planned },
    { phase, params, hasWaited: before !== null },
  );
  return begun;
}

type Begun = {
  readonly phase: Phase;
  readonly params: PricedSubscriptionParams;
  /** Nobody asks for it now who could be told what can't be redeemed. */
  readonly hasWaited: boolean;
};

async function beginSubscription(
  context: Context,
  prepared: PreparedSubscription,
  { phase, params, hasWaited }: Begun,
): Promise<void> {
  const { customer, subscription: planned } = prepared;
  await addPhaseItems(context, planned, phase, currentPeriod(planned));
  const draftHours = draftHoursOf(await findBillingSettings(context), planned);
  const taxFacts = await findTaxFacts(context, customer.id);
  const draft = await firstDraft(context, { ...prepared, taxFacts, draftHours });
  const billed = draft && (await withPending(context, asInvoice(draft)));
  const wanted = hasWaited ? await affordable(context, planned, phase, params, billed?.whole) : params;
  const started = await startDiscounts(context, planned, wanted, billed?.whole);
  const inherited = billed && (await inheritDiscounts(context, started, billed.whole));
  const subscription: Subscription = { ...started, latestInvoiceId: inherited?.whole.invoice.id ?? null };
  await storeSubscription(context, subscription);
  await watchSubscription(context, subscription);
  if (billed === undefined || inherited === undefined) return;
  await createWithPending(context, { ...billed, whole: inherited.whole });
  await endDiscounts(context, subscription, inherited.ended);
}

/** The same without the discounts that ask for more than the first invoice comes to. */
async function affordable(
  context: Context,
  planned: Subscription,
  phase: Phase,
  params: PricedSubscriptionParams,
  first: WholeInvoice | undefined,
): Promise<PricedSubscriptionParams> {
  const { customerId, currency } = planned;
  const amountOf = (amount: bigint | null | undefined) => ({ customerId, currency, amount: amount ?? null });
  const items: PricedSubscriptionParams['items'][number][] = [];
  for (const [index, item] of params.items.entries()) {
    const own = planned.items[index];
    const target = amountOf(own && firstAmountOf(own, first));
    items.push({ ...item, discounts: await redeemable(context, target, phase.items[index]?.discounts ?? []) });
  }
  const discounts = await redeemable(context, amountOf(first?.invoice.subtotal), phase.discounts);
  return { ...params, items, discounts };
}

/** The phase in the words of a request for a subscription. */
async function paramsOf(context: Context, schedule: Schedule, phase: Phase): Promise<PricedSubscriptionParams> {
  const { customerId, billingMode } = schedule;
  const { collectionMethod, daysUntilDue, defaultPaymentMethodId, description } = settingsOf(schedule, phase);
  const methodId = await attachedMethod(context, customerId, defaultPaymentMethodId);
  const target = { customerId, currency: phase.currency };
  const items: PricedSubscriptionParams['items'][number][] = [];
  for (const { priceId, quantity, metadata, discounts } of phase.items) {
    items.push({
      price: priceId,
      ...(quantity === null ? {} : { quantity }),
      metadata: metadataChange(metadata),
      discounts: await redeemable(context, target, discounts),
    });
  }
  return {
    customer: customerId,
    items,
    currency: phase.currency,
    billing_mode: { type: billingMode },
    collection_method: collectionMethod ?? 'charge_automatically',
    ...(daysUntilDue === null ? {} : { days_until_due: daysUntilDue }),
    ...(methodId === null ? {} : { default_payment_method: methodId }),
    ...(description === null ? {} : { description }),
    discounts: await redeemable(context, target, phase.discounts),
    ...(phase.trialEnd === null ? {} : { trial_end: phase.trialEnd }),
    metadata: metadataChange(phase.metadata),
  };
}

/** The subscription with the tax rates and thresholds of the phase, which were judged when it was planned. */
async function withTerms(context: Context, subscription: Subscription, phase: Phase): Promise<Subscription> {
  const items: SubscriptionItem[] = [];
  for (const [index, item] of subscription.items.entries()) {
    const { taxRateIds = [], thresholdUsage = null } = phase.items[index] ?? {};
    items.push({ ...item, thresholdUsage, taxRates: await findRates(context, taxRateIds) });
  }
  return { ...subscription, items, defaultTaxRates: await findRates(context, phase.defaultTaxRateIds) };
}
