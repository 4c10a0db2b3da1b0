import { MAX_AMOUNT } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import {
  bigInteger,
  boolean,
  clearable,
  currency,
  except,
  metadata,
  oneOf,
  string,
  unserved,
} from '../stripe/params.types.ts';
import { allowedTypes, shipping } from './payment_method.params.ts';

const amount = bigInteger(0n, MAX_AMOUNT);

/** Holding an amount first and taking it later. */
const captureMethod = except(oneOf('automatic', 'automatic_async'), 'manual');

/** `true`, or the kind of the agreement that lets the customer be away. */
const offSession: ParamType<boolean> = {
  shape: { kind: 'scalar', name: 'boolean' },
  decode(node, path, problems) {
    const agreed = node === 'one_off' || node === 'recurring';
    return agreed ? true : boolean().decode(node, path, problems);
  },
};

export const automaticPaymentMethods = object({
  allow_redirects: oneOf('always', 'never'),
  enabled: required(boolean()),
});

/** Of creation, change and confirmation alike. */
const common = {
  allowed_payment_method_types: allowedTypes,
  amount_details: unserved(),
  capture_method: captureMethod,
  excluded_payment_method_types: unserved(),
  hooks: unserved(),
  payment_details: unserved(),
  payment_method: string(),
  payment_method_data: unserved(),
  payment_method_options: unserved(),
};

const describing = {
  application_fee_amount: unserved(),
  customer: string(),
  customer_account: unserved(),
  description: string({ max: 1000 }),
  payment_method_configuration: unserved(),
  statement_descriptor: string({ max: 22 }),
  statement_descriptor_suffix: string({ max: 22 }),
  transfer_data: unserved(),
  transfer_group: unserved(),
};

const confirming = {
  confirmation_token: unserved(),
  error_on_requires_action: boolean(),
  mandate: unserved(),
  mandate_data: unserved(),
  off_session: offSession,
  radar_options: unserved(),
  return_url: unserved(),
  use_stripe_sdk: unserved(),
};

const setupFutureUsage = oneOf('off_session', 'on_session');
const receiptEmail = string({ max: 512 });

export const createPaymentIntentParams = object({
  ...common,
  ...describing,
  ...confirming,
  amount: required(amount),
  automatic_payment_methods: automaticPaymentMethods,
  confirm: boolean(),
  confirmation_method: except(oneOf('automatic'), 'manual'),
  currency: required(currency()),
  metadata: metadata(),
  on_behalf_of: unserved(),
  receipt_email: receiptEmail,
  setup_future_usage: setupFutureUsage,
  shipping,
});

export type CreatePaymentIntentParams = ParamsOf<typeof createPaymentIntentParams>;

export const updatePaymentIntentParams = object({
  ...common,
  ...describing,
  amount,
  currency: currency(),
  metadata: clearable(metadata()),
  receipt_email: clearable(receiptEmail),
  setup_future_usage: clearable(setupFutureUsage),
  shipping: clearable(shipping),
});

export type PaymentIntentChange = ParamsOf<typeof updatePaymentIntentParams>;

export const confirmPaymentIntentParams = object({
  ...common,
  ...confirming,
  amount_to_confirm: unserved(),
  receipt_email: clearable(receiptEmail),
  setup_future_usage: clearable(setupFutureUsage),
  shipping: clearable(shipping),
});

export type ConfirmPaymentIntentParams = ParamsOf<typeof confirmPaymentIntentParams>;

export const cancelPaymentIntentParams = object({
  cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'),
});

export const listPaymentIntentsParams = object({
  ...PAGING,
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
});

export const retrieveIntentParams = object({ client_secret: string() });

/** Our own addition: what the customer does when the bank asks. */
export const authenticateParams = object({ outcome: required(oneOf('succeed', 'fail')) });
