import type { Queryable } from '../db/pool.ts';

/**
 * Forgets the identifiers of all accounts that were received before `before`. Returns how many.
 * An identifier must be kept for as long as its event could be sent again: see IDENTIFIER_DAYS.
 */
export async function deleteExpiredIdentifiers(db: Queryable, before: Temporal.Instant): Promise<bigint> {
  // unscoped: expiry is the same for every account
  const result = await db.deleteFrom('meter_event_identifiers').where('received_at', '<', before).executeTakeFirst();
  return result.numDeletedRows;
}
