import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { Charge } from './charge.ts';
import { findCharges } from './charge.sql.ts';
import { viewBillingDetails, viewChecks } from './payment_method.view.ts';
import { refundsOfCharges } from './refund.view.ts';

/** The wire shape of a charge. `refunds` is only there when it is expanded. */
export function viewCharge(context: Context, charge: Charge) {
  return {
    id: charge.id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: charge.status === 'failed' ? 0n : charge.amount,
    amount_refunded: charge.amountRefunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: viewBillingDetails(charge.billingDetails),
    calculated_statement_descriptor: charge.calculatedStatementDescriptor,
    captured: charge.status !== 'failed',
    created: toUnix(charge.createdAt),
    currency: charge.currency,
    customer: charge.customerId,
    description: charge.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: charge.failureCode,
    failure_message: charge.failureMessage,
    fraud_details: charge.userReport === null ? {} : { user_report: charge.userReport },
    livemode: context.account.livemode,
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: charge.outcome,
    paid: charge.status === 'succeeded',
    payment_intent: charge.paymentIntentId,
    payment_method: charge.paymentMethodId,
    payment_method_details: viewMethod(charge),
    receipt_email: charge.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: charge.amountRefunded === charge.amount,
    review: null,
    shipping: charge.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: charge.statementDescriptor,
    statement_descriptor_suffix: charge.statementDescriptorSuffix,
    status: charge.status,
    transfer_data: null,
    transfer_group: null,
  };
}

function viewMethod(charge: Charge): JsonObject {
  return charge.method.type === 'card' ? viewCardCharge(charge, charge.method.card) : viewDebit(charge.method);
}

function viewCardCharge(
  charge: Charge,
  card: Extract<Charge['method'], { readonly type: 'card' }>['card'],
): JsonObject {
  return {
    card: {
      amount_authorized: charge.status === 'succeeded' ? charge.amount : null,
      authorization_code: null,
      brand: card.brand,
      checks: viewChecks(card, charge.billingDetails),
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.expMonth,
      exp_year: card.expYear,
      fingerprint: card.fingerprint,
      funding: card.funding,
      installments: null,
      last4: card.last4,
      mandate: null,
      network: card.brand,
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
    type: 'card',
  };
}

function viewDebit({ bankAccount }: Extract<Charge['method'], { readonly type: 'us_bank_account' }>): JsonObject {
  return {
    type: 'us_bank_account',
    us_bank_account: {
      account_holder_type: bankAccount.accountHolderType,
      account_type: bankAccount.accountType,
      bank_name: bankAccount.bankName,
      fingerprint: bankAccount.fingerprint,
      last4: bankAccount.last4,
      payment_reference: null,
      routing_number: bankAccount.routingNumber,
    },
  };
}

export const chargeExpandable: Expandable = {
  fields: {
    application: NOTHING,
    application_fee: NOTHING,
    balance_transaction: NOTHING,
    customer: { id: 'customer' },
    failure_balance_transaction: NOTHING,
    on_behalf_of: NOTHING,
    payment_intent: { id: 'payment_intent' },
    refunds: { include: refundsOfCharges, list: 'refund' },
    review: NOTHING,
    source_transfer: NOTHING,
  },
  async load(context, ids) {
    const charges = await findCharges(context, ids);
    return new Map(charges.map((charge) => [charge.id, viewCharge(context, charge)]));
  },
};
