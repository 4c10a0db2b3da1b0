import { keepLivingCustomer } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId, randomCharacters } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { Gateway } from './gateway.ts';
import { PAYMENT_METHOD_TYPES, type PaymentMethod } from './payment_method.ts';
import { checkOpen, type SetupIntent } from './setup_intent.ts';
import type { CreateSetupIntentParams, SetupIntentChange } from './setup_intent.params.ts';
import { findSetupIntent, insertSetupIntent, lockSetupIntent, updateSetupIntent } from './setup_intent.sql.ts';
import { viewSetupIntent } from './setup_intent.view.ts';
import { checkUsable, takePaymentMethod } from './write_payment_method.ts';

const SECRET_CHARACTERS = 25;

/** Creates a setup intent and tells `setup_intent.created`; confirming it is another step. */
export async function createSetupIntent(
  context: Context,
  gateway: Gateway,
  params: CreateSetupIntentParams,
): Promise<SetupIntent> {
  const customerId = params.customer ?? null;
  if (customerId !== null) await keepLivingCustomer(context, customerId, 'customer');
  const types = typesOf(params);
  const { payment_method: methodId } = params;
  const method =
    methodId === undefined ? undefined : await takePaymentMethod(context, gateway, methodId, 'payment_method');
  if (method !== undefined) checkFits({ customerId, ...types }, method);
  const id = newId('setupIntent');
  const intent: SetupIntent = {
    ...types,
    id,
    clientSecret: `${id}_secret_${randomCharacters(SECRET_CHARACTERS)}`,
    customerId,
    paymentMethodId: method?.id ?? null,
    status: method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    usage: params.usage ?? 'off_session',
    description: params.description ?? null,
    lastSetupError: null,
    cancellationReason: null,
    metadata: changeMetadata({}, params.metadata),
    createdAt: context.now,
  };
  await insertSetupIntent(context, intent);
  await recordEvent(context, 'setup_intent.created', viewSetupIntent(context, intent));
  return intent;
}

/** Which types may be set up: those that are named, cards alone where nothing is automatic, else all. */
function typesOf({
  allowed_payment_method_types: allowed,
  automatic_payment_methods: automatic,
}: Pick<CreateSetupIntentParams, 'allowed_payment_method_types' | 'automatic_payment_methods'>): Pick<
  SetupIntent,
  'paymentMethodTypes' | 'automaticPaymentMethods'
> {
  if (allowed !== undefined && automatic?.enabled === true) {
    throw invalidRequest(
      'You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.',
      'automatic_payment_methods',
      'parameters_exclusive',
    );
  }
  if (allowed !== undefined) return { paymentMethodTypes: allowed, automaticPaymentMethods: null };
  if (automatic?.enabled === false)
    return { paymentMethodTypes: ['card'], automaticPaymentMethods: { enabled: false } };
  const redirects = automatic?.allow_redirects ?? 'always';
  return {
    paymentMethodTypes: [...PAYMENT_METHOD_TYPES],
    automaticPaymentMethods: { enabled: true, allow_redirects: redirects },
  };
}

/** The intent with the types that a request names, if it names any. */
export function restrictTypes(intent: SetupIntent, allowed: string[] | undefined): SetupIntent {
  return allowed === undefined ? intent : { ...intent, paymentMethodTypes: allowed, automaticPaymentMethods: null };
}

/** Throws when the method may not be set up with the intent. */
export function checkFits(intent: Pick<SetupIntent, 'customerId' | 'paymentMethodTypes'>, method: PaymentMethod): void {
  checkUsable(method, intent.customerId);
  const { type } = method.details;
  if (intent.paymentMethodTypes.includes(type)) return;
  throw invalidRequest(
    `The PaymentMethod provided (${type}) is not allowed for this SetupIntent. Please attempt again with one of the following payment method types: ${intent.paymentMethodTypes.join(', ')}.`,
    'payment_method',
    'setup_intent_invalid_parameter',
  );
}

/** A setup intent by its id, locked. Throws resource_missing. */
export async function lockSetup(context: Context, id: string): Promise<SetupIntent> {
  const intent = await lockSetupIntent(context, id);
  if (intent === undefined) throw resourceMissing('setup_intent', id);
  return intent;
}

/** A setup intent by its id; `secret`, where it is given, must be its own. Throws resource_missing. */
export async function requireSetup(context: Context, id: string, secret?: string): Promise<SetupIntent> {
  const intent = await findSetupIntent(context, id);
  if (intent === undefined) throw resourceMissing('setup_intent', id);
  if (secret === undefined || secret === intent.clientSecret) return intent;
  throw invalidRequest(
    'The client_secret provided does not match the client_secret associated with the SetupIntent.',
    'client_secret',
    'setup_intent_invalid_parameter',
  );
}

/** Changes the given fields. It is no event, as it is none at Stripe. */
export async function changeSetupIntent(
  context: Context,
  gateway: Gateway,
  id: string,
  params: SetupIntentChange,
): Promise<SetupIntent> {
  const intent = await lockSetup(context, id);
  const isDescription = Object.keys(params).every((name) => name === 'description' || name === 'metadata');
  if (!isDescription) checkOpen(intent, 'update', viewSetupIntent(context, intent));
  if (params.customer !== undefined) await keepLivingCustomer(context, params.customer, 'customer');
  const { allowed_payment_method_types: allowed } = params;
  const described: SetupIntent = {
    ...intent,
    ...(allowed === undefined ? {} : typesOf(allowed === null ? {} : { allowed_payment_method_types: allowed })),
    customerId: params.customer ?? intent.customerId,
    description: params.description ?? intent.description,
    metadata: changeMetadata(intent.metadata, params.metadata),
  };
  const changed = isDescription ? described : await changeMethod(context, gateway, described, params.payment_method);
  await updateSetupIntent(context, changed);
  return changed;
}

async function changeMethod(
  context: Context,
  gateway: Gateway,
  intent: SetupIntent,
  named: string | undefined,
): Promise<SetupIntent> {
  const id = named ?? intent.paymentMethodId;
  if (id === null) return intent;
  const method = await takePaymentMethod(context, gateway, id, 'payment_method');
  checkFits(intent, method);
  return {
    ...intent,
    paymentMethodId: method.id,
    status: named === undefined ? intent.status : 'requires_confirmation',
  };
}

/** Gives a setup intent up for good, and tells `setup_intent.canceled`. */
export async function cancelSetupIntent(context: Context, id: string, reason: string | null): Promise<SetupIntent> {
  const intent = await lockSetup(context, id);
  checkOpen(intent, 'cancel', viewSetupIntent(context, intent));
  const canceled: SetupIntent = { ...intent, status: 'canceled', cancellationReason: reason };
  await updateSetupIntent(context, canceled);
  await recordEvent(context, 'setup_intent.canceled', viewSetupIntent(context, canceled));
  return canceled;
}
