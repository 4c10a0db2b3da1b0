-- The metering engine: a number for each line of usage, raw events partitioned by time and readable by it, minutes that
-- are folded into hours, corrections, rejected events, sessions of the stream, settings.

-- Rises with every change that other processes may have cached: a meter switched off, a customer deleted, a setting.
alter table accounts add column cache_epoch bigint not null default 0;

-- v1 keeps keys for 24 hours, v2 for 30 days.
alter table idempotency_keys add column expires_at timestamptz;
update idempotency_keys set expires_at = created_at + interval '24 hours';
alter table idempotency_keys alter column expires_at set not null;
alter table idempotency_keys drop column created_at;
create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);

-- How an account differs from the original's rules; no row means that it does not.
create table metering_settings (
  account_id text primary key references accounts (id),
  repeated_identifiers text not null check (repeated_identifiers in ('refuse', 'accept_identical')),
  max_event_age_days integer not null,
  correction_hours integer not null,
  max_customer_combinations integer not null,
  max_hourly_combinations integer not null
);

alter table meters drop constraint meters_formula_check;
alter table meters add constraint meters_formula_check
  check (formula in ('sum', 'count', 'last', 'max', 'min', 'average', 'unique_count'));
alter table meters add column dimension_keys text[] not null default '{}';

-- One line of usage: what one customer uses of one meter with one combination of dimension values. Usage tables carry
-- its number instead of three texts: 8 bytes of key instead of about 90.
create table usage_series (
  id bigint generated always as identity primary key,
  account_id text not null,
  meter_id text not null,
  customer_id text not null,
  -- {} for meters without dimensions
  dimensions jsonb not null,
  created_at timestamptz not null
);

create unique index usage_series_key on usage_series (account_id, meter_id, customer_id, dimensions);
-- For the limits of combinations: whether a meter has one, and how many are new.
create index usage_series_dimensions_idx on usage_series (account_id, meter_id, dimensions) where dimensions <> '{}';
create index usage_series_created_at_idx on usage_series (account_id, meter_id, created_at) where dimensions <> '{}';

-- A block of sequence numbers for each ingest statement.
create sequence meter_event_blocks;

alter table meter_events rename to old_meter_events;
alter table old_meter_events rename constraint meter_events_pkey to old_meter_events_pkey;

-- Append-only: what was acknowledged; only a correction writes, once, cancelled_at. The sequence is the order of receipt.
-- Partitions are months of the event's own time; they are made when their first event comes.
create table meter_events (
  series_id bigint not null,
  event_at timestamptz not null,
  sequence bigint not null,
  received_at timestamptz not null,
  identifier text not null,
  value numeric not null,
  -- null: nothing but the customer and the value in its shortest notation
  payload jsonb,
  cancelled_at timestamptz,
  primary key (series_id, event_at, sequence)
) partition by range (event_at);

-- For what arrived lately over all series: 10,000 times smaller than a btree, since events arrive about in order.
create index meter_events_event_at_idx on meter_events using brin (event_at) with (pages_per_range = 32);

alter table meter_event_identifiers rename to old_meter_event_identifiers;
alter table old_meter_event_identifiers rename constraint meter_event_identifiers_pkey to old_meter_event_identifiers_pkey;

-- Carries "an identifier counts once", and finds the event again. The hash is 16 bytes of SHA-256 over account and
-- identifier. Unpartitioned, because uniqueness must span all of time. No index on received_at: it would cost each event
-- a tenth of the whole, and the sweep reads the table in order instead.
create table meter_event_identifiers (
  hash uuid primary key,
  received_at timestamptz not null,
  series_id bigint not null,
  event_at timestamptz not null,
  sequence bigint not null
);

drop table usage_minutes;

-- The same events by UTC minute of their own time, written in the statement that writes the events.
-- last_* is the value that wins in this minute: by (event time, sequence) for the formula last, by sequence alone for
-- meters with an event_time_window (last_rank_at is then the minute itself). Columns that the meter does not need are null.
create table usage_minutes (
  series_id bigint not null,
  minute_at timestamptz not null,
  event_count bigint not null,
  value_sum numeric not null,
  value_min numeric,
  value_max numeric,
  last_value numeric,
  last_rank_at timestamptz,
  last_sequence bigint,
  -- true: usage_hours holds this minute as it is now
  folded boolean not null default false,
  primary key (series_id, minute_at)
) with (fillfactor = 70);

create index usage_minutes_unfolded_idx on usage_minutes (series_id, minute_at) where not folded;

