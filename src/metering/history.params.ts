import { object, type ParamsOf } from '../stripe/params.ts';
import { oneOf, string } from '../stripe/params.types.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { dimensionValues } from './meter.params.ts';
import { MAX_IDENTIFIER_CHARACTERS } from './meter_event.params.ts';

/** Without a status counted and cancelled events are listed together; rejected ones are listed when asked for. */
export const listEventsParams = object({
  ...PAGING,
  meter: string(),
  customer: string(),
  dimensions: dimensionValues(),
  identifier: string({ max: MAX_IDENTIFIER_CHARACTERS }),
  status: oneOf('counted', 'cancelled', 'rejected'),
  timestamp: timeRange(),
});

export type ListEventsParams = ParamsOf<typeof listEventsParams>;
