import { MAX_CACHED_SERIES } from '../limits.ts';
import type { MinuteDelta } from './bucket.ts';

/** Minutes that are not known to be there, by what a batch that adds to them must do. */
export type MissingMinutes = {
  /** It makes these itself, and no other batch of this process may until it has ended. */
  readonly own: ReadonlySet<MinuteDelta>;
  /** These may be there, or another batch is making them: they must be made sure of first. */
  readonly others: readonly MinuteDelta[];
};

/** Which minutes are known to be in the database: of each series the one that was made sure of last. */
export class KnownMinutes {
  readonly #last = new Map<number, number>();
  /** The series of which a batch is making a minute now. */
  readonly #making = new Set<number>();

  /**
   * The minutes that are not known. Where `mayMake`, the batch gets those for itself that are later than all before in their
   * series, so that nobody has made them yet but for another process; they are claimed until `settle`.
   */
  claim(minutes: readonly MinuteDelta[], mayMake: boolean): MissingMinutes {
    const own = new Set<MinuteDelta>();
    const others: MinuteDelta[] = [];
    for (const minute of minutes) {
      const { seriesId, minuteMs } = minute;
      const last = this.#last.get(seriesId);
      if (last === minuteMs) continue;
      if (mayMake && last !== undefined && minuteMs > last && !this.#making.has(seriesId)) {
        this.#making.add(seriesId);
        own.add(minute);
      } else others.push(minute);
    }
    return { own, others };
  }

  /** Ends a claim, whether or not its minutes were written. */
  settle({ own }: MissingMinutes): void {
    for (const { seriesId } of own) this.#making.delete(seriesId);
  }

  /** These are in the database. */
  remember(minutes: Iterable<MinuteDelta>): void {
    if (this.#last.size > MAX_CACHED_SERIES) this.#last.clear();
    for (const { seriesId, minuteMs } of minutes) this.#last.set(seriesId, minuteMs);
  }

  forget(): void {
    this.#last.clear();
  }
}
