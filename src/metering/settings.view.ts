import type { Context } from '../stripe/context.ts';
import type { MeteringSettings } from './settings.ts';

/** The wire shape of an account's settings: an object of ours, the original has none. */
export function viewSettings({ account }: Context, settings: MeteringSettings) {
  return {
    object: 'usance.metering_settings',
    correction_hours: settings.correctionHours,
    livemode: account.livemode,
    max_customer_combinations: settings.maxCustomerCombinations,
    max_event_age_days: settings.maxEventAgeDays,
    max_hourly_combinations: settings.maxHourlyCombinations,
    repeated_identifiers: settings.repeatedIdentifiers,
  };
}
