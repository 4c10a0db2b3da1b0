import { MAX_RECENT_CUSTOMERS } from '../limits.ts';

/** Whose usage was counted. */
export type UsedBy = { readonly accountId: string; readonly customerId: string };

/**
 * Whose usage this process has counted since somebody last asked, for what looks at usage soon after it came. It costs
 * ingest a look at a set, and is lost with the process: who asks makes up for that.
 */
export class RecentUsage {
  #customers = new Map<string, UsedBy>();
  #isFull = false;

  note(accountId: string, customerId: string): void {
    if (this.#isFull) return;
    const key = `${accountId} ${customerId}`;
    if (!this.#customers.has(key)) this.#customers.set(key, { accountId, customerId });
    this.#isFull = this.#customers.size >= MAX_RECENT_CUSTOMERS;
  }

  /** All customers since the last call, or null: more than are remembered. */
  take(): UsedBy[] | null {
    const taken = this.#isFull ? null : [...this.#customers.values()];
    this.#customers = new Map();
    this.#isFull = false;
    return taken;
  }
}
