import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import {
  CONNECTION_TIMEOUT_MILLISECONDS,
  HEALTH_CHECK_MILLISECONDS,
  LOCK_TIMEOUT_MILLISECONDS,
  STATEMENT_TIMEOUT_MILLISECONDS,
} from '../limits.ts';
import { keepPrepared } from './prepared.ts';
import type { DB } from './tables.generated.ts';

export type Database = {
  readonly kysely: Kysely<DB>;
  readonly pool: pg.Pool;
  /** Whether PostgreSQL answers now. Asked any number of times at once it is one query, on a connection of its own. */
  isReachable(): Promise<boolean>;
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

const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO',
  // Whatever the role or the database says: what was acknowledged is on disk.
  synchronous_commit: 'on',
  statement_timeout: String(STATEMENT_TIMEOUT_MILLISECONDS),
  lock_timeout: String(LOCK_TIMEOUT_MILLISECONDS),
  idle_in_transaction_session_timeout: String(STATEMENT_TIMEOUT_MILLISECONDS),
};

function sessionOptions(settings: Readonly<Record<string, string>> = {}): string {
  const all = Object.entries({ ...SESSION_SETTINGS, ...settings });
  return all.map(([name, value]) => `-c ${name}=${value}`).join(' ');
}

/**
 * Opens a connection pool. `int8` reads as bigint, `timestamptz` as Temporal.Instant, `numeric` as its decimal text:
 * never a float, never a local date. A connection that PostgreSQL ends fails the query that is on it and no other: the
 * next query opens a new one, so an outage needs no reconnecting here.
 */
export function openDatabase(
  databaseUrl: string,
  options: { maxConnections?: number; settings?: Readonly<Record<string, string>> } = {},
): Database {
  const pool = openPool({
    connectionString: databaseUrl,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MILLISECONDS,
    options: sessionOptions(options.settings),
  });
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  const health = openHealthCheck(databaseUrl);
  // Kysely's own end would leave the pool open when no query has gone through Kysely.
  const close = async () => {
    await Promise.all([pool.end(), health.close()]);
  };
  return { kysely, pool, isReachable: health.isReachable, close };
}

function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    options: sessionOptions(),
    ...config,
    application_name: 'usance',
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  // A connection that the server ends must not end this process: its query fails, and the next one opens another.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
    keepPrepared(client);
  });
  return pool;
}

/** Asks on a connection of its own, opened at the first question, because a busy pool is not an unreachable database. */
function openHealthCheck(databaseUrl: string): Pick<Database, 'isReachable' | 'close'> {
  const pool = openPool({
    connectionString: databaseUrl,
    max: 1,
    connectionTimeoutMillis: HEALTH_CHECK_MILLISECONDS,
    query_timeout: HEALTH_CHECK_MILLISECONDS,
  });
  let asking: Promise<boolean> | undefined;
  const ask = async () => {
    try {
      // An idle connection may have broken unseen, and only the second one then tells what is the case now.
      await pool.query('select 1').catch(() => pool.query('select 1'));
      return true;
    } catch {
      return false;
    } finally {
      asking = undefined;
    }
  };
  return { isReachable: () => (asking ??= ask()), close: () => pool.end() };
}
