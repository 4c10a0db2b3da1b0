import { keepLivingCustomer } from '../customers/write.ts';
import { recordEvent, recordEvents, type Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId, randomCharacters } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { readShipping } from './address.ts';
import { checkChargeable } from './amount.ts';
import { checkFits } from './confirm.ts';
import {
  type AutomaticPaymentMethods,
  checkCancelable,
  checkChangeable,
  checkNotInFlight,
  type PaymentIntent,
} from './payment_intent.ts';
import type { CreatePaymentIntentParams, PaymentIntentChange } from './payment_intent.params.ts';
import {
  findPaymentIntent,
  insertPaymentIntents,
  lockPaymentIntent,
  updatePaymentIntent,
} from './payment_intent.sql.ts';
import { viewPaymentIntent } from './payment_intent.view.ts';
import { payableTypes } from './payment_method.ts';
import type { Payments } from './payments.ts';
import { takePaymentMethod } from './write_payment_method.ts';

const SECRET_CHARACTERS = 25;

/** What makes an intent, beside what its parameters say. */
export type IntentTerms = Pick<PaymentIntent, 'amount' | 'currency' | 'customerId'> & Partial<PaymentIntent>;

/** Stores an intent of these terms, and tells `payment_intent.created`. Throws for amounts that can't be charged. */
export async function createIntent(context: Context, terms: IntentTerms): Promise<PaymentIntent> {
  const intent = newIntent(context, terms);
  await insertPaymentIntents(context, [intent]);
  await recordEvents(context, [toldOf(context, intent)]);
  return intent;
}

/** Stores intents of these terms, in their order; each has the `payment_intent.created` that the caller has to record. */
export async function createIntents(
  context: Context,
  all: readonly IntentTerms[],
): Promise<{ intent: PaymentIntent; told: Told }[]> {
  const intents = all.map((terms) => newIntent(context, terms));
  await insertPaymentIntents(context, intents);
  return intents.map((intent) => ({ intent, told: toldOf(context, intent) }));
}

function toldOf(context: Context, intent: PaymentIntent): Told {
  return { type: 'payment_intent.created', object: viewPaymentIntent(context, intent) };
}

function newIntent(context: Context, terms: IntentTerms): PaymentIntent {
  checkChargeable(terms.amount, terms.currency);
  const id = newId('paymentIntent');
  return {
    id,
    clientSecret: `${id}_secret_${randomCharacters(SECRET_CHARACTERS)}`,
    paymentMethodId: null,
    status: terms.paymentMethodId ? 'requires_confirmation' : 'requires_payment_method',
    captureMethod: 'automatic_async',
    paymentMethodTypes: payableTypes(terms.currency),
    automaticPaymentMethods: { enabled: true, allow_redirects: 'always' },
    description: null,
    receiptEmail: null,
    setupFutureUsage: null,
    shipping: null,
    statementDescriptor: null,
    statementDescriptorSuffix: null,
    lastPaymentError: null,
    latestChargeId: null,
    attemptId: null,
    canceledAt: null,
    cancellationReason: null,
    metadata: {},
    createdAt: context.now,
    ...terms,
  };
}

/** Creates an intent as a request asks for it; confirming it is another step. */
export async function createPaymentIntent(
  context: Context,
  { gateway }: Payments,
  params: CreatePaymentIntentParams,
): Promise<PaymentIntent> {
  if (params.confirm !== true) refuseWithoutConfirm(params);
  const customerId = params.customer ?? null;
  if (customerId !== null) await keepLivingCustomer(context, customerId, 'customer');
  const types = typesOf(params.currency, params);
  const { payment_method: methodId } = params;
  const method =
    methodId === undefined ? undefined : await takePaymentMethod(context, gateway, methodId, 'payment_method');
  if (method !== undefined) checkFits({ customerId, ...types }, method);
  return await createIntent(context, {
    ...types,
    amount: params.amount,
    currency: params.currency,
    customerId,
    paymentMethodId: method?.id ?? null,
    captureMethod: params.capture_method ?? 'automatic_async',
    description: params.description ?? null,
    receiptEmail: params.receipt_email ?? null,
    setupFutureUsage: params.setup_future_usage ?? null,
    shipping: readShipping(params.shipping) ?? null,
    statementDescriptor: params.statement_descriptor ?? null,
    statementDescriptorSuffix: params.statement_descriptor_suffix ?? null,
    metadata: changeMetadata({}, params.metadata),
  });
}

