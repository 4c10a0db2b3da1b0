import type { JsonObject } from '../stripe/json.ts';

/** An event of API v2: it names what it is about and carries no copy of it. */
export type ThinEvent = {
  readonly accountId: string;
  /** `evt_test_…` in test accounts, `evt_…` in live ones. */
  readonly id: string;
  /** As in `v1.billing.meter.no_meter_found`. */
  readonly type: string;
  /** What it is about, if it is about one object; the type as in `billing.meter`. */
  readonly related: { readonly id: string; readonly type: string } | null;
  readonly data: JsonObject | null;
  readonly createdAt: Temporal.Instant;
};
