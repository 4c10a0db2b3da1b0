import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';

/** What is wrong with the numbers of one prefix. */
export type NumberFinding = {
  readonly prefix: string;
  readonly kind: 'missing' | 'twice';
  readonly sequence: bigint;
};

/** Gaps that are told of one account; who finds so many needs no more. */
const MAX_FINDINGS = 1_000;

/**
 * Numbers that were taken and that no invoice has, and numbers that several have. A customer counts on when its prefix
 * changes. What was left out on purpose is no gap: a customer's `next_invoice_sequence` that a request set or raised,
 * which its events tell.
 */
export async function numberFindings(db: Queryable, accountId: string): Promise<NumberFinding[]> {
  const { rows } = await sql<NumberFinding>`
    with given as (
      select p.prefix, coalesce(p.customer_id, p.prefix) as owner, n.sequence
      from invoices i
      cross join lateral (
        select substring(i.number from '^([A-Z0-9]{1,12})-[0-9]{1,15}$') as prefix,
          substring(i.number from '-([0-9]{1,15})$')::bigint as sequence
      ) n
      join customer_invoice_prefixes p on p.account_id = i.account_id and p.prefix = n.prefix
      where i.account_id = ${accountId}
    ), raised as (
      select object_id as customer_id, 1 as from_sequence,
        (data -> 'object' ->> 'next_invoice_sequence')::bigint as to_sequence
      from events where account_id = ${accountId} and type = 'customer.created'
      union all
      -- A finalization raises it too, by one, and tells so under the same request as the invoice.
      select e.object_id, (e.data -> 'previous_attributes' ->> 'next_invoice_sequence')::bigint,
        (e.data -> 'object' ->> 'next_invoice_sequence')::bigint
      from events e
      where e.account_id = ${accountId} and e.type = 'customer.updated'
        and e.request_id is not null and e.data -> 'previous_attributes' ->> 'next_invoice_sequence' is not null
        and not exists (
          select from events f
          where f.account_id = e.account_id and f.type = 'invoice.finalized' and f.request_id = e.request_id
        )
    ), counted as (
      select invoice_prefix as prefix, id as owner, next_invoice_sequence as next from customers
      where account_id = ${accountId} and next_invoice_sequence > 1
      union all
      select number_prefix, number_prefix, next_number_sequence from invoice_settings where account_id = ${accountId}
    )
    (
      select c.prefix, 'missing' as kind, n as sequence
      from counted c cross join lateral generate_series(1, c.next - 1) as n
      where not exists (select from given g where g.owner = c.owner and g.sequence = n)
        and not exists (
          select from raised r where r.customer_id = c.owner and n >= r.from_sequence and n < r.to_sequence
        )
      limit ${MAX_FINDINGS}
    )
    union all
    (select prefix, 'twice', sequence from given group by 1, 3 having count(*) > 1 limit ${MAX_FINDINGS})
    order by 1, 3
  `.execute(db);
  return rows;
}
