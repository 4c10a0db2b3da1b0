import { DEFAULT_LIST_LIMIT, FEW_HISTORY_SERIES, MAX_HISTORY_SERIES } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import { exclusiveCursors, listView, type PagingParams, timeBounds } from '../stripe/lists.ts';
import type { ListEventsParams } from './history.params.ts';
import {
  countSeries,
  type EventFilter,
  type EventQuery,
  findByIdentifier,
  findCancelled,
  findEventAt,
  findInSeries,
  findInTime,
} from './history.sql.ts';
import { viewCounted, viewRejected } from './history.view.ts';
import { decodeEventId, isRejectedEventId } from './history_id.ts';
import { backwards, forwards, type Stretch } from './history_window.ts';
import { identifierHash } from './meter_event.ts';
import { findMeters } from './meter.sql.ts';
import { findRejectedEvent, findRejectedEvents } from './rejected_event.sql.ts';
import type { StoredEvent } from './stored_event.sql.ts';

const KIND = 'meter event';

/** A stretch of 4,096 seconds is not long: together with those before it, the last hour and a half. */
const LONG_STRETCH_HOURS = 2;

/** The single event of an id, counted, cancelled or rejected. Throws resource_missing. */
export async function retrieveEvent(context: Context, id: string): Promise<JsonObject> {
  if (isRejectedEventId(id)) {
    const rejected = await findRejectedEvent(context, id);
    if (rejected === undefined) throw resourceMissing(KIND, id);
    return viewRejected(context, rejected);
  }
  const event = await findById(context, id);
  if (event === undefined) throw resourceMissing(KIND, id);
  const [view] = await viewAll(context, [event]);
  return view as JsonObject;
}

async function findById(context: Context, id: string): Promise<StoredEvent | undefined> {
  const place = decodeEventId(id, context.account.livemode);
  return place && (await findEventAt(context, place));
}

/**
 * A page of the event history, the newest event time first; rejected events by their receipt. Throws resource_missing for
 * a cursor that is no event of the account, or none of the kind that is listed.
 */
export async function listEvents(context: Context, params: ListEventsParams): Promise<JsonObject> {
  const { starting_after: after, ending_before: before, limit = DEFAULT_LIST_LIMIT } = params;
  if (after !== undefined && before !== undefined) throw exclusiveCursors();
  if (params.status === 'rejected' && params.dimensions !== undefined) {
    throw invalidRequest('Rejected events have no `dimensions`: they were not counted.', 'dimensions');
  }
  const newer = before !== undefined;
  // One more than asked tells whether there are more.
  const page = { newer, limit: limit + 1 };
  const rows = await listByStatus(context, params, page);
  const kept = rows.slice(0, limit);
  if (newer) kept.reverse();
  return listView('/v1/usance/meter_events', kept, rows.length > limit);
}

type PageSize = { readonly newer: boolean; readonly limit: number };

/** Who asks for an identifier wants to know what became of it: without a status, rejected events follow the counted one. */
async function listByStatus(context: Context, params: ListEventsParams, page: PageSize): Promise<JsonObject[]> {
  const { status, identifier } = params;
  const { starting_after: after, ending_before: before, ...first } = params;
  if (status === 'rejected') return await listRejected(context, params, page);
  if (identifier === undefined || status !== undefined) return await listCounted(context, params, status, page);
  if (isRejectedEventId(after ?? before ?? '')) return await listRejected(context, params, page);
  const counted = await listCounted(context, params, status, page);
  if (page.newer) return counted;
  const rest = { newer: false, limit: page.limit - counted.length };
  return [...counted, ...(await listRejected(context, first, rest))];
}

async function listRejected(context: Context, params: ListEventsParams, page: PageSize): Promise<JsonObject[]> {
  const cursor = await requireCursor(params, (id) => findRejectedEvent(context, id));
  const events = await findRejectedEvents(context, filterOf(params), { ...page, cursor });
  return events.map((event) => viewRejected(context, event));
}

