import { MAX_TRIAL_DAYS } from '../limits.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import { integer, oneOf, timestamp } from '../stripe/params.types.ts';

/** A time, or the word for the time of the request. */
export const timestampOrNow: ParamType<Temporal.Instant | 'now'> = {
  shape: timestamp().shape,
  decode: (node, path, problems) => (node === 'now' ? node : timestamp().decode(node, path, problems)),
};

export const anchorConfig = object({
  day_of_month: required(integer(1, 31)),
  hour: integer(0, 23),
  minute: integer(0, 59),
  month: integer(1, 12),
  second: integer(0, 59),
});

export const trialPeriodDays = integer(0, MAX_TRIAL_DAYS);

export const trialSettings = object({
  end_behavior: required(
    object({
      billing_cycle_anchor: oneOf('now', 'unchanged'),
      missing_payment_method: oneOf('cancel', 'create_invoice', 'pause'),
    }),
  ),
});

export type TrialSettingsParams = ParamsOf<typeof trialSettings>;

export const prorationBehavior = oneOf('always_invoice', 'create_prorations', 'none');
