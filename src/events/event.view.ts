import type { Context } from '../stripe/context.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { EventRow } from './event.sql.ts';

/** The wire shape of an event. `data` is what was written when it happened, never a fresh rendering. */
export function viewEvent(context: Context, row: EventRow): JsonObject {
  return {
    id: row.id,
    object: 'event',
    api_version: row.api_version,
    created: toUnix(row.created_at),
    data: row.data as JsonObject,
    livemode: context.account.livemode,
    // Deliveries do not exist yet, so none can be pending.
    pending_webhooks: 0,
    request: { id: row.request_id, idempotency_key: row.idempotency_key },
    type: row.type,
  };
}
