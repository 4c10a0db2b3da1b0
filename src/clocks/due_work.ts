import { FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS } from '../limits.ts';

/**
 * The kinds of work that wait for their time, with their order at one instant: a subscription enters a phase before
 * anything is billed by it, a change that was not paid is given up before that, a trial ends before the period after it, what ends with its period is not renewed, a period ends
 * before a draft is finalized, what is finalized is collected, and only what was not paid then is past due.
 */
export const DUE_RANKS = {
  tell_upcoming: 4,
  trial_will_end: 6,
  expire_pending_update: 7,
  tell_schedule_expiring: 8,
  advance_schedule: 9,
  end_trial: 10,
  resume_collection: 14,
  cancel_subscription: 16,
  expire_resumption: 18,
  renew_subscription: 20,
  bill_pending_items: 22,
  expire_incomplete: 24,
  finalize_invoice: 30,
  collect_invoice: 40,
  mark_past_due: 45,
  end_overdue: 46,
  check_thresholds: 50,
  give_back: 60,
} as const;

export type DueKind = keyof typeof DUE_RANKS;

/** Something that is to be done with an object when its time has come, once for each kind. */
export type DueWork = {
  readonly kind: DueKind;
  readonly objectId: string;
  readonly customerId: string;
  /** Whose time `dueAt` is meant in; null: wall time. */
  readonly testClockId: string | null;
  readonly dueAt: Temporal.Instant;
};

/** When work that failed so many times is tried again. */
export function nextAttempt(failures: number, now: Temporal.Instant): Temporal.Instant {
  const seconds = FIRST_RETRY_SECONDS * 2 ** Math.min(failures - 1, 20);
  return now.add({ seconds: Math.min(seconds, LAST_RETRY_SECONDS) });
}