async function listCounted(
  context: Context,
  params: ListEventsParams,
  status: 'counted' | 'cancelled' | undefined,
  page: PageSize,
): Promise<JsonObject[]> {
  const cursor = await requireCursor(params, (id) => findById(context, id));
  return await viewAll(context, await findEvents(context, { filter: filterOf(params), status, cursor, ...page }));
}

/** Chooses the way that reads least; none of them reads all events of the account to find a page. */
async function findEvents(context: Context, query: EventQuery): Promise<StoredEvent[]> {
  const { filter, status } = query;
  if (filter.identifier !== undefined) {
    const found = await findIdentified(context, query, filter.identifier);
    return found.filter(({ cancelledAt }) => status !== 'cancelled' || cancelledAt !== null);
  }
  if (status === 'cancelled') return await findCancelled(context, query);
  const series = await countSeries(context, filter, MAX_HISTORY_SERIES + 1);
  if (series <= FEW_HISTORY_SERIES) return await findInSeries(context, query);
  return await findByTime(context, query, series <= MAX_HISTORY_SERIES);
}

/** An identifier that is forgotten is looked for among the raw events of a meter or customer, where one is named. */
async function findIdentified(context: Context, query: EventQuery, identifier: string): Promise<StoredEvent[]> {
  const found = await findByIdentifier(context, identifierHash(context.account.id, identifier), query);
  const { meterId, customerId } = query.filter;
  if (found.length > 0 || (meterId === undefined && customerId === undefined)) return found;
  return await findInSeries(context, query);
}

/**
 * Looks at ever longer stretches of time until the page is full. They hold the events of all accounts, so an account that
 * is not among the busy ones turns to its series when they get long, if it has not too many.
 */
async function findByTime(context: Context, query: EventQuery, mayReadSeries: boolean): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (const stretch of stretchesOf(query, context.now)) {
    const rest = { ...query, limit: query.limit - found.length };
    if (mayReadSeries && isLong(stretch, context.now)) {
      const bound = query.newer ? { from: stretch.from } : { before: stretch.before };
      return [...found, ...(await findInSeries(context, { ...rest, filter: { ...query.filter, ...bound } }))];
    }
    const filter = { ...query.filter, from: stretch.from, before: stretch.before };
    found.push(...(await findInTime(context, { ...rest, filter })));
    if (found.length >= query.limit) break;
  }
  return found;
}

function isLong({ from, before }: Stretch, now: Temporal.Instant): boolean {
  return from.until(before ?? now).total('hours') > LONG_STRETCH_HOURS;
}

function stretchesOf({ filter, cursor, newer }: EventQuery, now: Temporal.Instant) {
  const at = cursor && Temporal.Instant.fromEpochMilliseconds(cursor.eventAtMs);
  if (!newer || at === undefined) {
    // The cursor's own millisecond may hold older events.
    const before = [filter.before, at?.add({ milliseconds: 1 })].filter((bound) => bound !== undefined);
    before.sort(Temporal.Instant.compare);
    return backwards(filter.from, before[0], now);
  }
  const from = filter.from !== undefined && Temporal.Instant.compare(filter.from, at) > 0 ? filter.from : at;
  return forwards(from, filter.before, now);
}

function filterOf({ identifier, meter, customer, dimensions, timestamp }: ListEventsParams): EventFilter {
  const values = dimensions && Object.fromEntries(dimensions);
  return {
    identifier,
    meterId: meter,
    customerId: customer,
    dimensions: values,
    ...(timestamp && timeBounds(timestamp)),
  };
}

async function requireCursor<T>(
  { starting_after: after, ending_before: before }: PagingParams,
  find: (id: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const id = after ?? before;
  if (id === undefined) return undefined;
  const found = await find(id);
  if (found !== undefined) return found;
  throw resourceMissing(KIND, id, after === undefined ? 'ending_before' : 'starting_after');
}

async function viewAll(context: Context, events: readonly StoredEvent[]): Promise<JsonObject[]> {
  const meters = await findMeters(context, [...new Set(events.map(({ meterId }) => meterId))]);
  const byId = new Map(meters.map((meter) => [meter.id, meter]));
  return events.flatMap((event) => {
    const meter = byId.get(event.meterId);
    return meter === undefined ? [] : [viewCounted(context, event, meter)];
  });
}
