import { invalidRequest } from '../stripe/errors.ts';
import type { Subscription } from './subscription.ts';
import type { PauseCollectionParams } from './subscription.params.ts';

/**
 * How collection is paused after a request; pure. Null resumes it, nothing leaves it as it is. Throws for a time that is
 * past.
 */
export function changePause(
  current: Subscription['pauseCollection'],
  wanted: PauseCollectionParams | null | undefined,
  now: Temporal.Instant,
): Subscription['pauseCollection'] {
  if (wanted === undefined) return current;
  if (wanted === null) return null;
  const resumesAt = wanted.resumes_at ?? null;
  if (resumesAt !== null && Temporal.Instant.compare(resumesAt, now) <= 0) {
    throw invalidRequest('`pause_collection[resumes_at]` must be in the future.', 'pause_collection[resumes_at]');
  }
  return { behavior: wanted.behavior, resumesAt };
}
