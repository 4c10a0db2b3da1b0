import { MAX_AMOUNT } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf } from '../stripe/params.ts';
import { bigInteger, clearable, metadata, oneOf, string, unserved } from '../stripe/params.types.ts';

export const createRefundParams = object({
  amount: bigInteger(1n, MAX_AMOUNT),
  charge: string(),
  // Refunds of balances, which no charge stands behind.
  currency: unserved(),
  customer: unserved(),
  instructions_email: unserved(),
  metadata: clearable(metadata()),
  origin: unserved(),
  payment_intent: string(),
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
  refund_application_fee: unserved(),
  reverse_transfer: unserved(),
});

export type CreateRefundParams = ParamsOf<typeof createRefundParams>;

export const updateRefundParams = object({ metadata: clearable(metadata()) });

export const listRefundsParams = object({
  ...PAGING,
  charge: string(),
  created: timeRange(),
  payment_intent: string(),
});
