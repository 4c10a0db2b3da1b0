import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { madeAt } from '../stripe/ids.ts';
import type { StoredInvoice, StoredLine } from './stored.sql.ts';

type Finalized = { readonly is_threshold: boolean; readonly event_id: string | null };

/**
 * When the usage of a line was counted for the last time, in wall time, in which events are received: invoices on a test clock have
 * the times of that clock, but ids are made in wall time. A line keeps its usage from its finalization on, which an event
 * tells; from the beginning where a change closed it, or a threshold was reached in a period that went on.
 */
export async function countedAt(
  db: Queryable,
  invoice: Pick<StoredInvoice, 'account_id' | 'id' | 'created_at'>,
  line: StoredLine,
): Promise<Temporal.Instant> {
  if (line.invoice_item_id !== null) return madeAt(line.invoice_item_id);
  const { rows } = await sql<Finalized>`
    select i.threshold_reason is not null as is_threshold, (
      select e.id from events e
      where e.account_id = i.account_id and e.type = 'invoice.finalized' and e.object_id = i.id
        -- Nobody can finalize what is not made: the part of the id that tells the time.
        and e.id > ('evt_' || substr(i.id, 4, 9)) collate "C"
      order by e.id limit 1
    ) as event_id
    from invoices i where i.account_id = ${invoice.account_id} and i.id = ${invoice.id}
  `.execute(db);
  const [finalized] = rows;
  const goesOn = Temporal.Instant.compare(line.period_end_at, invoice.created_at) > 0;
  const isKept = finalized?.is_threshold === true && goesOn;
  return madeAt(isKept ? line.id : (finalized?.event_id ?? line.id));
}
