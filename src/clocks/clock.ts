/** A clock that stands still until it is advanced. Customers on it, and all that is theirs, live in its time. */
export type TestClock = {
  readonly id: string;
  readonly name: string | null;
  readonly status: 'advancing' | 'internal_failure' | 'ready';
  /** What time it is. While the clock advances, the time of the work that was done last. */
  readonly frozenAt: Temporal.Instant;
  /** Where it advances to; set exactly while it advances. */
  readonly targetAt: Temporal.Instant | null;
  /** Wall time, as of `createdAt` and `deletedAt`. */
  readonly deletesAfter: Temporal.Instant;
  readonly createdAt: Temporal.Instant;
  readonly deletedAt: Temporal.Instant | null;
};

/** The clock on its way to `targetAt`. */
export function setOut(clock: TestClock, targetAt: Temporal.Instant): TestClock {
  return { ...clock, status: 'advancing', targetAt };
}

/** The clock with nothing left to do before its target: it stands there. */
export function arrive(clock: TestClock): TestClock {
  return { ...clock, status: 'ready', frozenAt: clock.targetAt ?? clock.frozenAt, targetAt: null };
}

/** The clock when work on it failed: it stands where that work was due, and never advances again. */
export function breakDown(clock: TestClock): TestClock {
  return { ...clock, status: 'internal_failure', targetAt: null };
}
