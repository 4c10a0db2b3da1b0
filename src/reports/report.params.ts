import { PAGING } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { currency, oneOf, string, timestamp } from '../stripe/params.types.ts';

export const invoiceTotalsParams = object({
  currency: currency(),
  end_time: required(timestamp()),
  interval: oneOf('day', 'month'),
  start_time: required(timestamp()),
  test_clock: string(),
});

export type InvoiceTotalsParams = ParamsOf<typeof invoiceTotalsParams>;

export const overviewParams = object({ test_clock: string() });

export const clockEventsParams = object({ ...PAGING });
