import type { Selectable } from 'kysely';
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

export async function insertEvent(scope: Scope, event: NewEvent): Promise<void> {
  await scope.db
    .insertInto('events')
    .values({
      account_id: scope.account.id,
      id: event.id,
      type: event.type,
      object_id: event.objectId,
      data: event.data,
      api_version: event.apiVersion,
      request_id: event.requestId,
      idempotency_key: event.idempotencyKey,
      created_at: event.createdAt,
    })
    .execute();
}

export async function findEvent(scope: Scope, id: string): Promise<EventRow | undefined> {
  return await selectFrom(scope, 'events').selectAll().where('id', '=', id).executeTakeFirst();
}
