import type { MinuteDelta } from './bucket.ts';
import { MAX_CACHED_SERIES } from '../limits.ts';

/** Which minutes are known to be in the database: of each series the one that was made sure of last. */
export class KnownMinutes {
  readonly #last = new Map<number, number>();

  /** The minutes that must be made sure of before a batch adds to them. */
  missing(minutes: readonly MinuteDelta[]): MinuteDelta[] {
    return minutes.filter(({ seriesId, minuteMs }) => this.#last.get(seriesId) !== minuteMs);
  }

  remember(minutes: readonly MinuteDelta[]): void {
    if (this.#last.size > MAX_CACHED_SERIES) this.#last.clear();
    for (const { seriesId, minuteMs } of minutes) this.#last.set(seriesId, minuteMs);
  }

  forget(): void {
    this.#last.clear();
  }
}
