import type { Context } from '../stripe/context.ts';
import type { Expandable } from '../stripe/expand.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { BankAccountDetails, CardDetails } from './gateway.ts';
import type { BillingDetails, PaymentMethod } from './payment_method.ts';
import { findPaymentMethods } from './payment_method.sql.ts';

/** The wire shape of a payment method. */
export function viewPaymentMethod(context: Context, method: PaymentMethod) {
  const { details } = method;
  return {
    id: method.id,
    object: 'payment_method',
    allow_redisplay: method.allowRedisplay,
    billing_details: viewBillingDetails(method.billingDetails),
    ...(details.type === 'card'
      ? { card: viewCard(details.card, method.billingDetails) }
      : { us_bank_account: viewBankAccount(details.bankAccount) }),
    created: toUnix(method.createdAt),
    customer: method.customerId,
    customer_account: null,
    livemode: context.account.livemode,
    metadata: method.metadata,
    type: details.type,
  };
}

export function viewBillingDetails({ taxId, ...rest }: BillingDetails) {
  return { ...rest, tax_id: taxId };
}

/** What the bank found when it compared; addresses are compared wherever they were given. */
export function viewChecks({ cvcCheck }: CardDetails, { address }: BillingDetails) {
  return {
    address_line1_check: address?.line1 ? 'pass' : null,
    address_postal_code_check: address?.postal_code ? 'pass' : null,
    cvc_check: cvcCheck,
  };
}

function viewCard(card: CardDetails, billing: BillingDetails): JsonObject {
  return {
    brand: card.brand,
    checks: viewChecks(card, billing),
    country: card.country,
    display_brand: card.brand === 'amex' ? 'american_express' : card.brand,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    fingerprint: card.fingerprint,
    funding: card.funding,
    generated_from: null,
    last4: card.last4,
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: card.supportsThreeDSecure },
    wallet: null,
  };
}

function viewBankAccount(account: BankAccountDetails): JsonObject {
  return {
    account_holder_type: account.accountHolderType,
    account_type: account.accountType,
    bank_name: account.bankName,
    financial_connections_account: null,
    fingerprint: account.fingerprint,
    last4: account.last4,
    networks: { preferred: 'ach', supported: ['ach'] },
    routing_number: account.routingNumber,
    status_details: {},
  };
}

export const paymentMethodExpandable: Expandable = {
  fields: { customer: { id: 'customer' } },
  async load(context, ids) {
    const methods = await findPaymentMethods(context, ids);
    return new Map(methods.map((method) => [method.id, viewPaymentMethod(context, method)]));
  },
};
