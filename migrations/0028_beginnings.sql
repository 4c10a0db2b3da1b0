-- How subscriptions begin, and pause: what is told before a trial ends, what is free before the billing cycle starts,
-- what a resumption waits for, and lines of trials.

alter table subscriptions
  -- When `customer.subscription.trial_will_end` is to be told; null: it was, or never is.
  add column trial_notice_at timestamptz,
  -- Periods that start before this are not charged for licensed items.
  add column free_until_at timestamptz,
  -- The open invoice that a paused subscription resumes with, and when it is given up.
  add column resumption_invoice_id text,
  add column resumption_expires_at timestamptz,
  add column resumption_waits_for text,
  add constraint subscriptions_resumption_check check (
    (resumption_invoice_id is null) = (resumption_expires_at is null)
    and (resumption_invoice_id is null) = (resumption_waits_for is null)
    and (resumption_invoice_id is null or status = 'paused')
  ),
  add constraint subscriptions_resumption_waits_for_check check (resumption_waits_for in ('attempt', 'success'));

alter table invoice_lines
  -- A line of a free trial costs nothing, whatever its price; the billing modes word it otherwise.
  add column free_trial text,
  add constraint invoice_lines_free_trial_check check (free_trial in ('classic', 'flexible'));
