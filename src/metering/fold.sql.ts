import { type RawBuilder, sql } from 'kysely';
import { int8Array, timestamptzArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';
import { FOLD_SLICE_HOURS } from '../limits.ts';

/** An hour of a series; also where a pass over the unfolded minutes stands, which goes by series and then by time. */
export type SeriesHour = { readonly seriesId: number; readonly hourAt: Temporal.Instant };

/** The hours of a slice, in order, and whether this transaction holds their series. */
export type PickedHour = SeriesHour & { readonly held: boolean };

/**
 * The next hours from `start` on that begin before `before` and have minutes to fold, at most a slice of them; their
 * series are held until the end of the transaction, but for those that another process holds.
 */
// unscoped: folding is the same for every account.
export async function holdHours(db: Queryable, start: SeriesHour, before: Temporal.Instant): Promise<PickedHour[]> {
  const { rows } = await sql<{ series_id: number; hour_at: Temporal.Instant; held: boolean }>`
    with recursive hours as (
      (select 1 as place, n.* from (${unfoldedHour(sql`${start.seriesId}::int8`, sql`${start.hourAt}::timestamptz`, before)}) n)
      union all
      select place + 1, n.*
      from hours h
      cross join lateral (${unfoldedHour(sql`h.series_id`, sql`h.hour_at + interval '1 hour'`, before)}) n
      where place < ${FOLD_SLICE_HOURS}
    ), held as materialized (
      select id from usage_series where id in (select series_id from hours)
      order by id
      for no key update skip locked
    )
    select series_id::float8 as series_id, hour_at, held.id is not null as held
    from hours left join held on held.id = hours.series_id
    order by hours.series_id, hour_at
  `.execute(db);
  return rows.map((row) => ({ seriesId: row.series_id, hourAt: row.hour_at, held: row.held }));
}

/** The first hour with an unfolded minute from a place on: one look into the index, however many minutes there are. */
function unfoldedHour(seriesId: RawBuilder<unknown>, from: RawBuilder<unknown>, before: Temporal.Instant) {
  return sql`
    select series_id, date_trunc('hour', minute_at, 'UTC') as hour_at from usage_minutes
    where not folded and (series_id, minute_at) >= (${seriesId}, ${from}) and minute_at < ${before}
    order by series_id, minute_at
    limit 1
  `;
}

/**
 * Computes hours anew from all their minutes, and marks those minutes as folded. The transaction must hold the series of
 * the hours since an earlier statement; fold.ts says why.
 */
// unscoped: as above.
export async function foldHours(db: Queryable, hours: readonly SeriesHour[]): Promise<void> {
  await sql`
    with hours as materialized (
      select h.*, m.event_time_window is not null as has_window
      from unnest(
        ${int8Array(hours, ({ seriesId }) => seriesId)}::int8[],
        ${timestamptzArray(hours, ({ hourAt }) => hourAt.epochMilliseconds)}::timestamptz[]
      ) with ordinality as h(series_id, hour_at, place)
      join usage_series s on s.id = h.series_id
      join meters m on m.account_id = s.account_id and m.id = s.meter_id
      order by place
    ), locked as materialized (
      -- In a window the event received last counts, so all minutes of an hour rank alike there.
      select h.hour_at, m.*, case when h.has_window then h.hour_at else m.last_rank_at end as rank_at
      from hours h
      cross join lateral (
        select * from usage_minutes m
        where m.series_id = h.series_id and m.minute_at >= h.hour_at and m.minute_at < h.hour_at + interval '1 hour'
        order by m.minute_at
        for update
      ) m
    ), marked as (
      update usage_minutes u set folded = true
      from locked l
      where u.series_id = l.series_id and u.minute_at = l.minute_at and not l.folded
    )
    insert into usage_hours (
      series_id, hour_at, event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence
    )
    select series_id, hour_at, sum(event_count), sum(value_sum),
      min(value_min) filter (where event_count > 0), max(value_max) filter (where event_count > 0),
      (array_agg(last_value order by rank_at desc, last_sequence desc) filter (where event_count > 0))[1],
      max(rank_at) filter (where event_count > 0),
      (array_agg(last_sequence order by rank_at desc, last_sequence desc) filter (where event_count > 0))[1]
    from locked
    group by series_id, hour_at
    on conflict (series_id, hour_at) do update set
      event_count = excluded.event_count, value_sum = excluded.value_sum,
      value_min = excluded.value_min, value_max = excluded.value_max,
      last_value = excluded.last_value, last_rank_at = excluded.last_rank_at, last_sequence = excluded.last_sequence
  `.execute(db);
}

/**
 * For the rest of the transaction, rows are found by index whatever the statistics say: the tables grow by millions of
 * rows between two of their analyses. Its commit does not wait for the disk: a fold that a crash undoes is done again.
 */
export async function prepareFold(transaction: Queryable): Promise<void> {
  await sql`
    select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true), set_config('synchronous_commit', 'off', true)
  `.execute(transaction);
}
