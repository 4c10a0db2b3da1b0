import type { Queryable } from '../db/pool.ts';
import type { StripeError } from '../stripe/errors.ts';
import { fromUnix } from '../time/instant.ts';
import { type AccountCache, type AccountView, knownSeries } from './account_cache.ts';
import { type MeterEvent, tooManyCombinations, unknownCustomer } from './meter_event.ts';
import { countCombinations, ensureSeries, type SeriesKey } from './series.sql.ts';

/** An event whose series is wanted: `series` becomes its number, or `error` the refusal. */
export type SeriesWanted = {
  readonly view: AccountView;
  readonly event: MeterEvent;
  series: number | undefined;
  error: StripeError | undefined;
};

/** Finds the series of events: those that are remembered at once, all others with one query. */
export async function resolveSeries(
  db: Queryable,
  cache: AccountCache,
  wanted: readonly SeriesWanted[],
  nowMs: number,
): Promise<void> {
  const missing = new Map<string, [SeriesWanted, ...SeriesWanted[]]>();
  for (const want of wanted) {
    want.series = knownSeries(want.view, want.event);
    if (want.series !== undefined) continue;
    const name = `${want.view.accountId} ${want.event.meter.id} ${want.event.customerId} ${want.event.dimensions}`;
    const same = missing.get(name);
    if (same === undefined) missing.set(name, [want]);
    else same.push(want);
  }
  if (missing.size === 0) return;
  const groups = await refuseCombinations(db, [...missing.values()], nowMs);
  if (groups.length === 0) return;
  const ids = await ensureSeries(db, groups.map(keyOf), fromUnix(Math.floor(nowMs / 1000)));
  for (const [index, group] of groups.entries()) remember(cache, group, ids[index]);
}

/** Events of one new series. */
type Group = readonly [SeriesWanted, ...SeriesWanted[]];

function keyOf([{ view, event }]: Group): SeriesKey {
  const { meter, customerId, dimensions } = event;
  return { accountId: view.accountId, meterId: meter.id, customerId, dimensions };
}

function remember(cache: AccountCache, group: Group, id: number | undefined): void {
  for (const [index, want] of group.entries()) {
    want.series = id;
    if (id === undefined) want.error = unknownCustomer(want.event);
    else if (index === 0) cache.rememberSeries(want.view, want.event, id);
  }
}

/**
 * Refuses new combinations of dimension values beyond the account's limits (the guide's: 100 a customer and meter,
 * 10,000 a meter and hour); answers the others. Two processes may each let the last one in at the same moment.
 */
async function refuseCombinations(db: Queryable, groups: Group[], nowMs: number): Promise<Group[]> {
  const dimensioned = groups.filter(([{ event }]) => event.meter.dimensionKeys.length > 0);
  if (dimensioned.length === 0) return groups;
  const since = fromUnix(Math.floor(nowMs / 1000) - 3_600);
  const counts = await countCombinations(db, dimensioned.map(keyOf), since);
  const ofCustomers = new Map<string, number>();
  const newOfMeters = new Map<string, Set<string>>();
  const refused = new Set<Group>();
  for (const [index, group] of dimensioned.entries()) {
    const { view, event } = group[0];
    const count = counts[index];
    if (count === undefined || count.exists) continue;
    const customer = `${event.meter.id} ${event.customerId}`;
    const ofCustomer = (ofCustomers.get(customer) ?? count.ofCustomer) + 1;
    const fresh = newOfMeters.get(event.meter.id) ?? new Set<string>();
    const isNew = !count.known && !fresh.has(event.dimensions);
    const problem = overLimit(view, event, ofCustomer, isNew ? count.recent + fresh.size + 1 : 0);
    if (problem !== undefined) {
      refused.add(group);
      for (const want of group) want.error = problem;
      continue;
    }
    ofCustomers.set(customer, ofCustomer);
    if (isNew) newOfMeters.set(event.meter.id, fresh.add(event.dimensions));
  }
  return groups.filter((group) => !refused.has(group));
}

function overLimit({ settings }: AccountView, event: MeterEvent, ofCustomer: number, recent: number) {
  const { maxCustomerCombinations, maxHourlyCombinations } = settings;
  if (ofCustomer > maxCustomerCombinations) return tooManyCombinations(event, maxCustomerCombinations, 'customer');
  if (recent > maxHourlyCombinations) return tooManyCombinations(event, maxHourlyCombinations, 'hour');
  return undefined;
}
