import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import { formatDecimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Meter } from './meter.ts';
import type { ListTopCustomersParams } from './meter.params.ts';
import { checkBounds } from './summary.ts';
import { type CustomerUsage, usageByCustomer } from './summary.sql.ts';

/** Who used most of a meter in `[start, end)`, of whole seconds; those who used nothing are left out. */
export async function listTopCustomers(
  context: Context,
  meter: Meter,
  params: ListTopCustomersParams,
): Promise<{ customers: CustomerUsage[]; hasMore: boolean }> {
  checkBounds(params, undefined);
  const { start_time: start, end_time: end, limit = DEFAULT_LIST_LIMIT } = params;
  const source = { scope: context, meter, customerId: null, period: { start, end }, filter: {} };
  const found = await usageByCustomer(source, limit + 1);
  return { customers: found.slice(0, limit), hasMore: found.length > limit };
}

/** The value as text, so that no client makes a float of it. */
export function viewMeterCustomer(meter: Meter, { customerId, value }: CustomerUsage): JsonObject {
  return {
    object: 'usance.meter_customer',
    aggregated_value: formatDecimal(value),
    customer: customerId,
    meter: meter.id,
  };
}
