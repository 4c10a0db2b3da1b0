import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import type { Meter, UsageSummary } from './meter.ts';

const DAY = 86_400;
const HOUR = 3_600;
/** What the API answers at once. */
const MAX_POINTS = 100;

/** How far a chart looks back, and by what steps. */
export const RANGES = {
  '24h': { label: '24 hours', step: HOUR, count: 24, window: 'hour' },
  '7d': { label: '7 days', step: DAY, count: 7, window: 'day' },
  '30d': { label: '30 days', step: DAY, count: 30, window: 'day' },
  '90d': { label: '90 days', step: DAY, count: 90, window: 'day' },
} as const;

export type Range = keyof typeof RANGES;

export function isRange(text: string | null): text is Range {
  return text !== null && text in RANGES;
}

/** The whole hours or days up to now, half-open, in unix seconds. */
export function boundsOf(range: Range, now: number): { readonly start: number; readonly end: number } {
  const { step, count } = RANGES[range];
  const end = (Math.floor(now / step) + 1) * step;
  return { start: end - count * step, end };
}

export type UsagePoint = { readonly at: number; readonly values: Readonly<Record<string, number>> };

type Asked = {
  readonly range: Range;
  readonly customer: string | null;
  readonly groupBy: string | null;
  readonly now: number;
};

/** Usage over time, of one customer or all, whole or by the values of a dimension; oldest first. */
export function useUsage(meter: Meter, { range, customer, groupBy, now }: Asked) {
  const { window, count } = RANGES[range];
  const { start, end } = boundsOf(range, now);
  const params = {
    start_time: start,
    end_time: end,
    value_grouping_window: window,
    customer: customer ?? undefined,
    limit: MAX_POINTS,
    ...(groupBy === null ? {} : { group_by: [groupBy] }),
  };
  const query = useGet<List<UsageSummary>>(`/v1/usance/meters/${meter.id}/summaries`, params, {
    refetchInterval: 5_000,
  });
  return {
    ...query,
    points: query.data && pointsOf(query.data.data),
    isCut: groupBy !== null && count > 0 && query.data?.has_more === true,
  };
}

/** Summaries by their time: a number for each value of the dimension, only to be drawn. */
function pointsOf(summaries: readonly UsageSummary[]): UsagePoint[] {
  const points = new Map<number, Record<string, number>>();
  for (const { start_time: at, aggregated_value: value, dimensions } of summaries.toReversed()) {
    const [name = 'Usage'] = Object.values(dimensions);
    const values = points.get(at) ?? {};
    values[name === '' ? '(empty)' : name] = Number(value);
    points.set(at, values);
  }
  return [...points].map(([at, values]) => ({ at, values }));
}
