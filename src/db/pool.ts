import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import {
  CONNECTION_TIMEOUT_MILLISECONDS,
  LOCK_TIMEOUT_MILLISECONDS,
  STATEMENT_TIMEOUT_MILLISECONDS,
} from '../limits.ts';
import type { DB } from './tables.generated.ts';

export type Database = {
  readonly kysely: Kysely<DB>;
  readonly pool: pg.Pool;
  close(): Promise<void>;
};

/** A transaction or the pool itself: whatever runs queries. */
export type Queryable = Kysely<DB>;

const INT8_OID = 20;
const TIMESTAMPTZ_OID = 1184;

/** `2026-01-31 10:00:00.123+00` as PostgreSQL prints it in UTC; Temporal reads it as it is. */
function parseTimestamptz(text: string): Temporal.Instant {
  return Temporal.Instant.from(text);
}

// pg asks a parameter's own `toPostgres` for its text; without it an Instant would be sent as quoted JSON.
Object.defineProperty(Temporal.Instant.prototype, 'toPostgres', {
  configurable: true,
  value(this: Temporal.Instant) {
    return this.toString();
  },
});

function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8_OID) return BigInt;
  if (oid === TIMESTAMPTZ_OID) return parseTimestamptz;
  return pg.types.getTypeParser(oid, format);
}

const SESSION_SETTINGS = [
  'timezone=UTC',
  'datestyle=ISO',
  `statement_timeout=${STATEMENT_TIMEOUT_MILLISECONDS}`,
  `lock_timeout=${LOCK_TIMEOUT_MILLISECONDS}`,
  `idle_in_transaction_session_timeout=${STATEMENT_TIMEOUT_MILLISECONDS}`,
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/**
 * Opens a connection pool. `int8` reads as bigint, `timestamptz` as Temporal.Instant, `numeric` as its decimal text:
 * never a float, never a local date.
 */
export function openDatabase(databaseUrl: string, options: { maxConnections?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.maxConnections ?? 10,
    application_name: 'usance',
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MILLISECONDS,
    options: SESSION_SETTINGS,
  });
  // A connection that the server ends must not end this process: its query fails, and the next one opens another.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  // Kysely's own end would leave the pool open when no query has gone through Kysely.
  return { kysely, pool, close: () => pool.end() };
}
