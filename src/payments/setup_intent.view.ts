import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import { nextAction } from './payment_intent.view.ts';
import type { SetupIntent } from './setup_intent.ts';

/** The wire shape of a setup intent. */
export function viewSetupIntent(context: Context, intent: SetupIntent) {
  return {
    id: intent.id,
    object: 'setup_intent',
    allowed_payment_method_types: intent.automaticPaymentMethods === null ? intent.paymentMethodTypes : null,
    application: null,
    automatic_payment_methods: intent.automaticPaymentMethods,
    cancellation_reason: intent.cancellationReason,
    client_secret: intent.clientSecret,
    created: toUnix(intent.createdAt),
    customer: intent.customerId,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: intent.lastSetupError,
    latest_attempt: null,
    livemode: context.account.livemode,
    managed_payments: null,
    mandate: null,
    metadata: intent.metadata,
    next_action: intent.status === 'requires_action' ? nextAction('setup_intents', intent.id) : null,
    on_behalf_of: null,
    payment_method: intent.paymentMethodId,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: intent.paymentMethodTypes,
    single_use_mandate: null,
    status: intent.status,
    usage: intent.usage,
  };
}

export const setupIntentExpandable: Expandable = {
  fields: {
    application: NOTHING,
    customer: { id: 'customer' },
    latest_attempt: NOTHING,
    mandate: NOTHING,
    on_behalf_of: NOTHING,
    payment_method: { id: 'payment_method' },
    single_use_mandate: NOTHING,
  },
};
