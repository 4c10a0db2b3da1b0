import type { Queryable } from '../db/pool.ts';
import { ensurePartition, monthOf } from './partition.sql.ts';

/** The months whose partitions are known to be there. */
export class Partitions {
  readonly #db: Queryable;
  readonly #known = new Set<string>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Makes the partitions for events of these times (unix milliseconds), where they are missing. */
  async ensure(times: Iterable<number>): Promise<void> {
    let lastTime = Number.NaN;
    for (const time of times) {
      // Most events are of the same second, and the name of a month costs a date.
      if (time === lastTime) continue;
      lastTime = time;
      const month = monthOf(time);
      if (this.#known.has(month)) continue;
      await ensurePartition(this.#db, month);
      this.#known.add(month);
    }
  }

  /** Another process may have dropped some. */
  forget(): void {
    this.#known.clear();
  }
}
