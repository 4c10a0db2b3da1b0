import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import { viewTaxRate } from '../catalog/tax_rate.view.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, type Expansion, NOTHING } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import { findSchedules } from './schedule.sql.ts';
import {
  type AddedItem,
  type PeriodEdge,
  type Phase,
  type PhaseDiscount,
  type PhaseItem,
  type PhaseSettings,
  phaseNow,
  type Schedule,
} from './schedule.ts';

/** The tax rates that schedules name, as their views, by id. */
type Rates = ReadonlyMap<string, ReturnType<typeof viewTaxRate>>;

/** The wire shapes of schedules, in their order; their tax rates are looked up together. */
export async function viewSchedules(context: Context, schedules: readonly Schedule[]) {
  const ids = schedules.flatMap(({ phases }) => phases.flatMap(ratesOf));
  const rates = await findTaxRates(context, [...new Set(ids)]);
  const views = new Map(rates.map((rate) => [rate.id, viewTaxRate(context, rate)]));
  return schedules.map((schedule) => viewOne(context, schedule, views));
}

export async function viewSchedule(context: Context, schedule: Schedule) {
  const [view] = await viewSchedules(context, [schedule]);
  if (view === undefined) throw new Error('one schedule has one view');
  return view;
}

function ratesOf({ defaultTaxRateIds, items, addedItems }: Phase): string[] {
  return [...defaultTaxRateIds, ...[...items, ...addedItems].flatMap(({ taxRateIds }) => taxRateIds)];
}

function viewOne(context: Context, schedule: Schedule, rates: Rates) {
  const current = phaseNow(schedule);
  const { billingModeUpdatedAt: updatedAt, canceledAt, completedAt, releasedAt } = schedule;
  return {
    id: schedule.id,
    object: 'subscription_schedule',
    application: null,
    billing_mode: {
      flexible: schedule.billingMode === 'flexible' ? { proration_discounts: schedule.prorationDiscounts } : null,
      type: schedule.billingMode,
      ...(updatedAt === null ? {} : { updated_at: toUnix(updatedAt) }),
    },
    canceled_at: canceledAt && toUnix(canceledAt),
    completed_at: completedAt && toUnix(completedAt),
    created: toUnix(schedule.createdAt),
    current_phase: current === undefined ? null : { end_date: toUnix(current.end), start_date: toUnix(current.start) },
    customer: schedule.customerId,
    customer_account: null,
    default_settings: viewDefaults(schedule.defaults),
    end_behavior: schedule.endBehavior,
    livemode: context.account.livemode,
    metadata: schedule.metadata,
    pause_schedules: [],
    phases: schedule.phases.map((phase) => viewPhase(phase, rates)),
    released_at: releasedAt && toUnix(releasedAt),
    released_subscription: schedule.releasedSubscriptionId,
    status: schedule.status,
    subscription: schedule.subscriptionId,
    test_clock: schedule.testClockId,
  };
}

const NO_AUTOMATIC_TAX = { disabled_reason: null, enabled: false, liability: null };

function viewDefaults(defaults: PhaseSettings) {
  return {
    application_fee_percent: null,
    automatic_tax: NO_AUTOMATIC_TAX,
    billing_cycle_anchor: defaults.billingCycleAnchor ?? 'automatic',
    billing_thresholds: viewThresholds(defaults.thresholds),
    collection_method: defaults.collectionMethod,
    default_payment_method: defaults.defaultPaymentMethodId,
    description: defaults.description,
    invoice_settings: viewInvoiceSettings(defaults, { type: 'self' }),
    on_behalf_of: null,
    transfer_data: null,
  };
}

function viewThresholds(thresholds: PhaseSettings['thresholds']) {
  if (thresholds === null) return null;
  const { amount, resetsAnchor } = thresholds;
  return { amount_gte: amount, reset_billing_cycle_anchor: resetsAnchor };
}

function viewInvoiceSettings({ daysUntilDue, invoiceSettings }: PhaseSettings, issuer: { type: 'self' } | null) {
  const { customFields, description, footer } = invoiceSettings;
  return {
    account_tax_ids: null,
    custom_fields: customFields,
    days_until_due: daysUntilDue,
    description,
    footer,
    issuer,
  };
}

