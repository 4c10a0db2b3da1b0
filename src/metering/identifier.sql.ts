import type { Queryable } from '../db/pool.ts';
import { deleteExpired } from '../db/sweep.ts';

/**
 * Forgets the identifiers of all accounts that were received before `before`. Returns how many.
 * An identifier must be kept for as long as its event could be sent again: see IDENTIFIER_DAYS.
 */
export async function deleteExpiredIdentifiers(db: Queryable, before: Temporal.Instant): Promise<bigint> {
  return await deleteExpired(db, 'meter_event_identifiers', 'received_at', before);
}