function refuseWithoutConfirm(params: CreatePaymentIntentParams): void {
  const given = (['off_session', 'error_on_requires_action'] as const).find((name) => params[name] !== undefined);
  if (given === undefined) return;
  throw invalidRequest(`The parameter \`${given}\` can only be used when \`confirm\` is true.`, given);
}

type TypeParams = {
  readonly allowed_payment_method_types?: string[];
  readonly automatic_payment_methods?: { enabled: boolean; allow_redirects?: 'always' | 'never' };
};

/** Which types may pay: those that are named, cards alone where nothing is automatic, else all that can. */
export function typesOf(
  currency: string,
  { allowed_payment_method_types: allowed, automatic_payment_methods: automatic }: TypeParams,
): { paymentMethodTypes: string[]; automaticPaymentMethods: AutomaticPaymentMethods | null } {
  if (allowed !== undefined && automatic?.enabled === true) {
    throw invalidRequest(
      'You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.',
      'automatic_payment_methods',
      'parameters_exclusive',
    );
  }
  if (allowed === undefined) {
    const isAutomatic = automatic?.enabled !== false;
    const automaticPaymentMethods = isAutomatic
      ? { enabled: true, allow_redirects: automatic?.allow_redirects ?? 'always' }
      : { enabled: false };
    return { paymentMethodTypes: isAutomatic ? payableTypes(currency) : ['card'], automaticPaymentMethods };
  }
  const types = payableTypes(currency, allowed);
  if (types.length === allowed.length && types.length > 0) {
    return { paymentMethodTypes: types, automaticPaymentMethods: null };
  }
  throw invalidRequest(
    `The payment method types ${allowed.join(', ')} cannot all pay in ${currency}.`,
    'allowed_payment_method_types',
  );
}

/** An intent by its id, locked. Throws resource_missing. */
export async function lockIntent(context: Context, id: string): Promise<PaymentIntent> {
  const intent = await lockPaymentIntent(context, id);
  if (intent === undefined) throw resourceMissing('payment_intent', id);
  return intent;
}

/** An intent by its id; `secret`, where it is given, must be its own. Throws resource_missing. */
export async function requireIntent(context: Context, id: string, secret?: string): Promise<PaymentIntent> {
  const intent = await findPaymentIntent(context, id);
  if (intent === undefined) throw resourceMissing('payment_intent', id);
  if (secret === undefined || secret === intent.clientSecret) return intent;
  throw invalidRequest(
    'The client_secret provided does not match the client_secret associated with the PaymentIntent.',
    'client_secret',
    'payment_intent_invalid_parameter',
  );
}

/** Parameters that can change after the payment, too: they only describe it. */
const DESCRIBING = new Set(['description', 'metadata', 'receipt_email']);

/** What an intent is about: it does not change where something else says so. */
const TERMS = ['amount', 'currency', 'customer'] as const;

/** Changes the given fields. It is no event, as it is none at Stripe. */
export async function changePaymentIntent(
  context: Context,
  payments: Payments,
  id: string,
  params: PaymentIntentChange,
): Promise<PaymentIntent> {
  const intent = await lockIntent(context, id);
  checkNotInFlight(intent);
  const view = viewPaymentIntent(context, intent);
  for (const name of Object.keys(params)) if (!DESCRIBING.has(name)) checkChangeable(intent, name, view);
  if (TERMS.some((name) => params[name] !== undefined)) await payments.listener.checkTerms(context, id);
  const changed = await changeMethod(context, payments, applyChange(intent, params), params);
  if (params.amount !== undefined || params.currency !== undefined) checkChargeable(changed.amount, changed.currency);
  const reworded = withoutAction(intent, changed);
  await updatePaymentIntent(context, reworded);
  return reworded;
}

