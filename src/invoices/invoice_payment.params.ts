import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { oneOf, string, unserved } from '../stripe/params.types.ts';

export const listInvoicePaymentsParams = object({
  ...PAGING,
  created: timeRange(),
  invoice: string(),
  payment: object({
    payment_intent: string(),
    payment_record: unserved(),
    type: required(oneOf('payment_intent', 'payment_record')),
  }),
  status: oneOf('canceled', 'open', 'paid'),
});

export type ListInvoicePaymentsParams = ParamsOf<typeof listInvoicePaymentsParams>;
