import type Stripe from 'stripe';
import { formatDate, formatMoney, formatTime, titleOf } from '../ui/format.ts';

/** What of an event's object is told; which fields there are depends on what it is. */
type Told = {
  readonly id?: string;
  readonly object?: string;
  readonly number?: string | null;
  readonly name?: string | null;
  readonly email?: string | null;
  readonly display_name?: string;
  readonly currency?: string;
  readonly total?: number;
  readonly amount?: number;
  readonly amount_due?: number;
  readonly amount_paid?: number;
  readonly status?: string;
  readonly frozen_time?: number;
  readonly status_details?: { readonly advancing?: { readonly target_frozen_time: number } };
  readonly description?: string | null;
  readonly next_payment_attempt?: number | null;
  readonly current_phase?: { readonly start_date: number } | null;
};

/** What an object is called in a sentence, by its kind on the wire. */
const NOUNS: Readonly<Record<string, string>> = {
  'billing.meter': 'Meter',
  charge: 'Charge',
  coupon: 'Coupon',
  credit_note: 'Credit note',
  customer: 'Customer',
  customer_balance_transaction: 'Balance transaction',
  discount: 'Discount',
  invoice: 'Invoice',
  invoice_payment: 'Payment of an invoice',
  invoiceitem: 'Invoice item',
  payment_intent: 'Payment',
  payment_method: 'Payment method',
  price: 'Price',
  product: 'Product',
  promotion_code: 'Promotion code',
  refund: 'Refund',
  setup_intent: 'Setup of a payment method',
  subscription: 'Subscription',
  subscription_schedule: 'Subscription schedule',
  tax_id: 'Tax ID',
  tax_rate: 'Tax rate',
  'test_helpers.test_clock': 'Test clock',
};

/** What happened, where the last word of the type does not say it well. */
const VERBS: Readonly<Record<string, string>> = {
  advancing: 'sets out',
  attached: 'attached',
  internal_failure: 'failed',
  marked_uncollectible: 'given up as uncollectible',
  payment_failed: 'payment failed',
  payment_succeeded: 'payment succeeded',
  pending_update_applied: 'pending update applied',
  pending_update_expired: 'pending update expired',
  ready: 'is ready',
  trial_will_end: 'trial ends soon',
  will_be_due: 'will be due',
};

/** An event as a sentence: `Invoice INV-0001 finalized: $12.00`. */
export function eventWords({ type, data }: Pick<Stripe.Event, 'type' | 'data'>): string {
  const object = data.object as Told;
  const isDraft = object.object === 'invoice' && object.number === null;
  const noun = isDraft ? 'Draft invoice' : (NOUNS[object.object ?? ''] ?? titleOf(object.object ?? 'object'));
  const verb = type.split('.').at(-1) ?? type;
  const said = VERBS[verb] ?? verb.replaceAll('_', ' ');
  const details = detailsOf(verb, object, data.previous_attributes);
  return `${[noun, nameOf(object), said].filter(Boolean).join(' ')}${details === undefined ? '' : `: ${details}`}`;
}

function nameOf(object: Told): string | undefined {
  if (object.object === 'invoice' || object.object === 'credit_note') return object.number ?? undefined;
  return object.name ?? object.display_name ?? object.email ?? undefined;
}

function detailsOf(verb: string, object: Told, previous: unknown): string | undefined {
  const { currency, status_details: details } = object;
  if (object.object === 'test_helpers.test_clock') {
    const target = details?.advancing?.target_frozen_time;
    return target === undefined
      ? (object.frozen_time && formatTime(object.frozen_time)) || undefined
      : `to ${formatTime(target)}`;
  }
  const parts = [changeWords(previous)];
  const amount = amountOf(verb, object);
  if (amount !== undefined && currency !== undefined && verb !== 'updated')
    parts.unshift(formatMoney(amount, currency));
  if (object.object === 'invoiceitem' && object.description) parts.push(object.description);
  if (verb === 'payment_failed' && object.next_payment_attempt) {
    parts.push(`tried again on ${formatDate(object.next_payment_attempt)}`);
  }
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : told.join(', ');
}

function amountOf(verb: string, object: Told): number | undefined {
  if (object.object === 'invoice') {
    return verb === 'paid' || verb === 'payment_succeeded' ? object.amount_paid : object.total;
  }
  if (object.object === 'credit_note') return object.total;
  return object.amount;
}

/** Which fields an update changed, and of its state from what to what. */
function changeWords(previous: unknown): string | undefined {
  if (typeof previous !== 'object' || previous === null) return undefined;
  const names = Object.keys(previous).map((name) => name.replaceAll('_', ' '));
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
