import type Stripe from 'stripe';
import type { Params } from '../api/form.ts';
import { parseMoney } from '../ui/format.ts';

export type DraftItem = {
  /** Tells items apart while they have no price yet. */
  readonly key: number;
  readonly price: Stripe.Price | null;
  /** Of a licensed price: how many. */
  readonly quantity: number;
};

/** A subscription that is being put together. Dates are days, `2026-01-31`; amounts as they were typed. */
export type Draft = {
  readonly customer: string | null;
  readonly items: readonly DraftItem[];
  readonly trialDays: number;
  readonly collection: 'charge_automatically' | 'send_invoice';
  readonly daysUntilDue: number;
  readonly coupon: string | null;
  readonly mode: 'flexible' | 'classic';
  readonly thresholdAmount: string;
  readonly resetsAnchor: boolean;
  readonly startsOn: string | null;
  readonly anchorOn: string | null;
  readonly prorates: boolean;
};

export const NEW_DRAFT: Draft = {
  customer: null,
  items: [{ key: 0, price: null, quantity: 1 }],
  trialDays: 0,
  collection: 'charge_automatically',
  daysUntilDue: 30,
  coupon: null,
  mode: 'flexible',
  thresholdAmount: '',
  resetsAnchor: false,
  startsOn: null,
  anchorOn: null,
  prorates: true,
};

export function isMetered(price: Pick<Stripe.Price, 'recurring'> | null): boolean {
  return price?.recurring?.usage_type === 'metered';
}

/** The start of a day, in unix seconds. */
export function unixOfDay(day: string): number {
  return Date.parse(`${day.slice(0, 10)}T00:00:00Z`) / 1000;
}

/** What creates the subscription; undefined while it lacks a customer or a price. */
export function createParams(draft: Draft): Params | undefined {
  const items = itemsOf(draft);
  if (draft.customer === null || items.length === 0) return undefined;
  const isSent = draft.collection === 'send_invoice';
  return {
    customer: draft.customer,
    items,
    billing_mode: { type: draft.mode },
    trial_period_days: draft.trialDays > 0 ? draft.trialDays : undefined,
    collection_method: draft.collection,
    days_until_due: isSent ? draft.daysUntilDue : undefined,
    discounts: discountsOf(draft),
    billing_thresholds: thresholdsOf(draft),
    backdate_start_date: draft.startsOn === null ? undefined : unixOfDay(draft.startsOn),
    billing_cycle_anchor: draft.anchorOn === null ? undefined : unixOfDay(draft.anchorOn),
    proration_behavior: prorationOf(draft),
  };
}

/** What shows its first invoice, at the time of the customer. */
export function previewParams(draft: Draft, now: number): Params | null {
  const items = itemsOf(draft);
  if (draft.customer === null || items.length === 0) return null;
  return {
    customer: draft.customer,
    discounts: discountsOf(draft),
    subscription_details: {
      items,
      billing_mode: { type: draft.mode },
      trial_end: draft.trialDays > 0 ? now + draft.trialDays * 86_400 : undefined,
      start_date: draft.startsOn === null ? undefined : unixOfDay(draft.startsOn),
      billing_cycle_anchor:
        draft.anchorOn === null ? undefined : { type: 'timestamp', timestamp: unixOfDay(draft.anchorOn) },
      proration_behavior: prorationOf(draft),
    },
  };
}

function itemsOf({ items }: Draft): { price: string; quantity?: number }[] {
  return items.flatMap(({ price, quantity }) => {
    if (price === null) return [];
    return isMetered(price) ? [{ price: price.id }] : [{ price: price.id, quantity }];
  });
}

function discountsOf({ coupon }: Draft): { coupon: string }[] | undefined {
  return coupon === null ? undefined : [{ coupon }];
}

function thresholdsOf(draft: Draft): Params | undefined {
  const currency = draft.items.find(({ price }) => price !== null)?.price?.currency ?? 'usd';
  const amount = parseMoney(draft.thresholdAmount, currency);
  if (amount === undefined) return undefined;
  return { amount_gte: amount, reset_billing_cycle_anchor: draft.resetsAnchor };
}

/** Only a time before the first whole period can be prorated. */
function prorationOf({ prorates, anchorOn }: Draft): string | undefined {
  return anchorOn === null || prorates ? undefined : 'none';
}
