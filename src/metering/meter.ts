/** A meter: which events count, for whom, and how they add up. Only `displayName` changes after creation. */
export type Meter = {
  readonly id: string;
  readonly displayName: string;
  readonly eventName: string;
  readonly formula: 'sum' | 'count' | 'last';
  /** Set: of the events in each UTC hour or day only the one received last counts. */
  readonly eventTimeWindow: 'hour' | 'day' | null;
  /** The payload key that holds the customer's id. */
  readonly customerKey: string;
  /** The payload key that holds the value; `count` ignores it. */
  readonly valueKey: string;
  readonly status: 'active' | 'inactive';
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
  readonly deactivatedAt: Temporal.Instant | null;
};
