import type { Scope } from '../db/scope.ts';
import type { Meter } from './meter.ts';
import { findMeterByEventName } from './meter.sql.ts';

/** Bounds the memory of a process that serves very many meters; a full cache starts anew. */
const MAX_ENTRIES = 10_000;

/**
 * Active meters by event name. An entry goes stale when the meter is deactivated, here or by another process, and its
 * name may then belong to another meter. So the ingest statement checks that the meter is still active, and an event
 * that can't be read by a cached meter is read once more by the meter of now.
 */
export class MeterCache {
  readonly #meters = new Map<string, Meter>();

  async find(scope: Scope, eventName: string): Promise<Meter | undefined> {
    const key = cacheKey(scope, eventName);
    const cached = this.#meters.get(key);
    if (cached !== undefined) return cached;
    const meter = await findMeterByEventName(scope, eventName);
    if (meter?.status === 'active') {
      if (this.#meters.size >= MAX_ENTRIES) this.#meters.clear();
      this.#meters.set(key, meter);
    }
    return meter;
  }

  drop(scope: Scope, eventName: string): void {
    this.#meters.delete(cacheKey(scope, eventName));
  }
}

function cacheKey(scope: Scope, eventName: string): string {
  return `${scope.account.id} ${eventName}`;
}
