import { createHash } from 'node:crypto';
import { findCustomer } from '../customers/customer.sql.ts';
import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { exclusiveCursors, type PagingParams } from '../stripe/lists.ts';
import { fromUnix, startOfDay, startOfHour, startOfMinute, toUnix } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import type { Meter } from './meter.ts';
import type { ListSummariesParams, ListUsageSummariesParams } from './meter.params.ts';
import { findGroups, usageByCell } from './summary.sql.ts';
import type { DimensionFilter, UsageSource } from './usage.sql.ts';

/** The usage of one window and one group. Summaries are not stored: an id tells its window and group. */
export type Summary = {
  readonly id: string;
  readonly period: Period;
  /** Values of the dimensions that were grouped by; {} without grouping. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: Decimal;
};

export type SummaryPage = { readonly summaries: readonly Summary[]; readonly hasMore: boolean };

type Window = 'hour' | 'day' | undefined;

const WINDOW_SECONDS = { hour: 3_600, day: 86_400 } as const;

/**
 * The summaries of a range: one for the whole of it, or one an hour or day (also those without usage, so that a chart
 * has no holes), newest first as every list. Bounds must lie on minutes, hours or days accordingly
 * (reference: list all billing meter event summaries).
 */
export async function listSummaries(context: Context, meter: Meter, params: ListSummariesParams): Promise<SummaryPage> {
  checkBounds(params, params.value_grouping_window ?? 'minute');
  const source = await sourceOf(context, meter, params, {});
  return await readPage(context, new SummaryGrid(context, source, params.value_grouping_window, [], [[]]), params);
}

/**
 * The same in our own words: of any range of seconds when it is not cut into windows, of the usage whose dimensions have
 * the values of `filter`, and apart for each combination of the dimensions `group_by`; of all customers as if they were one
 * where none is named. Of one window the groups come in the order of their values, those that have no usage in it included.
 */
export async function listUsageSummaries(
  context: Context,
  meter: Meter,
  params: ListUsageSummariesParams,
): Promise<SummaryPage> {
  const { group_by: groupBy = [], filter = new Map<string, string>(), value_grouping_window: window } = params;
  checkBounds(params, window);
  checkDimensions(meter, groupBy, filter);
  const source = await sourceOf(context, meter, params, Object.fromEntries(filter));
  const groups = groupBy.length === 0 ? [[]] : await findGroups(source, groupBy);
  return await readPage(context, new SummaryGrid(context, source, window, groupBy, groups), params);
}

type Bounds = { readonly start_time: Temporal.Instant; readonly end_time: Temporal.Instant };

/** Throws where bounds do not lie on the starts of units, or the range is empty. */
export function checkBounds(
  { start_time: start, end_time: end }: Bounds,
  unit: 'minute' | 'hour' | 'day' | undefined,
): void {
  const floor = { hour: startOfHour, day: startOfDay, minute: startOfMinute };
  const boundary = { hour: 'the start of a UTC hour', day: 'the start of a UTC day', minute: 'a minute boundary' };
  for (const [name, instant] of [
    ['start_time', start],
    ['end_time', end],
  ] as const) {
    if (unit === undefined || floor[unit](instant).equals(instant)) continue;
    throw invalidRequest(`${name} must be aligned with ${boundary[unit]}; got ${toUnix(instant)}.`, name);
  }
  if (Temporal.Instant.compare(start, end) >= 0) throw invalidRequest('end_time must be after start_time.', 'end_time');
}

function checkDimensions(
  { id, dimensionKeys }: Meter,
  groupBy: readonly string[],
  filter: ReadonlyMap<string, string>,
) {
  const known = dimensionKeys.length === 0 ? 'it has none' : `it has ${dimensionKeys.join(', ')}`;
  const named = [
    ...groupBy.map((key, index) => [key, `group_by[${index}]`] as const),
    ...[...filter.keys()].map((key) => [key, `filter[${key}]`] as const),
  ];
  for (const [key, param] of named) {
    if (dimensionKeys.includes(key)) continue;
    throw invalidRequest(`The meter ${id} has no dimension '${key}': ${known}.`, param);
  }
  if (new Set(groupBy).size < groupBy.length) throw invalidRequest('group_by names a dimension twice.', 'group_by');
}

/** Throws resource_missing when the customer does not exist. */
async function sourceOf(
  context: Context,
  meter: Meter,
  { customer, start_time: start, end_time: end }: Bounds & { readonly customer?: string | undefined },
  filter: DimensionFilter,
): Promise<UsageSource> {
  const period = { start, end };
  if (customer === undefined) return { scope: context, meter, customerId: null, period, filter };
  if ((await findCustomer(context, customer)) === undefined) throw resourceMissing('customer', customer, 'customer');
  return { scope: context, meter, customerId: customer, period, filter };
}

/** The windows of a range from the newest on, each with its groups: a numbered list. */
class SummaryGrid {
  readonly source: UsageSource;
  readonly window: Window;
  readonly groupBy: readonly string[];
  readonly groups: readonly (readonly string[])[];
  readonly count: number;
  readonly #idHead: string;
  readonly #seconds: number;
  readonly #end: number;

  constructor(
    context: Context,
    source: UsageSource,
    window: Window,
    groupBy: readonly string[],
    groups: readonly (readonly string[])[],
  ) {
    const { meter, customerId, period, filter } = source;
    this.source = source;
    this.window = window;
    this.groupBy = groupBy;
    this.groups = groups;
    this.#end = toUnix(period.end);
    const length = this.#end - toUnix(period.start);
    this.#seconds = window === undefined ? length : WINDOW_SECONDS[window];
    this.count = (length / this.#seconds) * groups.length;
    const sorted = Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
    const owner = [`${meter.id} ${customerId}`, ...(sorted.length === 0 ? [] : [sorted])];
    this.#idHead = `mtrusg_${context.account.livemode ? '' : 'test_'}${hash(...owner)}`;
  }

  group(index: number): readonly string[] {
    return this.groups[index % this.groups.length] ?? [];
  }

  period(index: number): Period {
    const end = this.#end - Math.floor(index / this.groups.length) * this.#seconds;
    return { start: fromUnix(end - this.#seconds), end: fromUnix(end) };
  }

  id(index: number): string {
    const { start, end } = this.period(index);
    return `${this.#idHead}${this.#groupId(this.group(index))}_${toUnix(start).toString(36)}_${toUnix(end).toString(36)}`;
  }

  /** The place of a summary in this list, by its id. */
  indexOf(id: string): number | undefined {
    const windowIndex = (this.#end - Number.parseInt(id.split('_').at(-1) ?? '', 36)) / this.#seconds;
    if (!Number.isInteger(windowIndex) || windowIndex < 0) return undefined;
    const first = windowIndex * this.groups.length;
    const at = this.groups.findIndex((_, offset) => first + offset < this.count && this.id(first + offset) === id);
    return at === -1 ? undefined : first + at;
  }

  #groupId(group: readonly string[]): string {
    return group.length === 0 ? '' : `_${hash(this.groupBy, group)}`;
  }
}

function hash(...parts: unknown[]): string {
  const text = parts.length === 1 && typeof parts[0] === 'string' ? parts[0] : JSON.stringify(parts);
  return createHash('sha256').update(text).digest('hex').slice(0, 14);
}

async function readPage(context: Context, grid: SummaryGrid, paging: PagingParams): Promise<SummaryPage> {
  const { first, count, hasMore } = pageOf(grid, paging);
  if (count === 0) return { summaries: [], hasMore };
  // Only what the page shows is read.
  const period = { start: grid.period(first + count - 1).start, end: grid.period(first).end };
  const cells = await usageByCell({ ...grid.source, scope: context, period }, grid.window, grid.groupBy);
  const values = new Map(cells.map(({ windowAt, group, value }) => [cellName(windowAt, group), value]));
  const summaries = Array.from({ length: count }, (_, offset) => summaryAt(grid, first + offset, values));
  return { summaries, hasMore };
}

function cellName(windowAt: number, group: readonly string[]): string {
  return JSON.stringify([windowAt, ...group]);
}

function summaryAt(grid: SummaryGrid, index: number, values: ReadonlyMap<string, Decimal>): Summary {
  const period = grid.period(index);
  const group = grid.group(index);
  return {
    id: grid.id(index),
    period,
    dimensions: Object.fromEntries(grid.groupBy.map((key, place) => [key, group[place] ?? ''])),
    value: values.get(cellName(toUnix(period.start), group)) ?? ZERO,
  };
}

function pageOf(grid: SummaryGrid, paging: PagingParams): { first: number; count: number; hasMore: boolean } {
  const { starting_after: after, ending_before: before, limit = DEFAULT_LIST_LIMIT } = paging;
  if (after !== undefined && before !== undefined) throw exclusiveCursors();
  const cursor = after ?? before;
  if (cursor === undefined) return { first: 0, count: Math.min(limit, grid.count), hasMore: grid.count > limit };
  const at = grid.indexOf(cursor);
  if (at === undefined) {
    throw resourceMissing(
      'billing meter event summary',
      cursor,
      after === undefined ? 'ending_before' : 'starting_after',
    );
  }
  if (after !== undefined) {
    const left = grid.count - at - 1;
    return { first: at + 1, count: Math.min(limit, left), hasMore: left > limit };
  }
  return { first: Math.max(0, at - limit), count: Math.min(limit, at), hasMore: at > limit };
}
