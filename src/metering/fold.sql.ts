import { type RawBuilder, sql } from 'kysely';
import { int8Array, timestamptzArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';
import { FOLD_SLICE_DAYS, FOLD_SLICE_HOURS } from '../limits.ts';

/** A bucket of a series, an hour or a day; also where a pass over what is not folded stands, which goes by series and then by time. */
export type SeriesBucket = { readonly seriesId: number; readonly at: Temporal.Instant };

/** The buckets of a slice, in order, and whether this transaction holds their series. */
export type PickedBucket = SeriesBucket & { readonly held: boolean };

/** What is folded into what. */
export type Fold = 'minutes into hours' | 'hours into days';

type Level = {
  readonly unit: 'hour' | 'day';
  readonly from: RawBuilder<unknown>;
  /** The time of a row of `from`. */
  readonly fromAt: RawBuilder<unknown>;
  readonly into: RawBuilder<unknown>;
  readonly intoAt: RawBuilder<unknown>;
  readonly slice: number;
};

const LEVELS: Readonly<Record<Fold, Level>> = {
  'minutes into hours': {
    unit: 'hour',
    from: sql`usage_minutes`,
    fromAt: sql`minute_at`,
    into: sql`usage_hours`,
    intoAt: sql`hour_at`,
    slice: FOLD_SLICE_HOURS,
  },
  'hours into days': {
    unit: 'day',
    from: sql`usage_hours`,
    fromAt: sql`hour_at`,
    into: sql`usage_days`,
    intoAt: sql`day_at`,
    slice: FOLD_SLICE_DAYS,
  },
};

/**
 * The next buckets from `start` on that begin before `before` and have something to fold, at most a slice of them; their
 * series are held until the end of the transaction, but for those that another process holds.
 */
// unscoped: folding is the same for every account.
export async function holdBuckets(
  db: Queryable,
  fold: Fold,
  start: SeriesBucket,
  before: Temporal.Instant,
): Promise<PickedBucket[]> {
  const level = LEVELS[fold];
  const first = nextUnfolded(level, sql`${start.seriesId}::int8`, sql`${start.at}::timestamptz`, before);
  const next = nextUnfolded(level, sql`h.series_id`, sql`h.at + ${lengthOf(level)}`, before);
  const { rows } = await sql<{ series_id: number; at: Temporal.Instant; held: boolean }>`
    with recursive buckets as (
      (select 1 as place, n.* from (${first}) n)
      union all
      select place + 1, n.* from buckets h cross join lateral (${next}) n where place < ${level.slice}
    ), held as materialized (
      select id from usage_series where id in (select series_id from buckets)
      order by id
      for no key update skip locked
    )
    select series_id::float8 as series_id, at, held.id is not null as held
    from buckets left join held on held.id = buckets.series_id
    order by buckets.series_id, at
  `.execute(db);
  return rows.map((row) => ({ seriesId: row.series_id, at: row.at, held: row.held }));
}

function lengthOf({ unit }: Level): RawBuilder<unknown> {
  return sql`${sql.lit(`1 ${unit}`)}::interval`;
}

/** The first bucket with an unfolded row from a place on: one look into the index, however many rows there are. */
function nextUnfolded(
  { unit, from, fromAt }: Level,
  seriesId: RawBuilder<unknown>,
  at: RawBuilder<unknown>,
  before: Temporal.Instant,
) {
  return sql`
    select series_id, date_trunc(${sql.lit(unit)}, ${fromAt}, 'UTC') as at from ${from}
    where not folded and (series_id, ${fromAt}) >= (${seriesId}, ${at}) and ${fromAt} < ${before}
    order by series_id, ${fromAt}
    limit 1
  `;
}

/**
 * Computes buckets anew from all their rows, and marks those rows as folded. The transaction must hold the series of the
 * buckets since an earlier statement; fold.ts says why.
 */
// unscoped: as above.
export async function foldBuckets(db: Queryable, fold: Fold, buckets: readonly SeriesBucket[]): Promise<void> {
  const level = LEVELS[fold];
  const { from, fromAt, into, intoAt } = level;
  await sql`
    with buckets as materialized (
      select h.*, m.event_time_window is not null as has_window
      from unnest(
        ${int8Array(buckets, ({ seriesId }) => seriesId)}::int8[],
        ${timestamptzArray(buckets, ({ at }) => at.epochMilliseconds)}::timestamptz[]
      ) with ordinality as h(series_id, bucket_at, place)
      join usage_series s on s.id = h.series_id
      join meters m on m.account_id = s.account_id and m.id = s.meter_id
      order by place
    ), locked as materialized (
      -- In a window the event received last counts, so all rows of a bucket rank alike there.
      select h.bucket_at, r.*, case when h.has_window then h.bucket_at else r.last_rank_at end as rank_at
      from buckets h
      cross join lateral (
        select * from ${from} r
        where r.series_id = h.series_id and r.${fromAt} >= h.bucket_at and r.${fromAt} < h.bucket_at + ${lengthOf(level)}
        order by r.${fromAt}
        for update
      ) r
    ), marked as (
      update ${from} u set folded = true
      from locked l
      where u.series_id = l.series_id and u.${fromAt} = l.${fromAt} and not l.folded
    )
    insert into ${into} as stored (
      series_id, ${intoAt}, event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence
    )
    select series_id, bucket_at, sum(event_count), sum(value_sum),
      min(value_min) filter (where event_count > 0), max(value_max) filter (where event_count > 0),
      (array_agg(last_value order by rank_at desc, last_sequence desc) filter (where event_count > 0))[1],
      max(rank_at) filter (where event_count > 0),
      (array_agg(last_sequence order by rank_at desc, last_sequence desc) filter (where event_count > 0))[1]
    from locked
    group by series_id, bucket_at
    on conflict (series_id, ${intoAt}) do update set
      event_count = excluded.event_count, value_sum = excluded.value_sum,
      value_min = excluded.value_min, value_max = excluded.value_max,
      last_value = excluded.last_value, last_rank_at = excluded.last_rank_at, last_sequence = excluded.last_sequence
      ${fold === 'minutes into hours' ? sql`, folded = false` : sql``}
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
