/** The original's formulas. */
export const STRIPE_FORMULAS = ['count', 'last', 'sum'] as const;

/** Those beyond the original's are for meters made under `/v1/usance/meters`. */
export type Formula = (typeof STRIPE_FORMULAS)[number] | 'average' | 'max' | 'min' | 'unique_count';

/** A meter: which events count, for whom, and how they add up. Only `displayName` changes after creation. */
export type Meter = {
  readonly id: string;
  readonly displayName: string;
  readonly eventName: string;
  readonly formula: Formula;
  /** Set: of the events in each UTC hour or day only the one received last counts. */
  readonly eventTimeWindow: 'hour' | 'day' | null;
  /** The payload key that holds the customer's id. */
  readonly customerKey: string;
  /** The payload key that holds the value; `count` ignores it, for `unique_count` it may be any text. */
  readonly valueKey: string;
  /** Payload keys by whose values usage is told apart; every event must have them. */
  readonly dimensionKeys: readonly string[];
  readonly status: 'active' | 'inactive';
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
  readonly deactivatedAt: Temporal.Instant | null;
};

/** True when one event of a bucket stands for it: the one with the latest time (`last`) or the latest receipt. */
export function keepsLast(meter: Meter): boolean {
  return meter.formula === 'last' || meter.eventTimeWindow !== null;
}