/** What a phase says of its invoices; null: nothing. */
function viewPhaseInvoiceSettings(phase: PhaseSettings) {
  const { daysUntilDue, invoiceSettings } = phase;
  const isSaid = daysUntilDue !== null || Object.values(invoiceSettings).some((setting) => setting !== null);
  return isSaid ? viewInvoiceSettings(phase, null) : null;
}

function viewPhase(phase: Phase, rates: Rates) {
  return {
    add_invoice_items: phase.addedItems.map((item) => viewAddedItem(item, rates)),
    application_fee_percent: null,
    automatic_tax: NO_AUTOMATIC_TAX,
    billing_cycle_anchor: phase.billingCycleAnchor,
    billing_thresholds: viewThresholds(phase.thresholds),
    collection_method: phase.collectionMethod,
    currency: phase.currency,
    default_payment_method: phase.defaultPaymentMethodId,
    default_tax_rates: viewRates(phase.defaultTaxRateIds, rates),
    description: phase.description,
    discounts: phase.discounts.map(viewPhaseDiscount),
    end_date: toUnix(phase.end),
    invoice_settings: viewPhaseInvoiceSettings(phase),
    items: phase.items.map((item) => viewPhaseItem(item, rates)),
    metadata: phase.metadata,
    on_behalf_of: null,
    proration_behavior: phase.prorationBehavior,
    start_date: toUnix(phase.start),
    transfer_data: null,
    trial_end: phase.trialEnd && toUnix(phase.trialEnd),
  };
}

function viewRates(ids: readonly string[], rates: Rates) {
  return ids.flatMap((id) => rates.get(id) ?? []);
}

function viewPhaseDiscount(given: PhaseDiscount) {
  return {
    coupon: 'coupon' in given ? given.coupon : null,
    discount: 'discount' in given ? given.discount : null,
    promotion_code: 'promotionCode' in given ? given.promotionCode : null,
  };
}

/** A metered item has no `quantity`: its quantity is the usage. */
function viewPhaseItem(item: PhaseItem, rates: Rates) {
  const { priceId, quantity, taxRateIds, thresholdUsage, discounts, metadata } = item;
  return {
    billing_thresholds: thresholdUsage === null ? null : { usage_gte: thresholdUsage },
    discounts: discounts.map(viewPhaseDiscount),
    metadata,
    plan: priceId,
    price: priceId,
    ...(quantity === null ? {} : { quantity }),
    tax_rates: viewRates(taxRateIds, rates),
  };
}

function viewAddedItem(item: AddedItem, rates: Rates) {
  const { priceId, quantity, discountable, taxRateIds, discounts, metadata, period } = item;
  return {
    discountable,
    discounts: discounts.map(viewPhaseDiscount),
    metadata,
    period: { end: viewEdge(period.end), start: viewEdge(period.start) },
    price: priceId,
    quantity,
    tax_rates: viewRates(taxRateIds, rates),
  };
}

function viewEdge({ type, at }: PeriodEdge<string>) {
  return { ...(at === null ? {} : { timestamp: toUnix(at) }), type };
}

const DISCOUNTS: Expansion = {
  hash: { coupon: { id: 'coupon' }, discount: { id: 'discount' }, promotion_code: { id: 'promotion_code' } },
};
const INVOICE_SETTINGS: Expansion = { hash: { account_tax_ids: NOTHING, issuer: { hash: { account: NOTHING } } } };
const PARTIES = {
  automatic_tax: { hash: { liability: { hash: { account: NOTHING } } } },
  default_payment_method: { id: 'payment_method' },
  invoice_settings: INVOICE_SETTINGS,
  on_behalf_of: NOTHING,
  transfer_data: { hash: { destination: NOTHING } },
} as const satisfies Record<string, Expansion>;

export const scheduleExpandable: Expandable = {
  fields: {
    application: NOTHING,
    customer: { id: 'customer' },
    default_settings: { hash: PARTIES },
    phases: {
      hash: {
        ...PARTIES,
        add_invoice_items: { hash: { discounts: DISCOUNTS, price: { id: 'price' } } },
        discounts: DISCOUNTS,
        items: { hash: { discounts: DISCOUNTS, plan: { id: 'plan' }, price: { id: 'price' } } },
      },
    },
    subscription: { id: 'subscription' },
    test_clock: { id: 'test_helpers.test_clock' },
  },
  async load(context, ids) {
    const views = await viewSchedules(context, await findSchedules(context, ids));
    return new Map(views.map((view) => [view.id, view]));
  },
};
