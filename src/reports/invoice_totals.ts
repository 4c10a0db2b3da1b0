import { MAX_TOTAL_DAYS, MAX_TOTAL_MONTHS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import { startOfDay, toUnix } from '../time/instant.ts';
import { requireClockId } from './clock.ts';
import { type InvoiceTotal, sumInvoices } from './invoice_totals.sql.ts';
import type { InvoiceTotalsParams } from './report.params.ts';

const DAY_SECONDS = 86_400;

/**
 * What became final in each day or month of `[start_time, end_time)`, without what was voided, and what was paid then.
 * Both times are starts of UTC days, or of months where it goes by month.
 */
export async function listInvoiceTotals(context: Context, params: InvoiceTotalsParams): Promise<JsonObject[]> {
  const { start_time: start, end_time: end, interval = 'day', currency } = params;
  checkWindow(params, interval);
  const clockId = await requireClockId(context, params.test_clock);
  const totals = await sumInvoices(context, { start, end, interval, currency, clockId });
  return totals.map((total) => viewTotal(total, interval));
}

function checkWindow({ start_time: start, end_time: end }: InvoiceTotalsParams, interval: 'day' | 'month'): void {
  for (const [name, instant] of [
    ['start_time', start],
    ['end_time', end],
  ] as const) {
    const { day } = instant.toZonedDateTimeISO('UTC');
    if (startOfDay(instant).equals(instant) && (interval === 'day' || day === 1)) continue;
    throw invalidRequest(`${name} must be the start of a UTC ${interval}; got ${toUnix(instant)}.`, name);
  }
  if (Temporal.Instant.compare(start, end) >= 0) throw invalidRequest('end_time must be after start_time.', 'end_time');
  const most = interval === 'day' ? MAX_TOTAL_DAYS : MAX_TOTAL_MONTHS;
  const days = (toUnix(end) - toUnix(start)) / DAY_SECONDS;
  const count = interval === 'day' ? days : Math.round(days / 30.4375);
  if (count > most) throw invalidRequest(`At most ${most} ${interval}s can be asked for at once.`, 'end_time');
}

function viewTotal({ currency, startAt, ...sums }: InvoiceTotal, interval: 'day' | 'month'): JsonObject {
  const endAt = startAt.toZonedDateTimeISO('UTC').add(interval === 'day' ? { days: 1 } : { months: 1 });
  return {
    object: 'usance.invoice_total',
    currency,
    end_time: toUnix(endAt.toInstant()),
    invoiced: sums.invoiced,
    invoiced_count: sums.invoicedCount,
    paid: sums.paid,
    paid_count: sums.paidCount,
    start_time: toUnix(startAt),
  };
}
