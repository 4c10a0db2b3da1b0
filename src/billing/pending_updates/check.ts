import type { Customer } from '../../customers/customer.ts';
import { findPaymentMethod } from '../../payments/payment_method.sql.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest } from '../../stripe/errors.ts';
import type { ItemChangeParams } from '../../subscriptions/item.params.ts';
import type { UpdateSubscriptionParams } from '../../subscriptions/subscription.params.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { Asked } from './make.ts';

const SUPPORTED: ReadonlySet<string> = new Set([
  'add_invoice_items',
  'billing_cycle_anchor',
  'cancel_at_period_end',
  'items',
  'metadata',
  'off_session',
  'payment_behavior',
  'proration_behavior',
  'proration_date',
  'trial_end',
  'trial_from_plan',
]);

const SUPPORTED_OF_ITEMS: ReadonlySet<string> = new Set(['deleted', 'id', 'price', 'price_data', 'quantity']);

/** Throws for what can't be part of a change that may become pending: it would be made at once, or lost. */
export function checkSupported(params: UpdateSubscriptionParams): void {
  checkNames(params, SUPPORTED, (name) => name);
  if (params.metadata === null) {
    throw invalidRequest('Metadata can be set by a pending update, key by key, but not cleared.', 'metadata');
  }
  for (const [place, entry] of (params.items ?? []).entries()) checkEntry(entry, (name) => `items[${place}][${name}]`);
}

/** The same of one item. */
export function checkEntry(entry: ItemChangeParams, at: (name: string) => string = (name) => name): void {
  checkNames(entry, SUPPORTED_OF_ITEMS, at);
}

function checkNames(params: object, supported: ReadonlySet<string>, at: (name: string) => string): void {
  const refused = Object.entries(params).find(([name, value]) => value !== undefined && !supported.has(name));
  if (refused === undefined) return;
  const [name] = refused;
  throw invalidRequest(
    `When \`payment_behavior\` is set to \`pending_if_incomplete\`, you can only pass supported params. \`${name}\` is not supported.`,
    at(name),
  );
}

/** Throws for a subscription whose invoices are sent, or paid by what takes days to decide. */
export async function checkPendable(context: Context, customer: Customer, subscription: Subscription): Promise<void> {
  if (subscription.collectionMethod === 'send_invoice') {
    throw invalidRequest(
      '`payment_behavior=pending_if_incomplete` needs a subscription with `collection_method=charge_automatically`.',
      'payment_behavior',
    );
  }
  const methodId = subscription.defaultPaymentMethodId ?? customer.defaultPaymentMethodId;
  const method = methodId === null ? undefined : await findPaymentMethod(context, methodId);
  if (method === undefined || method.details.type === 'card') return;
  throw invalidRequest(
    `\`payment_behavior=pending_if_incomplete\` can't be used with payment methods of the type \`${method.details.type}\`, which take days to decide.`,
    'payment_behavior',
  );
}

/** What a request wants to be told of its change. */
export function askedOf(
  params: Pick<
    UpdateSubscriptionParams,
    'billing_cycle_anchor' | 'cancel_at_period_end' | 'items' | 'metadata' | 'trial_end'
  >,
): Asked {
  const { metadata } = params;
  return {
    metadata: metadata === undefined || metadata === null ? null : Object.fromEntries(metadata),
    asked: {
      items: params.items !== undefined,
      anchor: params.billing_cycle_anchor?.type === 'now',
      trialEnd: params.trial_end !== undefined,
      ending: params.cancel_at_period_end !== undefined,
    },
  };
}