/** Throws where the amount of an intent can't follow from what it pays: while the gateway is being asked, and after that. */
function checkIdle(context: Context, intent: PaymentIntent): void {
  checkNotInFlight(intent);
  checkChangeable(intent, 'amount', viewPaymentIntent(context, intent));
}

/** The amount of an intent follows from what it pays. Throws as `checkIdle`, and for amounts that can't be charged. */
export async function changeAmount(context: Context, id: string, amount: bigint): Promise<void> {
  const intent = await lockIntent(context, id);
  checkIdle(context, intent);
  checkChargeable(amount, intent.currency);
  await updatePaymentIntent(context, withoutAction(intent, { ...intent, amount }));
}

/** What the customer was asked to authenticate was another amount: it is to be confirmed anew. */
function withoutAction(before: PaymentIntent, changed: PaymentIntent): PaymentIntent {
  const isSame = before.amount === changed.amount && before.currency === changed.currency;
  return isSame || changed.status !== 'requires_action' ? changed : { ...changed, status: 'requires_confirmation' };
}

async function changeMethod(
  context: Context,
  { gateway }: Payments,
  intent: PaymentIntent,
  params: PaymentIntentChange,
): Promise<PaymentIntent> {
  if (params.customer !== undefined) await keepLivingCustomer(context, params.customer, 'customer');
  const id = params.payment_method ?? intent.paymentMethodId;
  if (id === null) return intent;
  const method = await takePaymentMethod(context, gateway, id, 'payment_method');
  checkFits(intent, method);
  const status = params.payment_method === undefined ? intent.status : 'requires_confirmation';
  return { ...intent, status, paymentMethodId: method.id };
}

function applyChange(intent: PaymentIntent, params: PaymentIntentChange): PaymentIntent {
  const currency = params.currency ?? intent.currency;
  const wasAutomatic = intent.automaticPaymentMethods?.enabled === true;
  const types =
    params.allowed_payment_method_types !== undefined || (params.currency !== undefined && wasAutomatic)
      ? typesOf(currency, params)
      : {};
  const given = <T>(value: T | null | undefined, current: T | null) => (value === undefined ? current : value);
  return {
    ...intent,
    ...types,
    amount: params.amount ?? intent.amount,
    currency,
    customerId: params.customer ?? intent.customerId,
    captureMethod: params.capture_method ?? intent.captureMethod,
    description: params.description ?? intent.description,
    receiptEmail: given(params.receipt_email, intent.receiptEmail),
    setupFutureUsage: given(params.setup_future_usage, intent.setupFutureUsage),
    shipping: params.shipping === undefined ? intent.shipping : (readShipping(params.shipping ?? undefined) ?? null),
    statementDescriptor: params.statement_descriptor ?? intent.statementDescriptor,
    statementDescriptorSuffix: params.statement_descriptor_suffix ?? intent.statementDescriptorSuffix,
    metadata: changeMetadata(intent.metadata, params.metadata),
  };
}

/** Gives an intent up for good, and tells `payment_intent.canceled`. Throws for states that do not allow it. */
export async function cancelPaymentIntent(
  context: Context,
  { listener }: Pick<Payments, 'listener'>,
  id: string,
  reason: string | null,
): Promise<PaymentIntent> {
  await listener.lock(context, id);
  const intent = await lockIntent(context, id);
  checkCancelable(intent, viewPaymentIntent(context, intent));
  const canceled: PaymentIntent = {
    ...intent,
    status: 'canceled',
    canceledAt: context.now,
    cancellationReason: reason,
  };
  await updatePaymentIntent(context, canceled);
  await recordEvent(context, 'payment_intent.canceled', viewPaymentIntent(context, canceled));
  await listener.changed(context, canceled);
  return canceled;
}
