import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { clearable, metadata, oneOf, string, unserved } from '../stripe/params.types.ts';
import { shipping } from './payment_method.params.ts';

export const updateChargeParams = object({
  customer: string(),
  description: string({ max: 40_000 }),
  fraud_details: object({ user_report: required(clearable(oneOf('fraudulent', 'safe'))) }),
  metadata: clearable(metadata()),
  receipt_email: string({ max: 512 }),
  shipping,
  transfer_group: unserved(),
});

export type ChargeChange = ParamsOf<typeof updateChargeParams>;

export const listChargesParams = object({
  ...PAGING,
  created: timeRange(),
  customer: string(),
  payment_intent: string(),
  transfer_group: unserved(),
});
