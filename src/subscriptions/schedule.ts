import type { Metadata } from '../stripe/metadata.ts';
import { type Period, periodAfter, periodContaining, type Recurrence } from '../time/period.ts';
import { type InvoiceSettings, NO_INVOICE_SETTINGS } from './invoice_settings.ts';
import type { Subscription } from './subscription.ts';

export type ProrationBehavior = 'always_invoice' | 'create_prorations' | 'none';

/** A discount that a phase brings: a coupon or a code to redeem when it begins, or a discount that is there already. */
export type PhaseDiscount =
  | { readonly coupon: string }
  | { readonly discount: string }
  | { readonly promotionCode: string };

export type PhaseItem = {
  /** Recurring. */
  readonly priceId: string;
  /** Null for a metered price. */
  readonly quantity: bigint | null;
  readonly taxRateIds: readonly string[];
  /** Usage at which it is invoiced before its period ends; null: it is not, as nothing licensed is. */
  readonly thresholdUsage: bigint | null;
  readonly discounts: readonly PhaseDiscount[];
  /** An empty value takes the key away from the item. */
  readonly metadata: Metadata;
};

/** An end of a period: a time, or what it is taken from when the phase begins. */
export type PeriodEdge<Word extends string> = {
  readonly type: Word | 'timestamp';
  /** Set exactly where the type says so. */
  readonly at: Temporal.Instant | null;
};

/** What a charge that is made once is for. */
export type AddedPeriod = {
  readonly start: PeriodEdge<'max_item_period_start' | 'phase_start'>;
  readonly end: PeriodEdge<'min_item_period_end' | 'phase_end'>;
};

/** The period that all items have in common: what is charged once is for that unless told otherwise, as the reference says. */
export const WHOLE_PERIOD: AddedPeriod = {
  start: { type: 'max_item_period_start', at: null },
  end: { type: 'min_item_period_end', at: null },
};

/** Charged once, with the next invoice after a phase has begun. */
export type AddedItem = {
  /** Of one time. */
  readonly priceId: string;
  readonly quantity: bigint;
  readonly period: AddedPeriod;
  readonly discountable: boolean | null;
  readonly taxRateIds: readonly string[];
  readonly discounts: readonly PhaseDiscount[];
  readonly metadata: Metadata;
};

/** How a phase is invoiced; null: as by default. */
export type PhaseSettings = {
  readonly collectionMethod: Subscription['collectionMethod'] | null;
  readonly daysUntilDue: number | null;
  readonly defaultPaymentMethodId: string | null;
  readonly description: string | null;
  readonly billingCycleAnchor: 'automatic' | 'phase_start' | null;
  readonly thresholds: Subscription['thresholds'];
  /** Each by itself. */
  readonly invoiceSettings: InvoiceSettings;
};

/** What nothing is said of. */
export const NO_SETTINGS: PhaseSettings = {
  collectionMethod: null,
  daysUntilDue: null,
  defaultPaymentMethodId: null,
  description: null,
  billingCycleAnchor: null,
  thresholds: null,
  invoiceSettings: NO_INVOICE_SETTINGS,
};

/** What a subscription is for a time. Half-open, as a period: `start` is inside, `end` is not. */
export type Phase = PhaseSettings & {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
  /** How long it was asked to last; null: until a date. */
  readonly duration: Recurrence | null;
  readonly currency: string;
  /** 1 to 20. */
  readonly items: readonly PhaseItem[];
  readonly addedItems: readonly AddedItem[];
  readonly defaultTaxRateIds: readonly string[];
  readonly discounts: readonly PhaseDiscount[];
  /** An empty value takes the key away from the subscription. */
  readonly metadata: Metadata;
  /** Of the change from what was before. */
  readonly prorationBehavior: ProrationBehavior;
  /** Null: nothing of it is a trial. */
  readonly trialEnd: Temporal.Instant | null;
};

export type Schedule = {
  readonly id: string;
  readonly customerId: string;
  readonly testClockId: string | null;
  readonly status: 'active' | 'canceled' | 'completed' | 'not_started' | 'released';
  readonly billingMode: Subscription['billingMode'];
  readonly prorationDiscounts: Subscription['prorationDiscounts'];
  readonly billingModeUpdatedAt: Temporal.Instant | null;
  readonly endBehavior: 'cancel' | 'none' | 'release' | 'renew';
  readonly defaults: PhaseSettings;
  /** In their order, those that are over included; each begins where the one before it ends. */
  readonly phases: readonly Phase[];
  /** Which phase the subscription is in; set exactly while the schedule is active. */
  readonly currentPhase: number | null;
  readonly metadata: Metadata;
  /** What it makes of its phases; null before it starts, and once it has let go of it. */
  readonly subscriptionId: string | null;
  readonly releasedSubscriptionId: string | null;
  readonly canceledAt: Temporal.Instant | null;
  readonly completedAt: Temporal.Instant | null;
  readonly releasedAt: Temporal.Instant | null;
  readonly createdAt: Temporal.Instant;
};

