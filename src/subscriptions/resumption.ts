import { decimal, formatDecimal } from '../money/decimal.ts';
import type { BeforeResume, Subscription } from './subscription.ts';

/** What a resume may change of when a subscription is billed; pure. */
export function timesOf(subscription: Subscription): BeforeResume {
  const { anchorConfig, billingCycleAnchor, cancelAt, freeUntil } = subscription;
  const items = subscription.items.map(({ id, currentPeriod, usageStartAt, billedUsage }) => {
    return { id, currentPeriod, usageStartAt, billedUsage };
  });
  return { anchorConfig, billingCycleAnchor, cancelAt, freeUntil, items };
}

/** A subscription whose resume has come to nothing: still paused, and billed as if nobody had asked; pure. */
export function withoutResumption(subscription: Subscription): Subscription {
  const before = subscription.resumption?.before;
  if (!before) return { ...subscription, resumption: null };
  const { items: times, cancelAt, ...own } = before;
  const timesById = new Map(times.map((one) => [one.id, one]));
  return {
    ...subscription,
    ...own,
    // What somebody has asked of its end meanwhile stays.
    cancelAt: subscription.cancelAtPeriodEnd ? cancelAt : subscription.cancelAt,
    items: subscription.items.map((item) => ({ ...item, ...timesById.get(item.id) })),
    resumption: null,
  };
}

/** As jsonb holds it: instants and usage are text. */
type Kept = {
  readonly anchorConfig: BeforeResume['anchorConfig'];
  readonly billingCycleAnchor: string;
  readonly cancelAt: string | null;
  readonly freeUntil: string | null;
  readonly items: readonly {
    readonly id: string;
    readonly currentPeriod: { readonly start: string; readonly end: string };
    readonly usageStartAt: string | null;
    readonly billedUsage: string;
  }[];
};

export function keptBefore(before: BeforeResume | null): string | null {
  if (before === null) return null;
  const items = before.items.map((item) => ({ ...item, billedUsage: formatDecimal(item.billedUsage) }));
  return JSON.stringify({ ...before, items });
}

export function toBefore(kept: unknown): BeforeResume | null {
  if (kept === null) return null;
  const { anchorConfig, billingCycleAnchor, cancelAt, freeUntil, items } = kept as Kept;
  return {
    anchorConfig,
    billingCycleAnchor: Temporal.Instant.from(billingCycleAnchor),
    cancelAt: instantOf(cancelAt),
    freeUntil: instantOf(freeUntil),
    items: items.map(({ id, currentPeriod: { start, end }, usageStartAt, billedUsage }) => ({
      id,
      currentPeriod: { start: Temporal.Instant.from(start), end: Temporal.Instant.from(end) },
      usageStartAt: instantOf(usageStartAt),
      billedUsage: decimal(billedUsage),
    })),
  };
}

function instantOf(text: string | null): Temporal.Instant | null {
  return text === null ? null : Temporal.Instant.from(text);
}
