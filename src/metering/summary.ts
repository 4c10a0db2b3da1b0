import { createHash } from 'node:crypto';
import { findCustomer } from '../customers/customer.sql.ts';
import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { exactNumber, type JsonObject } from '../stripe/json.ts';
import { exclusiveCursors, listView, type PagingParams } from '../stripe/lists.ts';
import { fromUnix, startOfDay, startOfHour, startOfMinute, toUnix } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import type { Meter } from './meter.ts';
import type { ListSummariesParams } from './meter.params.ts';
import { usageByWindow } from './summary.sql.ts';
import { usageOf } from './usage.sql.ts';

const WINDOW_SECONDS = { hour: 3_600, day: 86_400 } as const;

/**
 * The summaries of a range: one for the whole of it, or one an hour or day (also those without usage, so that a chart
 * has no holes), newest first as every list. Bounds must lie on minutes, hours or days accordingly
 * (reference: list all billing meter event summaries).
 */
export async function listSummaries(context: Context, meter: Meter, params: ListSummariesParams): Promise<JsonObject> {
  checkBounds(params);
  const { customer, start_time: start, end_time: end, value_grouping_window: window } = params;
  if ((await findCustomer(context, customer)) === undefined) throw resourceMissing('customer', customer, 'customer');
  const series = new WindowSeries(context, meter, customer, { start, end }, window);
  const { first, count, hasMore } = pageOf(series, params);
  const data = count === 0 ? [] : await summarize(context, meter, customer, series, first, count, window);
  return listView(`/v1/billing/meters/${meter.id}/event_summaries`, data, hasMore);
}

function checkBounds({ start_time: start, end_time: end, value_grouping_window: window }: ListSummariesParams): void {
  const floor = { hour: startOfHour, day: startOfDay, minute: startOfMinute }[window ?? 'minute'];
  const boundary = { hour: 'the start of a UTC hour', day: 'the start of a UTC day', minute: 'a minute boundary' };
  for (const [name, instant] of [
    ['start_time', start],
    ['end_time', end],
  ] as const) {
    if (floor(instant).equals(instant)) continue;
    throw invalidRequest(`${name} must be aligned with ${boundary[window ?? 'minute']}; got ${toUnix(instant)}.`, name);
  }
  if (Temporal.Instant.compare(start, end) >= 0) throw invalidRequest('end_time must be after start_time.', 'end_time');
}

/** The windows of a range, numbered from the newest. Summaries are not stored: an id tells its window. */
class WindowSeries {
  readonly count: number;
  readonly #idHead: string;
  readonly #seconds: number;
  readonly #end: number;

  constructor(context: Context, meter: Meter, customer: string, range: Period, window: 'hour' | 'day' | undefined) {
    const length = toUnix(range.end) - toUnix(range.start);
    this.#end = toUnix(range.end);
    this.#seconds = window === undefined ? length : WINDOW_SECONDS[window];
    this.count = length / this.#seconds;
    const owner = createHash('sha256').update(`${meter.id} ${customer}`).digest('hex').slice(0, 14);
    this.#idHead = `mtrusg_${context.account.livemode ? '' : 'test_'}${owner}`;
  }

  period(index: number): Period {
    const end = this.#end - index * this.#seconds;
    return { start: fromUnix(end - this.#seconds), end: fromUnix(end) };
  }

  id(index: number): string {
    const { start, end } = this.period(index);
    return `${this.#idHead}x${toUnix(start).toString(36)}x${toUnix(end).toString(36)}`;
  }

  /** The place of a summary in this list, by its id. */
  indexOf(id: string): number | undefined {
    const end = Number.parseInt(id.split('x').at(-1) ?? '', 36);
    const index = (this.#end - end) / this.#seconds;
    return Number.isInteger(index) && index >= 0 && index < this.count && this.id(index) === id ? index : undefined;
  }
}

function pageOf(series: WindowSeries, paging: PagingParams): { first: number; count: number; hasMore: boolean } {
  const { starting_after: after, ending_before: before, limit = DEFAULT_LIST_LIMIT } = paging;
  if (after !== undefined && before !== undefined) throw exclusiveCursors();
  const cursor = after ?? before;
  if (cursor === undefined) return { first: 0, count: Math.min(limit, series.count), hasMore: series.count > limit };
  const at = series.indexOf(cursor);
  if (at === undefined) {
    throw resourceMissing(
      'billing meter event summary',
      cursor,
      after === undefined ? 'ending_before' : 'starting_after',
    );
  }
  if (after !== undefined) {
    const left = series.count - at - 1;
    return { first: at + 1, count: Math.min(limit, left), hasMore: left > limit };
  }
  return { first: Math.max(0, at - limit), count: Math.min(limit, at), hasMore: at > limit };
}

async function summarize(
  context: Context,
  meter: Meter,
  customer: string,
  series: WindowSeries,
  first: number,
  count: number,
  window: 'hour' | 'day' | undefined,
): Promise<JsonObject[]> {
  const range = { start: series.period(first + count - 1).start, end: series.period(first).end };
  const values =
    window === undefined
      ? new Map([[toUnix(range.start), await usageOf(context, meter, customer, range)]])
      : await usageByWindow(context, meter, customer, range, window);
  return Array.from({ length: count }, (_, offset) => viewSummary(context, meter, series, first + offset, values));
}

function viewSummary(
  context: Context,
  meter: Meter,
  series: WindowSeries,
  index: number,
  values: ReadonlyMap<number, Decimal>,
): JsonObject {
  const { start, end } = series.period(index);
  return {
    id: series.id(index),
    object: 'billing.meter_event_summary',
    aggregated_value: exactNumber(values.get(toUnix(start)) ?? ZERO),
    end_time: toUnix(end),
    livemode: context.account.livemode,
    meter: meter.id,
    start_time: toUnix(start),
  };
}
