-- What a subscription knows of its time: trials, anchors, ends, pauses, thresholds and what is pending; and what
-- prorations are told by.

alter table subscriptions
  drop constraint subscriptions_status_check,
  drop constraint subscriptions_check1,
  add constraint subscriptions_status_check
    check (status in ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled')),
  add constraint subscriptions_ended_check
    check ((ended_at is not null) = (status in ('canceled', 'incomplete_expired'))),
  add column billing_cycle_anchor_config jsonb,
  add column proration_discounts text not null default 'included',
  add constraint subscriptions_proration_discounts_check check (proration_discounts in ('included', 'itemized')),
  add column billing_mode_updated_at timestamptz,
  add column threshold_amount bigint,
  add column threshold_resets_anchor boolean,
  add column cancel_at timestamptz,
  add column cancel_at_period_end boolean not null default false,
  add column trial_start_at timestamptz,
  add column trial_end_at timestamptz,
  add constraint subscriptions_trial_check check ((trial_start_at is null) = (trial_end_at is null) and trial_end_at >= trial_start_at),
  add column trial_end_anchor text,
  add constraint subscriptions_trial_end_anchor_check check (trial_end_anchor in ('now', 'unchanged')),
  add column trial_missing_payment_method text,
  add constraint subscriptions_trial_missing_payment_method_check
    check (trial_missing_payment_method in ('cancel', 'create_invoice', 'pause')),
  add column pause_collection_behavior text,
  add constraint subscriptions_pause_collection_behavior_check
    check (pause_collection_behavior in ('keep_as_draft', 'mark_uncollectible', 'void')),
  add column pause_collection_resumes_at timestamptz,
  add column paused_at timestamptz,
  add column pause_reason text,
  add constraint subscriptions_pause_reason_check check (pause_reason in
    ('final_payment_failure', 'first_payment_failure', 'pause_requested', 'system', 'trial_end_without_payment_method')),
  add constraint subscriptions_paused_check check ((paused_at is not null) = (status = 'paused')),
  add column pending_item_interval text,
  add constraint subscriptions_pending_item_interval_check
    check (pending_item_interval in ('day', 'week', 'month', 'year')),
  add column pending_item_interval_count integer,
  add column pending_items_due_at timestamptz,
  add column pending_update jsonb,
  add column schedule_id text;

-- What is listed and counted are mostly those that have not ended.
drop index subscriptions_customer_id_idx;
create index subscriptions_customer_id_idx on subscriptions (account_id, customer_id, ended_at);

alter table subscription_items
  add column threshold_usage bigint,
  -- Usage of the current period before this is not the item's: it came later, or took another price.
  add column usage_start_at timestamptz,
  -- Of the usage of the current period, what earlier invoices have billed already.
  add column billed_usage numeric not null default 0;

-- A proration of a subscription item is an invoice item, and both are told.
alter table invoice_items
  add column subscription_item_id text,
  add column proration boolean not null default false,
  add column credited_items jsonb;

alter table invoice_lines
  add column proration boolean not null default false,
  add column credited_items jsonb,
  drop constraint invoice_lines_source_check,
  add constraint invoice_lines_source_check check (subscription_item_id is not null or invoice_item_id is not null);
