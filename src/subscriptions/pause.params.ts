import { object, type ParamsOf, required } from '../stripe/params.ts';
import { oneOf, timestamp } from '../stripe/params.types.ts';
import { prorationBehavior } from './begin.params.ts';

export const pauseParams = object({
  bill_for: object({
    outstanding_usage_through: object({ type: required(oneOf('none', 'now')) }),
    unused_time_from: object({ type: required(oneOf('item_current_period_start', 'none', 'now')) }),
  }),
  invoicing_behavior: oneOf('invoice', 'pending_invoice_item'),
  type: oneOf('subscription'),
});

export type PauseParams = ParamsOf<typeof pauseParams>;

export const resumeParams = object({
  billing_cycle_anchor: object({ type: required(oneOf('now', 'unchanged')) }),
  payment_behavior: oneOf('resume_on_payment_attempt', 'resume_on_payment_success'),
  proration_behavior: prorationBehavior,
  proration_date: timestamp(),
});

export type ResumeParams = ParamsOf<typeof resumeParams>;
