import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { DEFAULT_SETTINGS } from '../metering/settings.ts';
import type { Period } from '../time/period.ts';

/** Where the billing period of a metered item begins or ends inside an hour, and whose usage it cuts. */
type PeriodEdge = {
  readonly accountId: string;
  readonly meterId: string;
  readonly customerId: string;
  readonly at: Temporal.Instant;
};

/**
 * The edges inside `range` of all billing periods that are not over or whose invoice is a draft or still to come, and of those whose late
 * usage the next invoice bills: the usage of a yearly item may be asked for a year later, and what lies on this side of its
 * edge can only be told from single events.
 */
// unscoped: raw events are dropped for all accounts at once.
export async function openPeriodEdges(db: Queryable, { start, end }: Period): Promise<PeriodEdge[]> {
  const { rows } = await sql<PeriodEdge>`
    select distinct s.account_id as "accountId", p.meter_id as "meterId", s.customer_id as "customerId", e.at
    from subscriptions s
    join subscription_items i on i.account_id = s.account_id and i.subscription_id = s.id
    join prices p on p.account_id = i.account_id and p.id = i.price_id
    cross join lateral unnest(array[i.current_period_start_at, i.current_period_end_at, i.usage_start_at]) as e(at)
    where s.status <> 'canceled' and p.meter_id is not null
      and e.at >= ${start} and e.at < ${end} and date_trunc('hour', e.at, 'UTC') <> e.at
    union
    select v.account_id, p.meter_id, v.customer_id, e.at
    from invoices v
    join invoice_lines l on l.account_id = v.account_id and l.invoice_id = v.id
    join prices p on p.account_id = l.account_id and p.id = l.price_id
    cross join lateral unnest(array[l.period_start_at, l.period_end_at]) as e(at)
    where v.status = 'draft' and p.meter_id is not null
      and e.at >= ${start} and e.at < ${end} and date_trunc('hour', e.at, 'UTC') <> e.at
    union
    select t.account_id, p.meter_id, t.customer_id, e.at
    from invoice_items t
    join prices p on p.account_id = t.account_id and p.id = t.price_id
    cross join lateral unnest(array[t.period_start_at, t.period_end_at]) as e(at)
    where t.invoice_id is null and t.subscription_item_id is not null and p.meter_id is not null
      and e.at >= ${start} and e.at < ${end} and date_trunc('hour', e.at, 'UTC') <> e.at
    union
    select v.account_id, p.meter_id, v.customer_id, e.at
    from billing_settings b
    join subscriptions s on s.account_id = b.account_id and s.ended_at is null
    join invoices v on v.account_id = s.account_id and v.subscription_id = s.id and v.status <> 'draft'
    join invoice_lines l on l.account_id = v.account_id and l.invoice_id = v.id
    join prices p on p.account_id = l.account_id and p.id = l.price_id
    left join metering_settings m on m.account_id = b.account_id
    cross join lateral unnest(array[l.period_start_at, l.period_end_at]) as e(at)
    where b.late_usage = 'next_invoice' and p.meter_id is not null
      and l.period_end_at > (
        select max(i.current_period_start_at) from subscription_items i
        where i.account_id = s.account_id and i.subscription_id = s.id
      ) - make_interval(hours => coalesce(
        24 * m.max_event_age_days + m.correction_hours,
        ${24 * DEFAULT_SETTINGS.maxEventAgeDays + DEFAULT_SETTINGS.correctionHours}
      ))
      and e.at >= ${start} and e.at < ${end} and date_trunc('hour', e.at, 'UTC') <> e.at
  `.execute(db);
  return rows;
}
