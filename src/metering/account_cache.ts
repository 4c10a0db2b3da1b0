import type { Queryable } from '../db/pool.ts';
import { MAX_CACHED_EVENT_NAMES, MAX_CACHED_SERIES } from '../limits.ts';
import { type CachedAccount, loadAccounts } from './account_cache.sql.ts';
import { findMetersByEventName } from './meter.sql.ts';
import type { Meter } from './meter.ts';
import type { MeterEvent } from './meter_event.ts';

/** What ingest knows of an account, none of it older than the `epoch`. */
export type AccountView = CachedAccount & {
  /** By event name; null: there is no such meter. */
  readonly meters: Map<string, Meter | null>;
  /** Numbers of series by meter, then by customer and dimensions. */
  readonly series: Map<string, Map<string, number>>;
};

/** Views of the accounts of one batch, which keeps them to its end whatever other batches do. */
export type AccountViews = ReadonlyMap<string, AccountView>;

/**
 * Remembers meters, settings and the numbers of series between batches, so that an event costs no query of its own.
 * Every batch is written only at the epochs by which it was decided; what was remembered under another one is forgotten.
 */
export class AccountCache {
  readonly #db: Queryable;
  readonly #accounts = new Map<string, AccountView>();
  #rememberedSeries = 0;
  #rememberedNames = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * Views of accounts: what is remembered, or, where the database told epochs, nothing older than they are. The views stay
   * with the caller, whatever is forgotten meanwhile.
   */
  async viewsOf(accountIds: Iterable<string>, told?: ReadonlyMap<string, bigint>): Promise<AccountViews> {
    this.#makeRoom();
    const views = new Map<string, AccountView>();
    const stale: string[] = [];
    for (const id of accountIds) {
      const view = this.#accounts.get(id);
      if (view === undefined || (told !== undefined && view.epoch !== told.get(id))) stale.push(id);
      else views.set(id, view);
    }
    if (stale.length === 0) return views;
    for (const account of await loadAccounts(this.#db, stale)) {
      const view = empty(account);
      this.#accounts.set(account.accountId, view);
      views.set(account.accountId, view);
    }
    return views;
  }

  /** Loads the meters of event names that the views do not know yet. */
  async loadMeters(views: AccountViews, wanted: readonly { accountId: string; eventName: string }[]): Promise<void> {
    const unknown = new Map<string, (typeof wanted)[number]>();
    for (const name of wanted) {
      if (!views.get(name.accountId)?.meters.has(name.eventName))
        unknown.set(`${name.accountId} ${name.eventName}`, name);
    }
    if (unknown.size === 0) return;
    const names = [...unknown.values()];
    const found = await findMetersByEventName(this.#db, names);
    for (const [index, { accountId, eventName }] of names.entries()) {
      views.get(accountId)?.meters.set(eventName, found[index] ?? null);
    }
    this.#rememberedNames += names.length;
  }

  rememberSeries(view: AccountView, event: MeterEvent, id: number): void {
    const ofMeter = view.series.get(event.meter.id) ?? new Map<string, number>();
    if (ofMeter.size === 0) view.series.set(event.meter.id, ofMeter);
    ofMeter.set(seriesName(event), id);
    this.#rememberedSeries++;
  }

  forget(): void {
    this.#accounts.clear();
    this.#rememberedSeries = 0;
    this.#rememberedNames = 0;
  }

  /** A full memory starts anew: simpler than counting uses, and one query a batch fills it again. */
  #makeRoom(): void {
    if (this.#rememberedSeries < MAX_CACHED_SERIES && this.#rememberedNames < MAX_CACHED_EVENT_NAMES) return;
    this.forget();
  }
}

function empty(account: CachedAccount): AccountView {
  return { ...account, meters: new Map(), series: new Map() };
}

/** The number of an event's series, if it is known. */
export function knownSeries(view: AccountView, event: MeterEvent): number | undefined {
  return view.series.get(event.meter.id)?.get(seriesName(event));
}

function seriesName({ customerId, dimensions }: MeterEvent): string {
  return dimensions === '{}' ? customerId : `${customerId} ${dimensions}`;
}
