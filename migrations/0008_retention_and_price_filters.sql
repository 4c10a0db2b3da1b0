-- Prices that rate only some dimension values; months whose raw events were exported and dropped.

-- Dimension values that usage must have to be rated by the price; {} rates all usage of its meter.
alter table prices add column dimension_filter jsonb not null default '{}';
alter table prices add constraint prices_dimension_filter_check
  check (dimension_filter = '{}' or (meter_id is not null and jsonb_typeof(dimension_filter) = 'object'));

-- Months (UTC, of event time) whose partition of meter_events was dropped after its export. What was counted stays in
-- the minutes, hours and values; of the raw events only those are left that an unfinished billing period may still cut.
create table archived_event_months (
  month_at timestamptz primary key,
  -- What the partition held, and the export files hold: counted and cancelled events.
  event_count bigint not null,
  cancelled_count bigint not null,
  -- When the partition was taken out of meter_events.
  archived_at timestamptz not null,
  -- When it was dropped; null while its rows are being compared with the export.
  dropped_at timestamptz
);
