import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { wholeAddress } from './address.ts';
import type { Gateway, GatewayMethod, GivenDetails, MethodDetails } from './gateway.ts';
import { type BillingDetails, NO_BILLING_DETAILS, type PaymentMethod } from './payment_method.ts';
import type { CreatePaymentMethodParams, PaymentMethodChange } from './payment_method.params.ts';
import {
  findPaymentMethod,
  insertPaymentMethod,
  lockPaymentMethod,
  updatePaymentMethod,
} from './payment_method.sql.ts';
import { viewPaymentMethod } from './payment_method.view.ts';

/** Creates a payment method that belongs to nobody yet. Throws what the gateway has against it. */
export async function createPaymentMethod(
  context: Context,
  gateway: Gateway,
  params: CreatePaymentMethodParams,
): Promise<PaymentMethod> {
  const known = gateway.tokenize(context.account, givenDetails(params), context.now);
  const method: PaymentMethod = {
    ...newPaymentMethod(context, known),
    billingDetails: changeBillingDetails(NO_BILLING_DETAILS, params.billing_details),
    allowRedisplay: params.allow_redisplay ?? 'unspecified',
    metadata: changeMetadata({}, params.metadata),
  };
  await insertPaymentMethod(context, method);
  return method;
}

/** A method as the gateway tells it, not yet stored. */
function newPaymentMethod(context: Context, { reference, ...details }: GatewayMethod): PaymentMethod {
  return {
    id: newId('paymentMethod'),
    customerId: null,
    gatewayReference: reference,
    details,
    billingDetails: NO_BILLING_DETAILS,
    allowRedisplay: 'unspecified',
    spent: false,
    metadata: {},
    createdAt: context.now,
  };
}

function givenDetails({ type, card, us_bank_account: bank }: CreatePaymentMethodParams): GivenDetails {
  const other = type === 'card' ? 'us_bank_account' : 'card';
  if ((type === 'card' ? bank : card) !== undefined) {
    throw invalidRequest(
      `You provided \`${other}\`, which does not belong to a payment method of the type ${type}.`,
      other,
    );
  }
  return type === 'card' ? givenCard(card) : givenBankAccount(bank);
}

function givenCard(card: CreatePaymentMethodParams['card']): GivenDetails {
  if (card === undefined) throw missingParameter('card');
  const { cvc, exp_month: expMonth, exp_year: expYear, number, token } = card;
  if (token !== undefined) {
    const extra = Object.keys(card).find((name) => name !== 'token');
    if (extra === undefined) return { type: 'card_token', token };
    throw invalidRequest(
      `You may only specify one of these parameters: card[token], card[${extra}].`,
      'card[token]',
      'parameters_exclusive',
    );
  }
  if (number === undefined) throw missingParameter('card[number]');
  if (expMonth === undefined) throw missingParameter('card[exp_month]');
  if (expYear === undefined) throw missingParameter('card[exp_year]');
  return { type: 'card', number, expMonth, expYear, cvc: cvc ?? null };
}

function givenBankAccount(bank: CreatePaymentMethodParams['us_bank_account']): GivenDetails {
  if (bank === undefined) throw missingParameter('us_bank_account');
  const {
    account_holder_type: holder,
    account_number: accountNumber,
    account_type: type,
    routing_number: routing,
  } = bank;
  if (accountNumber === undefined) throw missingParameter('us_bank_account[account_number]');
  if (routing === undefined) throw missingParameter('us_bank_account[routing_number]');
  return {
    type: 'us_bank_account',
    accountNumber,
    routingNumber: routing,
    accountHolderType: holder ?? 'individual',
    accountType: type ?? 'checking',
  };
}