-- Hours that are over, folded from their minutes. An hour counts here only while none of its minutes is unfolded.
create table usage_hours (
  series_id bigint not null,
  hour_at timestamptz not null,
  event_count bigint not null,
  value_sum numeric not null,
  value_min numeric,
  value_max numeric,
  last_value numeric,
  last_rank_at timestamptz,
  last_sequence bigint,
  primary key (series_id, hour_at)
);

-- For unique_count: which values occurred in an hour, and in how many events.
create table usage_values (
  series_id bigint not null,
  hour_at timestamptz not null,
  value text not null,
  event_count bigint not null,
  primary key (series_id, hour_at, value)
);

-- Events of the stream that could not be counted, with the reason.
create table rejected_meter_events (
  account_id text not null references accounts (id),
  id text not null,
  received_at timestamptz not null,
  event_name text,
  identifier text,
  meter_id text,
  customer_id text,
  event_at timestamptz,
  payload jsonb,
  code text not null,
  message text not null,
  -- the report that told of it
  report_id text,
  primary key (account_id, id)
);

create index rejected_meter_events_received_at_idx on rejected_meter_events (account_id, received_at, id);
create index rejected_meter_events_identifier_idx on rejected_meter_events (account_id, identifier);
-- For the sweep.
create index rejected_meter_events_expiry_idx on rejected_meter_events (received_at);
create index rejected_meter_events_unreported_idx on rejected_meter_events (received_at) where report_id is null;

-- Corrections: each cancels one event.
create table meter_event_adjustments (
  account_id text not null references accounts (id),
  id text not null,
  event_name text not null,
  identifier text not null,
  series_id bigint not null,
  event_at timestamptz not null,
  sequence bigint not null,
  created_at timestamptz not null,
  primary key (account_id, id)
);

create table meter_event_sessions (
  -- SHA-256 of the token
  hash bytea primary key,
  account_id text not null references accounts (id),
  id text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create index meter_event_sessions_expires_at_idx on meter_event_sessions (expires_at);

-- Events of /v2/core/events: they name what changed and carry no copy of it.
create table thin_events (
  account_id text not null references accounts (id),
  id text not null,
  type text not null,
  related_object_id text,
  related_object_type text,
  data json,
  created_at timestamptz not null,
  primary key (account_id, id)
);

create index thin_events_created_at_idx on thin_events (account_id, created_at, id);

-- What was there before.
insert into usage_series (account_id, meter_id, customer_id, dimensions, created_at)
select account_id, meter_id, customer_id, '{}', min(received_at) from old_meter_events group by 1, 2, 3;

do $$
declare
  month timestamptz;
begin
  for month in select distinct date_trunc('month', event_at, 'UTC') from old_meter_events loop
    execute format(
      'create table meter_events_%s partition of meter_events for values from (%L) to (%L)',
      to_char(month at time zone 'UTC', 'YYYY_MM'), month, month + interval '1 month'
    );
  end loop;
end
$$;

insert into meter_events (series_id, event_at, sequence, received_at, identifier, value, payload)
select s.id, e.event_at, e.sequence, e.received_at, e.identifier, e.value, e.payload
from old_meter_events e join usage_series s using (account_id, meter_id, customer_id);

insert into meter_event_identifiers (hash, received_at, series_id, event_at, sequence)
select i.hash, i.received_at, s.id, e.event_at, e.sequence
from old_meter_events e
join usage_series s using (account_id, meter_id, customer_id)
join old_meter_event_identifiers i on i.hash = encode(substr(
  sha256(convert_to(e.account_id, 'UTF8') || '\x00'::bytea || convert_to(e.identifier, 'UTF8')), 1, 16), 'hex')::uuid;

-- A block holds 16,384 numbers; the first new one lies above all old ones.
select setval('meter_event_blocks', (select coalesce(max(sequence), 0) / 16384 + 1 from old_meter_events));

insert into usage_minutes
  (series_id, minute_at, event_count, value_sum, last_value, last_rank_at, last_sequence)
select e.series_id, date_trunc('minute', e.event_at, 'UTC'), count(*), sum(e.value),
  (array_agg(e.value order by r.rank_at desc, e.sequence desc) filter (where r.keeps_last))[1],
  max(r.rank_at) filter (where r.keeps_last),
  (array_agg(e.sequence order by r.rank_at desc, e.sequence desc) filter (where r.keeps_last))[1]
from meter_events e
join usage_series s on s.id = e.series_id
join meters m on m.account_id = s.account_id and m.id = s.meter_id
cross join lateral (
  select m.formula = 'last' or m.event_time_window is not null as keeps_last,
    case when m.event_time_window is null then e.event_at else date_trunc('minute', e.event_at, 'UTC') end as rank_at
) r
group by 1, 2;

drop table old_meter_events;
drop table old_meter_event_identifiers;
