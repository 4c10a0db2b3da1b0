import { MAX_CUSTOMER_COMBINATIONS, MAX_EVENT_AGE_DAYS, MAX_HOURLY_COMBINATIONS } from '../limits.ts';

/** How an account wants its events handled. The defaults are the original's rules. */
export type MeteringSettings = {
  /**
   * What an identifier that is known answers: `refuse` is the original's 400; `accept_identical` answers an event that
   * is the same in all parts with the first one's answer, so that retry loops end.
   */
  readonly repeatedIdentifiers: 'refuse' | 'accept_identical';
  /** How old events may be, by their own timestamp. Identifiers are kept for as long, see `restoreIdentifiers`. */
  readonly maxEventAgeDays: number;
  /** How long after receipt an event can be cancelled. */
  readonly correctionHours: number;
  /** Combinations of dimension values that a customer may have on one meter. */
  readonly maxCustomerCombinations: number;
  /** New combinations that a meter takes in an hour. */
  readonly maxHourlyCombinations: number;
};

export const DEFAULT_SETTINGS: MeteringSettings = {
  repeatedIdentifiers: 'refuse',
  maxEventAgeDays: MAX_EVENT_AGE_DAYS,
  correctionHours: 24,
  maxCustomerCombinations: MAX_CUSTOMER_COMBINATIONS,
  maxHourlyCombinations: MAX_HOURLY_COMBINATIONS,
};
