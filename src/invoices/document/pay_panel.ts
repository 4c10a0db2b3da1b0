import { findCustomer } from '../../customers/customer.sql.ts';
import type { Customer } from '../../customers/customer.ts';
import type { Scope } from '../../db/scope.ts';
import { MAX_OFFERED_METHODS } from '../../limits.ts';
import { isChargeable } from '../../payments/amount.ts';
import type { MethodDetails } from '../../payments/gateway.ts';
import type { PaymentIntent } from '../../payments/payment_intent.ts';
import { findPaymentIntent } from '../../payments/payment_intent.sql.ts';
import { payableTypes, type PaymentMethod } from '../../payments/payment_method.ts';
import { findMethodsOfCustomer, findPaymentMethod } from '../../payments/payment_method.sql.ts';
import type { Payments } from '../../payments/payments.ts';
import type { Account } from '../../stripe/context.ts';
import { canCharge } from '../collect.ts';
import { type Invoice, remainingOf } from '../invoice.ts';
import { findOpenPayment } from '../invoice_payment.sql.ts';
import { defaultMethodOf } from '../paying_method.ts';
import { moneyWithCode } from './words.ts';

/** Something to pay with, as a page names it. */
export type Choice = { readonly id: string; readonly label: string; readonly detail: string };

/** What a page lets its reader do about an invoice that is to be paid: finished text but for the choice. */
export type PayPanel = {
  /** `waiting`: money is on its way, so that nothing can be done. `authenticate`: the bank asks. */
  readonly state: 'ready' | 'authenticate' | 'waiting';
  /** `$60.00 USD`: what remains. */
  readonly amount: string;
  /** What the payment in hand is made with. */
  readonly method: string | null;
  /** Why the last payment came to nothing. */
  readonly refusal: string | null;
  readonly saved: readonly Choice[];
  readonly offered: readonly Choice[];
  /** The choice that is made until another is. */
  readonly chosenId: string | null;
  /** The intent that it is about, where there is one. */
  readonly intentId: string | null;
};

type Payer = Scope & { readonly account: Account };

/** What can be done about an invoice; null where nothing is to be paid, or nobody takes money for the account. */
export async function findPanel(
  scope: Payer,
  payments: Pick<Payments, 'gateway'>,
  invoice: Invoice,
): Promise<PayPanel | null> {
  const remaining = remainingOf(invoice);
  if (!isPayable(invoice) || !canCharge(scope, payments) || !isChargeable(remaining, invoice.currency)) return null;
  const customer = await findCustomer(scope, invoice.customerId);
  if (customer === undefined || customer.deletedAt !== null) return null;
  const payment = await findOpenPayment(scope, invoice.id);
  const intent = payment && (await findPaymentIntent(scope, payment.paymentIntentId));
  const paying = intent?.paymentMethodId ? await findPaymentMethod(scope, intent.paymentMethodId) : undefined;
  return {
    state: stateOf(intent),
    amount: moneyWithCode(remaining, invoice.currency),
    method: paying === undefined ? null : labelOf(paying.details),
    refusal: refusalOf(intent),
    intentId: intent?.id ?? null,
    ...(await findChoices(scope, payments, { invoice, customer, intent })),
  };
}

/** Whether an invoice is to be paid, by somebody who could, and no bank would move so little. */
export function isTooSmall(scope: Payer, payments: Pick<Payments, 'gateway'>, invoice: Invoice): boolean {
  return isPayable(invoice) && canCharge(scope, payments) && !isChargeable(remainingOf(invoice), invoice.currency);
}

function isPayable({ status }: Invoice): boolean {
  return status === 'open' || status === 'uncollectible';
}

function stateOf(intent: PaymentIntent | undefined): PayPanel['state'] {
  if (intent === undefined) return 'ready';
  if (intent.attemptId !== null || intent.status === 'processing') return 'waiting';
  return intent.status === 'requires_action' ? 'authenticate' : 'ready';
}

function refusalOf(intent: PaymentIntent | undefined): string | null {
  const message = intent?.status === 'requires_payment_method' ? intent.lastPaymentError?.['message'] : undefined;
  return typeof message === 'string' ? message : null;
}

type Paying = { readonly invoice: Invoice; readonly customer: Customer; readonly intent: PaymentIntent | undefined };

async function findChoices(
  scope: Payer,
  { gateway }: Pick<Payments, 'gateway'>,
  { invoice, customer, intent }: Paying,
): Promise<Pick<PayPanel, 'saved' | 'offered' | 'chosenId'>> {
  const types = intent?.paymentMethodTypes ?? invoice.paymentMethodTypes ?? payableTypes(invoice.currency);
  const methods = await findMethodsOfCustomer(scope, customer.id, MAX_OFFERED_METHODS);
  const saved = methods.filter(({ details }) => types.includes(details.type)).map(savedChoice);
  const offered = gateway
    .offered(scope.account)
    .filter(({ details }) => types.includes(details.type))
    .map(({ id, details, outcome }) => ({ id, label: labelOf(details), detail: outcome }));
  const defaultId = await defaultMethodOf(scope, invoice, customer);
  const chosen = saved.find(({ id }) => id === defaultId) ?? saved[0] ?? offered[0];
  return { saved, offered, chosenId: chosen?.id ?? null };
}

function savedChoice({ id, details }: PaymentMethod): Choice {
  if (details.type === 'us_bank_account') return { id, label: labelOf(details), detail: 'Bank account' };
  const { expMonth, expYear } = details.card;
  return { id, label: labelOf(details), detail: `Expires ${String(expMonth).padStart(2, '0')}/${expYear}` };
}

const BRANDS = {
  amex: 'American Express',
  diners: 'Diners Club',
  discover: 'Discover',
  jcb: 'JCB',
  mastercard: 'Mastercard',
  unionpay: 'UnionPay',
  visa: 'Visa',
} as const;

/** `Visa •••• 4242`. */
function labelOf(details: MethodDetails): string {
  if (details.type === 'card') return `${BRANDS[details.card.brand]} •••• ${details.card.last4}`;
  return `${details.bankAccount.bankName} •••• ${details.bankAccount.last4}`;
}
