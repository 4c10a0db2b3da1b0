/** Whole seconds since 1970, as on the wire; a fraction of a second is cut off towards the past. */
export function toUnix(instant: Temporal.Instant): number {
  return Math.floor(instant.epochMilliseconds / 1000);
}

/** The instant of a unix time in whole seconds. Throws RangeError for a fraction or outside Temporal's range. */
export function fromUnix(seconds: number): Temporal.Instant {
  if (!Number.isSafeInteger(seconds)) throw new RangeError(`not a unix time in whole seconds: ${seconds}`);
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1000);
}

/** The start of the minute that contains `instant`. */
export function startOfMinute(instant: Temporal.Instant): Temporal.Instant {
  return instant.round({ smallestUnit: 'minute', roundingMode: 'floor' });
}

/** The start of the UTC hour that contains `instant`. */
export function startOfHour(instant: Temporal.Instant): Temporal.Instant {
  return instant.round({ smallestUnit: 'hour', roundingMode: 'floor' });
}

/** 00:00 UTC of the day that contains `instant`. */
export function startOfDay(instant: Temporal.Instant): Temporal.Instant {
  // Instants have no calendar and so no days, but every UTC day is the same 24 hours counted from the epoch.
  return instant.round({ smallestUnit: 'hour', roundingIncrement: 24, roundingMode: 'floor' });
}
