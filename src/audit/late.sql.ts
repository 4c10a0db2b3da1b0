import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';

/** What the lines of an item and period on final invoices count together, as decimals. */
export type BilledOfPeriod = {
  /** When the invoice of the line was made, without what had been voided by then. */
  readonly before: string;
  /** The same with what was voided in that very second: before or after, nobody can tell. */
  readonly before_or_voided: string;
};

/**
 * What was billed of the usage of an item in the period of one of its lines. The invoice that billed the period first counts
 * also when it is void, since its usage is not billed again; a void bill of late usage does not.
 */
export async function billedOfPeriod(db: Queryable, accountId: string, lineId: string): Promise<BilledOfPeriod> {
  const { rows } = await sql<BilledOfPeriod>`
    with told as (
      select o.quantity, o.billed_before is not null and v.status = 'void' as is_void, v.voided_at,
        -- A threshold invoice keeps its usage from the beginning, and so does what a change closed; all others until they are final.
        case
          when o.invoice_item_id is not null then l.invoice_item_id is null
          when v.threshold_reason is null then v.finalized_at <= i.created_at and v.id <> i.id
          else v.created_at <= i.created_at and v.id <> i.id
        end as is_earlier, i.created_at
      from invoice_lines l
      join invoices i on i.account_id = l.account_id and i.id = l.invoice_id
      join invoice_lines o on o.account_id = l.account_id and o.subscription_item_id = l.subscription_item_id
        and not o.proration and o.price_id = l.price_id
        -- A period may have been cut short since a threshold was reached in it.
        and o.period_start_at = l.period_start_at
      join invoices v on v.account_id = o.account_id and v.id = o.invoice_id and v.subscription_id = i.subscription_id
        and (v.status <> 'draft' or v.threshold_reason is not null or o.invoice_item_id is not null)
      where l.account_id = ${accountId} and l.id = ${lineId}
    )
    select
      trim_scale(coalesce(sum(quantity) filter (where is_earlier and not (is_void and voided_at <= created_at)), 0))::text
        as before,
      trim_scale(coalesce(sum(quantity) filter (where is_earlier and not (is_void and voided_at < created_at)), 0))::text
        as before_or_voided
    from told
  `.execute(db);
  return rows[0] ?? { before: '0', before_or_voided: '0' };
}
