/** A stretch of time, half-open; undefined means that it has no end. */
export type Stretch = { readonly from: Temporal.Instant; readonly before: Temporal.Instant | undefined };

type Bound = Temporal.Instant | undefined;

/** Each stretch is so many times as long as the one before it. */
const GROWTH = 4;

/** Nothing happened before it. */
const BEGINNING = Temporal.Instant.fromEpochMilliseconds(0);

/**
 * Cuts a stretch of time into ever longer ones, from its end backwards: 1 second, 4, 16 and so on, together the whole. Who
 * looks for the newest events of a busy account finds them in the first ones, and no event is looked at twice. Without an
 * end the first one reaches from just before `now` into the future; 1970 is reached with the seventeenth.
 */
export function* backwards(from: Bound, before: Bound, now: Temporal.Instant): Generator<Stretch> {
  const earliest = from ?? BEGINNING;
  let end = before;
  let at = later((before ?? now).subtract({ seconds: 1 }), earliest);
  for (let seconds = GROWTH; ; seconds *= GROWTH) {
    yield { from: at, before: end };
    if (Temporal.Instant.compare(at, earliest) <= 0) return;
    end = at;
    at = later(at.subtract({ seconds }), earliest);
  }
}

/** The same from the begin forwards; the last one has the given end, or none. */
export function* forwards(from: Temporal.Instant, before: Bound, now: Temporal.Instant): Generator<Stretch> {
  const latest = before ?? now;
  let at = from;
  for (let seconds = 1; Temporal.Instant.compare(at.add({ seconds }), latest) < 0; seconds *= GROWTH) {
    const next = at.add({ seconds });
    yield { from: at, before: next };
    at = next;
  }
  yield { from: at, before };
}

function later(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) > 0 ? a : b;
}