/** What is told ahead of a schedule's end. Stripe's figure. */
const EXPIRING_DAYS = 7;

/** What a schedule has of these fields when it is made. */
export const PLAIN_SCHEDULE = {
  billingModeUpdatedAt: null,
  releasedSubscriptionId: null,
  canceledAt: null,
  completedAt: null,
  releasedAt: null,
} as const satisfies Partial<Schedule>;

/** True while it still has something to do. */
export function isUnderWay({ status }: Pick<Schedule, 'status'>): boolean {
  return status === 'not_started' || status === 'active';
}

export function phaseNow({ phases, currentPhase }: Schedule): Phase | undefined {
  return currentPhase === null ? undefined : phases[currentPhase];
}

/** When the schedule has done what it is there for. */
export function endOf({ phases }: Pick<Schedule, 'phases'>): Temporal.Instant {
  const last = phases.at(-1);
  if (last === undefined) throw new Error('a schedule has at least one phase');
  return last.end;
}

/** When the next phase begins, or the first, or the last is over; null: there is nothing more to come. */
export function nextStepAt(schedule: Schedule): Temporal.Instant | null {
  if (schedule.status === 'not_started') return schedule.phases[0]?.start ?? null;
  return phaseNow(schedule)?.end ?? null;
}

/** When `subscription_schedule.expiring` is due; null: it never is, or was told before. */
export function expiringAt(schedule: Schedule): Temporal.Instant | null {
  if (!isUnderWay(schedule) || schedule.endBehavior === 'renew') return null;
  return endOf(schedule).subtract({ hours: EXPIRING_DAYS * 24 });
}

/**
 * Where a phase that lasts so long ends. What starts with a billing period ends with one, counted from the anchor: from
 * January 31 three months lead to April 30, and three more to July 31.
 */
export function endAfter(start: Temporal.Instant, { interval, intervalCount }: Recurrence, anchor: Temporal.Instant) {
  const unit = { interval, intervalCount: 1 };
  let period = periodContaining(anchor, unit, start);
  if (!period.start.equals(start)) return periodContaining(start, { interval, intervalCount }, start).end;
  for (let count = 1; count < intervalCount; count++) period = periodAfter(anchor, unit, period);
  return period.end;
}

/** The settings of a phase where defaults stand in for what it does not say. */
export function settingsOf({ defaults }: Pick<Schedule, 'defaults'>, phase: PhaseSettings): PhaseSettings {
  const ownMethod = phase.collectionMethod !== null;
  return {
    collectionMethod: phase.collectionMethod ?? defaults.collectionMethod,
    daysUntilDue:
      phase.daysUntilDue ??
      (ownMethod && phase.collectionMethod !== defaults.collectionMethod ? null : defaults.daysUntilDue),
    defaultPaymentMethodId: phase.defaultPaymentMethodId ?? defaults.defaultPaymentMethodId,
    description: phase.description ?? defaults.description,
    billingCycleAnchor: phase.billingCycleAnchor ?? defaults.billingCycleAnchor,
    thresholds: phase.thresholds ?? defaults.thresholds,
    invoiceSettings: {
      customFields: phase.invoiceSettings.customFields ?? defaults.invoiceSettings.customFields,
      description: phase.invoiceSettings.description ?? defaults.invoiceSettings.description,
      footer: phase.invoiceSettings.footer ?? defaults.invoiceSettings.footer,
    },
  };
}

/** What a charge of a phase is for, where all items have that period in common; it never ends before it starts. */
export function addedPeriod({ start, end }: AddedPeriod, phase: Pick<Phase, 'start' | 'end'>, current: Period): Period {
  const startAt = start.at ?? (start.type === 'phase_start' ? phase.start : current.start);
  const endAt = end.at ?? (end.type === 'phase_end' ? phase.end : current.end);
  return { start: startAt, end: Temporal.Instant.compare(endAt, startAt) < 0 ? startAt : endAt };
}

/** A schedule at whose end the last phase begins anew: as long as it was asked to last, or as long as it was. */
export function renewedPhases({ phases }: Schedule): Phase[] {
  const [first] = phases;
  const last = phases.at(-1);
  if (first === undefined || last === undefined) throw new Error('a schedule has at least one phase');
  const { end: start, duration } = last;
  const end = duration === null ? start.add(last.start.until(start)) : endAfter(start, duration, first.start);
  return [...phases, { ...last, start, end, trialEnd: null }];
}

/** The phase in two, of which the second begins then; anew it would last as long as both together. */
export function splitPhase(phase: Phase, at: Temporal.Instant): [Phase, Phase] {
  return [
    { ...phase, end: at, duration: null },
    { ...phase, start: at, duration: phase.duration ?? wholeDays(phase) },
  ];
}

function wholeDays({ start, end }: Phase): Recurrence | null {
  const days = start.until(end).total('hours') / 24;
  return Number.isInteger(days) ? { interval: 'day', intervalCount: days } : null;
}
