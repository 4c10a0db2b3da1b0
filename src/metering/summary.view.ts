import { formatDecimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { exactNumber, type JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { Meter } from './meter.ts';
import type { Summary } from './summary.ts';

/** The wire shape of a summary. */
export function viewSummary(context: Context, meter: Meter, { id, period, value }: Summary): JsonObject {
  return {
    id,
    object: 'billing.meter_event_summary',
    aggregated_value: exactNumber(value),
    end_time: toUnix(period.end),
    livemode: context.account.livemode,
    meter: meter.id,
    start_time: toUnix(period.start),
  };
}

/** Our own summary: with its customer and dimensions, and the value as text, so that no client makes a float of it. */
export function viewUsageSummary(
  context: Context,
  meter: Meter,
  customer: string | undefined,
  summary: Summary,
): JsonObject {
  return {
    ...viewSummary(context, meter, summary),
    object: 'usance.meter_event_summary',
    aggregated_value: formatDecimal(summary.value),
    customer: customer ?? null,
    dimensions: summary.dimensions,
  };
}
