-- Hours of days that are over become days, as minutes become hours: a month is 30 rows to read and not 720.

create table usage_days (
  series_id bigint not null,
  day_at timestamptz not null,
  event_count bigint not null,
  value_sum numeric not null,
  value_min numeric,
  value_max numeric,
  last_value numeric,
  last_rank_at timestamptz,
  last_sequence bigint,
  primary key (series_id, day_at)
);

-- False: the hour is not, or not as it is now, part of its day.
alter table usage_hours add column folded boolean not null default false;
create index usage_hours_unfolded_idx on usage_hours (series_id, hour_at) where not folded;
