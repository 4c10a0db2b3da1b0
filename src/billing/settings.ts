import { recurrenceOf } from '../catalog/price.ts';
import { DEFAULT_RETRY_DAYS, DRAFT_HOURS } from '../limits.ts';
import type { EndAction } from '../subscriptions/standing.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { Interval } from '../time/period.ts';

/** How an account wants its invoices made and collected. The defaults are the original's rules. */
export type BillingSettings = {
  /** Hours for which a draft follows late usage before it is finalized. */
  readonly draftHours: number;
  /** What becomes of usage that comes after the invoice of its period is final. */
  readonly lateUsage: LateUsagePolicy;
  /** Days from each failed attempt to pay an invoice to the next: as many as there are retries. */
  readonly retryDays: readonly number[];
  /** What becomes of a subscription when the last of them has failed. */
  readonly afterRetries: EndAction;
  /** Days after the due date of a sent invoice after which something becomes of its subscription; null: nothing does. */
  readonly overdueDays: number | null;
  readonly afterOverdue: EndAction;
  /** What becomes of an invoice itself when its last retry has failed: it stays open, or is given up. */
  readonly invoiceAfterRetries: 'open' | 'uncollectible';
  /** Days before an invoice of a subscription at which it is told of; null: it is not. */
  readonly upcomingDays: number | null;
};

/** It is billed by no invoice, as by the original; or by the next one of its subscription, on a line of its own. */
export type LateUsagePolicy = 'drop' | 'next_invoice';

export const DEFAULT_BILLING_SETTINGS: BillingSettings = {
  draftHours: DRAFT_HOURS,
  lateUsage: 'drop',
  retryDays: DEFAULT_RETRY_DAYS,
  afterRetries: 'past_due',
  overdueDays: null,
  afterOverdue: 'past_due',
  invoiceAfterRetries: 'open',
  upcomingDays: null,
};

/** The shortest that there are. */
const HOURS_OF: Readonly<Record<Interval, number>> = { day: 24, week: 7 * 24, month: 28 * 24, year: 365 * 24 };

/**
 * The hours for drafts of a subscription: shorter than its shortest interval, so that drafts never overtake each other. A
 * period that is cut short, as by the end of the subscription, leaves as much time for late usage as any other.
 */
export function draftHoursOf(
  { draftHours }: Pick<BillingSettings, 'draftHours'>,
  { items }: Pick<Subscription, 'items'>,
): number {
  const lengths = items.flatMap(({ price }) => {
    const recurrence = recurrenceOf(price);
    return recurrence === null ? [] : [HOURS_OF[recurrence.interval] * recurrence.intervalCount];
  });
  return Math.min(draftHours, ...lengths.map((hours) => hours - 1));
}
