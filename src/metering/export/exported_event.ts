import type { Formula } from '../meter.ts';

/** A counted event as an export tells it: whole, with what its stored row leaves out. */
export type ExportedEvent = {
  readonly identifier: string;
  readonly eventName: string;
  /** Unix milliseconds. */
  readonly eventAtMs: number;
  readonly receivedAtMs: number;
  readonly cancelledAtMs: number | null;
  readonly payload: Readonly<Record<string, string>>;
  readonly meterId: string;
  readonly customerId: string;
  /** The shortest notation of what was added up. */
  readonly value: string;
  /** The order of receipt. */
  readonly sequence: bigint;
};

/** What a stored payload of null stands for (see `keptPayload`). */
export type PayloadParts = {
  readonly formula: Formula;
  readonly customerKey: string;
  readonly valueKey: string;
  readonly customerId: string;
  readonly value: string;
};

/** The payload as it was sent, up to the order of its keys. */
export function wholePayload(
  stored: Readonly<Record<string, string>> | null,
  { formula, customerKey, valueKey, customerId, value }: PayloadParts,
): Readonly<Record<string, string>> {
  if (stored !== null) return stored;
  const usesValue = formula !== 'count' && formula !== 'unique_count';
  return Object.fromEntries([[customerKey, customerId], ...(usesValue ? [[valueKey, value]] : [])]);
}

/** The time as RFC 3339 in UTC, with milliseconds where it has any. */
export function timeText(milliseconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds).toString();
}
