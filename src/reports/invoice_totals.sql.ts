import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../db/scope.ts';

export type TotalsQuestion = {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
  readonly interval: 'day' | 'month';
  readonly currency: string | undefined;
  /** Null: what is on no clock. */
  readonly clockId: string | null;
};

/** Of one currency and one day or month. Amounts are in smallest units. */
export type InvoiceTotal = {
  readonly currency: string;
  readonly startAt: Temporal.Instant;
  readonly invoiced: bigint;
  readonly invoicedCount: number;
  readonly paid: bigint;
  readonly paidCount: number;
};

/** What is on a clock, or on none. */
export function onClock(clockId: string | null): RawBuilder<boolean> {
  return clockId === null ? sql`test_clock_id is null` : sql`test_clock_id = ${clockId}`;
}

/** Days and months in which something was invoiced or paid, by currency, oldest first. */
export async function sumInvoices(scope: Scope, question: TotalsQuestion): Promise<InvoiceTotal[]> {
  const { start, end, interval, currency, clockId } = question;
  const within = (column: string) => sql`
    account_id = ${scope.account.id} and ${sql.ref(column)} >= ${start} and ${sql.ref(column)} < ${end}
    and ${onClock(clockId)} ${currency === undefined ? sql`` : sql`and currency = ${currency}`}`;
  const startOf = (column: string) => sql`date_trunc(${sql.lit(interval)}, ${sql.ref(column)}, 'UTC')`;
  const { rows } = await sql<InvoiceTotal>`
    select currency, start_at as "startAt", coalesce(sum(invoiced), 0)::bigint as invoiced,
      coalesce(sum(invoiced_count), 0)::int as "invoicedCount", coalesce(sum(paid), 0)::bigint as paid,
      coalesce(sum(paid_count), 0)::int as "paidCount"
    from (
      select currency, ${startOf('finalized_at')} as start_at, sum(total) as invoiced, count(*) as invoiced_count,
        null::numeric as paid, null::bigint as paid_count
      from invoices where ${within('finalized_at')} and status <> 'void'
      group by 1, 2
      union all
      select currency, ${startOf('paid_at')}, null, null, sum(amount_paid), count(*)
      from invoices where ${within('paid_at')}
      group by 1, 2
    ) as parts
    group by currency, start_at
    order by currency, start_at
  `.execute(scope.db);
  return rows;
}
