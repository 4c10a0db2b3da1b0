import { PAGING, timeRange } from '../../stripe/lists.ts';
import { object, type ParamsOf } from '../../stripe/params.ts';
import { oneOf, string } from '../../stripe/params.types.ts';

/** What may have become of late usage. */
export const LATE_STATUSES = [
  'billed',
  'by_hand',
  'correction',
  'dropped',
  'no_charge',
  'on_draft',
  'pending',
  'unknown',
] as const;

/** `created` is when the invoice was made that billed the period first. */
export const listLateUsageParams = object({
  ...PAGING,
  created: timeRange(),
  customer: string(),
  meter: string(),
  status: oneOf(...LATE_STATUSES),
  subscription: string(),
});

export type ListLateUsageParams = ParamsOf<typeof listLateUsageParams>;
