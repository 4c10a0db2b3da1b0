import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import type { Closing } from './counting.ts';

/**
 * What was closed in the second of `now` of a customer's usage, and billed to its end: as invoice items, pending or not, and
 * as lines of last invoices. What is void, or waits for the payment of an update that may never be made, has closed nothing;
 * the lines of a threshold tell the whole period, of which they bill what was used.
 */
export async function findClosings(scope: Scope, customerId: string, now: Temporal.Instant): Promise<Closing[]> {
  const counts = sql`v.status <> 'void' and (not v.of_pending_update or v.status = 'paid')`;
  const { rows } = await sql<Closing>`
    select p.meter_id as "meterId", p.dimension_filter as filter, t.period_end_at as "end"
    from invoice_items t
    join prices p on p.account_id = t.account_id and p.id = t.price_id
    left join invoices v on v.account_id = t.account_id and v.id = t.invoice_id
    where t.account_id = ${scope.account.id} and t.customer_id = ${customerId} and t.created_at = ${now}
      and t.period_end_at > ${now} and t.subscription_item_id is not null and not t.proration
      and p.meter_id is not null and (v.id is null or ${counts})
    union
    select p.meter_id, p.dimension_filter, l.period_end_at
    from invoices v
    join invoice_lines l on l.account_id = v.account_id and l.invoice_id = v.id
    join prices p on p.account_id = l.account_id and p.id = l.price_id
    where v.account_id = ${scope.account.id} and v.customer_id = ${customerId} and v.created_at = ${now}
      and ${counts} and v.threshold_reason is null and l.invoice_item_id is null and l.period_end_at > ${now}
      and l.subscription_item_id is not null and p.meter_id is not null
  `.execute(scope.db);
  return rows;
}
