import { type Selectable, sql } from 'kysely';
import { textArray, timestamptzArray } from '../db/binary.ts';
import { PREPARED } from '../db/prepared.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { Events } from '../db/tables.generated.ts';

export type EventRow = Selectable<Events>;

export type NewEvent = {
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  /** JSON text of `{object, previous_attributes?}`. */
  readonly data: string;
  readonly apiVersion: string;
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
  readonly createdAt: Temporal.Instant;
};

/** Stores events, any number by one statement. */
export async function insertEvents(scope: Scope, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const texts = (read: (event: NewEvent) => string | null) => sql`${textArray(events, read)}::text[]`;
  await sql`${PREPARED}
    insert into events (account_id, id, type, object_id, data, api_version, request_id, idempotency_key, created_at)
    select ${scope.account.id}, e.id, e.type, e.object_id, e.data::json, e.api_version, e.request_id, e.idempotency_key, e.created_at
    from unnest(
      ${texts((event) => event.id)}, ${texts((event) => event.type)}, ${texts((event) => event.objectId)},
      ${texts((event) => event.data)}, ${texts((event) => event.apiVersion)}, ${texts((event) => event.requestId)},
      ${texts((event) => event.idempotencyKey)},
      ${timestamptzArray(events, (event) => event.createdAt.epochMilliseconds)}::timestamptz[]
    ) as e(id, type, object_id, data, api_version, request_id, idempotency_key, created_at)
  `.execute(scope.db);
}

export async function findEvent(scope: Scope, id: string): Promise<EventRow | undefined> {
  return await selectFrom(scope, 'events').selectAll().where('id', '=', id).executeTakeFirst();
}
