import { PAGING } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { oneOf, string, timestamp } from '../stripe/params.types.ts';

const payloadKey = string({ max: 100 });

export const createMeterParams = object({
  default_aggregation: required(object({ formula: required(oneOf('count', 'last', 'sum')) })),
  display_name: required(string({ max: 250 })),
  event_name: required(string({ max: 100 })),
  customer_mapping: object({ event_payload_key: required(payloadKey), type: required(oneOf('by_id')) }),
  event_time_window: oneOf('day', 'hour'),
  value_settings: object({ event_payload_key: required(payloadKey) }),
});

export type CreateMeterParams = ParamsOf<typeof createMeterParams>;

export const updateMeterParams = object({ display_name: string({ max: 250 }) });

export const listMetersParams = object({ ...PAGING, status: oneOf('active', 'inactive') });

export const listSummariesParams = object({
  ...PAGING,
  customer: required(string()),
  start_time: required(timestamp()),
  end_time: required(timestamp()),
  value_grouping_window: oneOf('day', 'hour'),
});

export type ListSummariesParams = ParamsOf<typeof listSummariesParams>;

export const noParams = object({});
