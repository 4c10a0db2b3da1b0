import { object } from '../stripe/params.ts';
import { integer, oneOf } from '../stripe/params.types.ts';

/** Ten years: older usage is history, to be imported once and not sent again. */
const LONGEST_EVENT_AGE_DAYS = 3_650;

/** A year: after it even a yearly period has been billed. */
const LONGEST_CORRECTION_HOURS = 8_760;

/** Each combination is a line of usage that a preview reads. */
const MOST_CUSTOMER_COMBINATIONS = 10_000;

/** Above it new lines of usage would cost more than their events. */
const MOST_HOURLY_COMBINATIONS = 1_000_000;

/** What is not named stays as it is. */
export const updateSettingsParams = object({
  repeated_identifiers: oneOf('refuse', 'accept_identical'),
  max_event_age_days: integer(1, LONGEST_EVENT_AGE_DAYS),
  correction_hours: integer(1, LONGEST_CORRECTION_HOURS),
  max_customer_combinations: integer(1, MOST_CUSTOMER_COMBINATIONS),
  max_hourly_combinations: integer(1, MOST_HOURLY_COMBINATIONS),
});
