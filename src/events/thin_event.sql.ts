import type { Queryable } from '../db/pool.ts';
import type { ThinEvent } from './thin_event.ts';

/** Writes an event in the transaction of what it tells. */
export async function insertThinEvent(db: Queryable, event: ThinEvent): Promise<void> {
  await db
    .insertInto('thin_events')
    .values({
      account_id: event.accountId,
      id: event.id,
      type: event.type,
      related_object_id: event.related?.id ?? null,
      related_object_type: event.related?.type ?? null,
      data: event.data === null ? null : JSON.stringify(event.data),
      created_at: event.createdAt,
    })
    .execute();
}
