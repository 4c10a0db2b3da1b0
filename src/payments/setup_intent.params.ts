import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf } from '../stripe/params.ts';
import { boolean, clearable, metadata, oneOf, string, unserved } from '../stripe/params.types.ts';
import { automaticPaymentMethods } from './payment_intent.params.ts';
import { allowedTypes } from './payment_method.params.ts';

const common = {
  attach_to_self: unserved(),
  customer: string(),
  customer_account: unserved(),
  description: string({ max: 1000 }),
  excluded_payment_method_types: unserved(),
  flow_directions: unserved(),
  payment_method: string(),
  payment_method_configuration: unserved(),
  payment_method_data: unserved(),
  payment_method_options: unserved(),
};

export const createSetupIntentParams = object({
  ...common,
  allowed_payment_method_types: allowedTypes,
  automatic_payment_methods: automaticPaymentMethods,
  confirm: boolean(),
  confirmation_token: unserved(),
  mandate_data: unserved(),
  metadata: metadata(),
  on_behalf_of: unserved(),
  return_url: unserved(),
  single_use: unserved(),
  usage: oneOf('off_session', 'on_session'),
  use_stripe_sdk: unserved(),
});

export type CreateSetupIntentParams = ParamsOf<typeof createSetupIntentParams>;

export const updateSetupIntentParams = object({
  ...common,
  allowed_payment_method_types: clearable(allowedTypes),
  metadata: clearable(metadata()),
});

export type SetupIntentChange = ParamsOf<typeof updateSetupIntentParams>;

export const confirmSetupIntentParams = object({
  allowed_payment_method_types: allowedTypes,
  confirmation_token: unserved(),
  mandate_data: unserved(),
  payment_method: string(),
  payment_method_data: unserved(),
  payment_method_options: unserved(),
  return_url: unserved(),
  use_stripe_sdk: unserved(),
});

export const cancelSetupIntentParams = object({
  cancellation_reason: oneOf('abandoned', 'duplicate', 'requested_by_customer'),
});

export const listSetupIntentsParams = object({
  ...PAGING,
  attach_to_self: unserved(),
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
  payment_method: string(),
});