/** Changes the given fields of an attached method and tells `payment_method.updated`. */
export async function changePaymentMethod(
  context: Context,
  id: string,
  params: PaymentMethodChange,
): Promise<PaymentMethod> {
  const method = await lockPaymentMethod(context, id);
  if (method === undefined) throw resourceMissing('PaymentMethod', id);
  if (method.customerId === null) {
    throw invalidRequest(
      'You must save this PaymentMethod to a customer before you can update it.',
      undefined,
      'payment_method_unexpected_state',
    );
  }
  const changed: PaymentMethod = {
    ...method,
    details: changeDetails(method.details, params),
    billingDetails: changeBillingDetails(method.billingDetails, params.billing_details),
    allowRedisplay: params.allow_redisplay ?? method.allowRedisplay,
    metadata: changeMetadata(method.metadata, params.metadata),
  };
  await updatePaymentMethod(context, changed);
  const before = viewPaymentMethod(context, method);
  await recordEvent(context, 'payment_method.updated', viewPaymentMethod(context, changed), before);
  return changed;
}

function changeDetails(details: MethodDetails, { card, us_bank_account: bank }: PaymentMethodChange): MethodDetails {
  const foreign = details.type === 'card' ? bank && 'us_bank_account' : card && 'card';
  if (foreign !== undefined) {
    throw invalidRequest(`You passed \`${foreign}\`, but this payment method is of the type ${details.type}.`, foreign);
  }
  if (details.type === 'card') {
    const { expMonth, expYear } = details.card;
    return {
      type: 'card',
      card: { ...details.card, expMonth: card?.exp_month ?? expMonth, expYear: card?.exp_year ?? expYear },
    };
  }
  const { accountHolderType, accountType } = details.bankAccount;
  return {
    type: 'us_bank_account',
    bankAccount: {
      ...details.bankAccount,
      accountHolderType: bank?.account_holder_type ?? accountHolderType,
      accountType: bank?.account_type ?? accountType,
    },
  };
}

function changeBillingDetails(
  current: BillingDetails,
  change: CreatePaymentMethodParams['billing_details'],
): BillingDetails {
  if (change === undefined) return current;
  const given = (value: string | null | undefined, old: string | null) => (value === undefined ? old : value);
  const { address } = change;
  return {
    address: address === undefined ? current.address : address && wholeAddress(address),
    email: given(change.email, current.email),
    name: given(change.name, current.name),
    phone: given(change.phone, current.phone),
    taxId: given(change.tax_id, current.taxId),
  };
}

/** A payment method by its id. `param` names the parameter that refers to it. Throws resource_missing. */
export async function requirePaymentMethod(context: Context, id: string, param: string): Promise<PaymentMethod> {
  const method = await findPaymentMethod(context, id);
  if (method === undefined) throw resourceMissing('PaymentMethod', id, param);
  return method;
}

/**
 * The payment method that a request names, locked. A well-known test id stands for a new method each time, which is
 * stored here and belongs to nobody. Throws resource_missing.
 */
export async function takePaymentMethod(
  context: Context,
  gateway: Gateway,
  id: string,
  param: string,
): Promise<PaymentMethod> {
  const known = gateway.wellKnown(context.account, id);
  if (known === undefined) {
    const found = await lockPaymentMethod(context, id);
    if (found === undefined) throw resourceMissing('PaymentMethod', id, param);
    return found;
  }
  const method = newPaymentMethod(context, known);
  await insertPaymentMethod(context, method);
  return method;
}

/** Throws for a method that was used up, or that another customer, or a customer not named, owns. */
export function checkUsable(method: PaymentMethod, customerId: string | null, param = 'payment_method'): void {
  if (method.spent) throw spentMethod();
  if (method.customerId === null || method.customerId === customerId) return;
  const message =
    customerId === null
      ? `The PaymentMethod ${method.id} belongs to a Customer. Please include the Customer in the \`customer\` parameter.`
      : 'The provided PaymentMethod belongs to another customer. A PaymentMethod can only be used with the customer that it is attached to.';
  throw invalidRequest(message, param);
}

/** The error for a method that was paid with, or detached, and belongs to nobody. */
export function spentMethod() {
  return invalidRequest(
    'This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.',
    'payment_method',
    'payment_method_unexpected_state',
  );
}
