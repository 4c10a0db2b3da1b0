import { findCustomer } from '../customers/customer.sql.ts';
import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import { findMeter } from '../metering/meter.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { exclusiveCursors, listView, PAGING } from '../stripe/lists.ts';
import { object, type ParamsOf } from '../stripe/params.ts';
import { string } from '../stripe/params.types.ts';
import { type Route, route } from '../stripe/route.ts';
import { readSharedMeterId, type SharedMeter, sharedMeterId, warningOf } from './shared_meter.ts';
import { findSharedMeters } from './shared_meter.sql.ts';

const PATH = '/v1/usance/shared_meters';

const listSharedMetersParams = object({ ...PAGING, customer: string(), meter: string() });

/** Meters whose usage several items of one customer bill, which may not be meant. */
export const sharedMeterRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    answers: { list: 'usance.shared_meter' },
    params: listSharedMetersParams,
    handle: listSharedMeters,
  }),
];

async function listSharedMeters(context: Context, params: ParamsOf<typeof listSharedMetersParams>) {
  const { customer: customerId, meter: meterId, limit = DEFAULT_LIST_LIMIT } = params;
  const { starting_after: after, ending_before: before } = params;
  if (after !== undefined && before !== undefined) throw exclusiveCursors();
  if (customerId !== undefined && (await findCustomer(context, customerId)) === undefined) {
    throw resourceMissing('customer', customerId, 'customer');
  }
  if (meterId !== undefined && (await findMeter(context, meterId)) === undefined) {
    throw resourceMissing('meter', meterId, 'meter');
  }
  const newer = before !== undefined;
  const place = await placeOf(context, after ?? before, newer ? 'ending_before' : 'starting_after');
  const page = { after: place, newer, limit: limit + 1 };
  const found = await findSharedMeters(context, { customerId, meterId }, page);
  const kept = found.slice(0, limit);
  const data = (newer ? kept.toReversed() : kept).map((shared) => viewSharedMeter(context, shared));
  return listView(PATH, data, found.length > limit);
}

/** A pair that shares nothing any more is a place all the same. */
async function placeOf(context: Context, id: string | undefined, param: string) {
  if (id === undefined) return undefined;
  const place = readSharedMeterId(id);
  const customer = place && (await findCustomer(context, place.customerId));
  const meter = place && (await findMeter(context, place.meterId));
  if (customer === undefined || meter === undefined) throw resourceMissing('shared meter', id, param);
  return place;
}

/** The wire shape: an object of ours, the original says nothing of it. */
function viewSharedMeter({ account }: Context, shared: SharedMeter) {
  return {
    id: sharedMeterId(shared),
    object: 'usance.shared_meter',
    customer: shared.customerId,
    items: shared.items.map(({ subscriptionId, itemId, priceId, dimensionFilter }) => ({
      dimension_filter: dimensionFilter,
      price: priceId,
      subscription: subscriptionId,
      subscription_item: itemId,
    })),
    livemode: account.livemode,
    meter: shared.meterId,
    warning: warningOf(shared),
  };
}
