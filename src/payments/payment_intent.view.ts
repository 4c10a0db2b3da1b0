import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import type { PaymentIntent } from './payment_intent.ts';
import { findPaymentIntents } from './payment_intent.sql.ts';

/** The wire shape of a payment intent. */
export function viewPaymentIntent(context: Context, intent: PaymentIntent) {
  return {
    id: intent.id,
    object: 'payment_intent',
    allowed_payment_method_types: intent.automaticPaymentMethods === null ? intent.paymentMethodTypes : null,
    amount: intent.amount,
    amount_capturable: 0,
    amount_received: intent.status === 'succeeded' ? intent.amount : 0n,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: intent.automaticPaymentMethods,
    canceled_at: intent.canceledAt && toUnix(intent.canceledAt),
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: intent.clientSecret,
    confirmation_method: 'automatic',
    created: toUnix(intent.createdAt),
    currency: intent.currency,
    customer: intent.customerId,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: intent.lastPaymentError,
    latest_charge: intent.latestChargeId,
    livemode: context.account.livemode,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: intent.status === 'requires_action' ? nextAction('payment_intents', intent.id) : null,
    on_behalf_of: null,
    payment_method: intent.paymentMethodId,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: intent.paymentMethodTypes,
    payment_record: null,
    processing: null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: intent.setupFutureUsage,
    shipping: intent.shipping,
    source: null,
    statement_descriptor: intent.statementDescriptor,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status: intent.status,
    transfer_group: null,
  };
}

/**
 * What the customer must do. There is no bank behind the test gateway: the path that stands for the customer's answer is
 * told beside the type.
 */
export function nextAction(collection: 'payment_intents' | 'setup_intents', id: string) {
  return {
    type: 'use_stripe_sdk',
    use_stripe_sdk: {
      type: 'three_d_secure_redirect',
      usance_authenticate: `/v1/usance/${collection}/${id}/authenticate`,
    },
  };
}

export const paymentIntentExpandable: Expandable = {
  fields: {
    application: NOTHING,
    customer: { id: 'customer' },
    latest_charge: { id: 'charge' },
    on_behalf_of: NOTHING,
    payment_method: { id: 'payment_method' },
    payment_record: NOTHING,
    review: NOTHING,
    source: NOTHING,
  },
  async load(context, ids) {
    const intents = await findPaymentIntents(context, ids);
    return new Map(intents.map((intent) => [intent.id, viewPaymentIntent(context, intent)]));
  },
};
