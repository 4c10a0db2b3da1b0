import type { Selectable } from 'kysely';
import type { Subscriptions } from '../db/tables.generated.ts';
import { keptBefore, toBefore } from './resumption.ts';
import type { AnchorConfig, Subscription } from './subscription.ts';

/** What a row tells of the time of a subscription: anchor, trial, thresholds, pauses and what is pending. */
export function toTiming(row: Selectable<Subscriptions>) {
  return {
    billingCycleAnchor: row.billing_cycle_anchor,
    anchorConfig: row.billing_cycle_anchor_config as AnchorConfig | null,
    thresholds: toThresholds(row),
    trial:
      row.trial_start_at === null || row.trial_end_at === null
        ? null
        : { start: row.trial_start_at, end: row.trial_end_at },
    trialSettings: {
      missingPaymentMethod: row.trial_missing_payment_method ?? 'create_invoice',
      billingCycleAnchor: row.trial_end_anchor,
    },
    trialNoticeAt: row.trial_notice_at,
    freeUntil: row.free_until_at,
    ...toPauses(row),
    pendingItemInterval:
      row.pending_item_interval === null
        ? null
        : { interval: row.pending_item_interval, intervalCount: row.pending_item_interval_count ?? 1 },
    pendingItemsDueAt: row.pending_items_due_at,
  };
}

function toThresholds({ threshold_amount: amount, threshold_resets_anchor: resetsAnchor }: Selectable<Subscriptions>) {
  return amount === null && resetsAnchor === null ? null : { amount, resetsAnchor };
}

function toPauses(row: Selectable<Subscriptions>) {
  return {
    pauseCollection:
      row.pause_collection_behavior === null
        ? null
        : { behavior: row.pause_collection_behavior, resumesAt: row.pause_collection_resumes_at },
    pause: row.paused_at === null || row.pause_reason === null ? null : { at: row.paused_at, reason: row.pause_reason },
    resumption: toResumption(row),
  };
}

function toResumption(row: Selectable<Subscriptions>): Subscription['resumption'] {
  const { resumption_invoice_id: invoiceId, resumption_expires_at: expiresAt, resumption_waits_for: waitsFor } = row;
  if (invoiceId === null || expiresAt === null || waitsFor === null) return null;
  return { invoiceId, expiresAt, waitsFor, before: toBefore(row.resumption_before) };
}

/** The columns that `toTiming` reads. */
export function fromTiming(subscription: Subscription) {
  const { anchorConfig, thresholds, trial, trialSettings, pendingItemInterval } = subscription;
  return {
    billing_cycle_anchor: subscription.billingCycleAnchor,
    billing_cycle_anchor_config: anchorConfig && JSON.stringify(anchorConfig),
    threshold_amount: thresholds?.amount ?? null,
    threshold_resets_anchor: thresholds?.resetsAnchor ?? null,
    trial_start_at: trial?.start ?? null,
    trial_end_at: trial?.end ?? null,
    trial_end_anchor: trialSettings.billingCycleAnchor,
    trial_missing_payment_method: trialSettings.missingPaymentMethod,
    trial_notice_at: subscription.trialNoticeAt,
    free_until_at: subscription.freeUntil,
    ...fromPauses(subscription),
    pending_item_interval: pendingItemInterval?.interval ?? null,
    pending_item_interval_count: pendingItemInterval?.intervalCount ?? null,
    pending_items_due_at: subscription.pendingItemsDueAt,
  };
}

function fromPauses({ status, pauseCollection, ...held }: Subscription) {
  return {
    pause_collection_behavior: pauseCollection?.behavior ?? null,
    pause_collection_resumes_at: pauseCollection?.resumesAt ?? null,
    // Whatever ends a pause need not mention it.
    ...fromPause(status === 'paused' ? held : { pause: null, resumption: null }),
  };
}

function fromPause({ pause, resumption }: Pick<Subscription, 'pause' | 'resumption'>) {
  return {
    paused_at: pause?.at ?? null,
    pause_reason: pause?.reason ?? null,
    resumption_invoice_id: resumption?.invoiceId ?? null,
    resumption_expires_at: resumption?.expiresAt ?? null,
    resumption_waits_for: resumption?.waitsFor ?? null,
    resumption_before: keptBefore(resumption?.before ?? null),
  };
}
