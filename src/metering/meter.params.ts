import { MAX_DIMENSION_KEYS } from '../limits.ts';
import { PAGING } from '../stripe/lists.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import { list, mapOf, oneOf, string, timestamp } from '../stripe/params.types.ts';

const payloadKey = string({ max: 100 });

const METER = {
  display_name: required(string({ max: 250 })),
  event_name: required(string({ max: 100 })),
  customer_mapping: object({ event_payload_key: required(payloadKey), type: required(oneOf('by_id')) }),
  event_time_window: oneOf('day', 'hour'),
  value_settings: object({ event_payload_key: required(payloadKey) }),
};

export const createMeterParams = object({
  default_aggregation: required(object({ formula: required(oneOf('count', 'last', 'sum')) })),
  ...METER,
});

/** Our own superset. */
export const createUsageMeterParams = object({
  default_aggregation: required(
    object({ formula: required(oneOf('average', 'count', 'last', 'max', 'min', 'sum', 'unique_count')) }),
  ),
  ...METER,
  dimension_payload_keys: list(payloadKey, { max: MAX_DIMENSION_KEYS }),
});

export type CreateUsageMeterParams = ParamsOf<typeof createUsageMeterParams>;

export const updateMeterParams = object({ display_name: string({ max: 250 }) });

export const listMetersParams = object({ ...PAGING, status: oneOf('active', 'inactive') });

const SUMMARIES = {
  ...PAGING,
  start_time: required(timestamp()),
  end_time: required(timestamp()),
  value_grouping_window: oneOf('day', 'hour'),
};

export const listSummariesParams = object({ ...SUMMARIES, customer: required(string()) });

export type ListSummariesParams = ParamsOf<typeof listSummariesParams>;

/** A dimension may have the empty text as its value, and a filter may ask for it. */
const dimensionValue = {
  shape: { kind: 'scalar', name: 'string' },
  decode(node, path, problems) {
    if (typeof node === 'string' && !node.includes('\0')) return node;
    problems.type(path, 'Invalid string');
    return undefined;
  },
} satisfies ParamType<string>;

/** Values that dimensions must have, by key. */
export function dimensionValues(): ParamType<Map<string, string>> {
  return mapOf(dimensionValue, (name) => (name.includes('\0') ? 'Invalid name: it must not contain NUL' : undefined));
}

export const listUsageSummariesParams = object({
  ...SUMMARIES,
  customer: string(),
  group_by: list(payloadKey, { max: MAX_DIMENSION_KEYS }),
  filter: dimensionValues(),
});

export type ListUsageSummariesParams = ParamsOf<typeof listUsageSummariesParams>;

export const listTopCustomersParams = object({
  start_time: required(timestamp()),
  end_time: required(timestamp()),
  limit: PAGING.limit,
});

export type ListTopCustomersParams = ParamsOf<typeof listTopCustomersParams>;

export const noParams = object({});
