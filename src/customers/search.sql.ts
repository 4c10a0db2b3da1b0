import { sql } from 'kysely';

/** Deleted customers are not found. */
export const LIVING = sql<boolean>`deleted_at is null`;
