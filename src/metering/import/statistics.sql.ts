import { sql } from 'kysely';
import type { Queryable } from '../../db/pool.ts';

/**
 * Tells the planner what a large import has changed. PostgreSQL does it by itself within a minute or two; until then it
 * takes the tables for small ones, and reads that follow the import may be a hundred times slower.
 */
export async function refreshStatistics(db: Queryable): Promise<void> {
  await sql`analyze usage_series, usage_minutes, meter_events, meter_event_identifiers`.execute(db);
}
