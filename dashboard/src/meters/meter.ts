/** A meter in our own shape, which has all formulas and dimensions. */
export type Meter = {
  readonly id: string;
  readonly display_name: string;
  readonly event_name: string;
  readonly status: 'active' | 'inactive';
  readonly created: number;
  readonly default_aggregation: { readonly formula: Formula };
  readonly dimension_payload_keys: readonly string[];
  readonly event_time_window: 'hour' | 'day' | null;
  readonly customer_mapping: { readonly event_payload_key: string };
  readonly value_settings: { readonly event_payload_key: string };
};

export type Formula = 'sum' | 'count' | 'last' | 'max' | 'min' | 'average' | 'unique_count';

/** Usage of a window of time, as text. */
export type UsageSummary = {
  readonly id: string;
  readonly aggregated_value: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly dimensions: Readonly<Record<string, string>>;
};

export type MeterEvent = {
  readonly id: string;
  readonly status: 'counted' | 'cancelled' | 'rejected';
  readonly customer: string | null;
  readonly identifier: string | null;
  readonly value: string | null;
  readonly timestamp: number | null;
  readonly received_at: number;
  readonly event_name: string | null;
  readonly payload: Readonly<Record<string, string>> | null;
  readonly dimensions: Readonly<Record<string, string>> | null;
  readonly rejection: { readonly code: string; readonly message: string } | null;
};

/** What each formula makes of the events of a period, in the words of the form. */
export const FORMULAS: Readonly<
  Record<Formula, { readonly label: string; readonly says: string; readonly isOurs?: true }>
> = {
  sum: { label: 'Sum', says: 'Bills the sum of the values reported.' },
  count: { label: 'Count', says: 'Bills the number of events reported.' },
  last: { label: 'Last', says: 'Bills the last value reported.' },
  max: { label: 'Max', says: 'Bills the largest value reported.', isOurs: true },
  min: { label: 'Min', says: 'Bills the smallest value reported.', isOurs: true },
  average: { label: 'Average', says: 'Bills the average of the values reported.', isOurs: true },
  unique_count: { label: 'Unique count', says: 'Bills how many different values were reported.', isOurs: true },
};
