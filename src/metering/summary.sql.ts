import { type RawBuilder, sql } from 'kysely';
import { PLANNED_ONCE } from '../db/prepared.ts';
import { type Decimal, decimal } from '../money/decimal.ts';
import { toUnix } from '../time/instant.ts';
import { archivedCut, cutEdges, isCutArchived } from './archived_cut.sql.ts';
import { FORMULAS, occurrencesOf, partsOf, seriesOf, type UsageSource } from './usage.sql.ts';

/** One figure: of a window, by its start in unix seconds, and of a group, by the values of its dimensions. */
export type Cell = { readonly windowAt: number; readonly group: readonly string[]; readonly value: Decimal };

type Row = { window_at: Temporal.Instant; group: string[]; value: string };

/**
 * Usage by UTC hour or day (without a window: of the whole period, as one window that begins with it) and by the values
 * of the dimensions `groupBy`; only cells that have any. With a window, the period must begin and end on its boundaries.
 */
export async function usageByCell(
  source: UsageSource,
  window: 'hour' | 'day' | undefined,
  groupBy: readonly string[],
): Promise<Cell[]> {
  const windowAt =
    window === undefined
      ? sql`${source.period.start}::timestamptz`
      : sql`date_trunc(${sql.lit(window)}, part_at, 'UTC')`;
  const { parts, value } = countedOf(source, window);
  const { rows } = await sql<Row>`${PLANNED_ONCE}
    with ${parts}
    select ${windowAt} as window_at, ${groupOf(groupBy)} as "group", ${value}::text as value
    from counted join series on series.id = counted.series_id
    group by 1, 2
  `.execute(source.scope.db);
  await refuseArchivedCut(source);
  return rows.map((row) => ({ windowAt: toUnix(row.window_at), group: row.group, value: decimal(row.value) }));
}

/** The CTE `counted` with what makes up the usage of a source, and the formula over it. */
function countedOf(source: UsageSource, window?: 'hour' | 'day') {
  return source.meter.formula === 'unique_count'
    ? {
        parts: sql`${occurrencesOf(source)}, counted as (select * from occurrences)`,
        value: sql`count(distinct value)`,
      }
    : {
        parts: sql`${partsOf(source, window)}, counted as (select * from parts)`,
        value: FORMULAS[source.meter.formula],
      };
}

export type CustomerUsage = { readonly customerId: string; readonly value: Decimal };

/** The customers who used most in a period, those who used most first. */
export async function usageByCustomer(source: UsageSource, limit: number): Promise<CustomerUsage[]> {
  const { parts, value } = countedOf(source);
  const { rows } = await sql<{ customer_id: string; value: string }>`${PLANNED_ONCE}
    with ${parts}
    select customer_id, ${value}::text as value
    from counted join series on series.id = counted.series_id
    group by customer_id
    order by ${value} desc, customer_id
    limit ${limit}
  `.execute(source.scope.db);
  await refuseArchivedCut(source);
  return rows.map((row) => ({ customerId: row.customer_id, value: decimal(row.value) }));
}

/** Throws for a period that cuts what is not there any more. Asked after the figures were read, since events only ever go. */
async function refuseArchivedCut(source: UsageSource): Promise<void> {
  if (cutEdges(source).length === 0) return;
  const query = sql<{
    is_archived: boolean;
  }>`${PLANNED_ONCE} with ${seriesOf(source)} select ${isCutArchived(source)} as is_archived`;
  const { rows } = await query.execute(source.scope.db);
  if (rows[0]?.is_archived === true) throw archivedCut(source.period);
}

/** The groups of a source in their order, also those whose events lie outside its period. */
export async function findGroups(source: UsageSource, groupBy: readonly string[]): Promise<string[][]> {
  const { rows } = await sql<{ group: string[] }>`${PLANNED_ONCE}
    with ${seriesOf(source)}
    select distinct ${groupOf(groupBy)} collate "C" as "group" from series
    -- A series is made before its first event is written, and that event may turn out to be a repetition.
    where exists (select from usage_minutes where series_id = series.id)
    order by 1
  `.execute(source.scope.db);
  return rows.map((row) => row.group);
}

function groupOf(groupBy: readonly string[]): RawBuilder<unknown> {
  return sql`array[${sql.join(groupBy.map((key) => sql`series.dimensions ->> ${key}`))}]::text[]`;
}
