import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';

const MARK = '/* prepared */';

/**
 * Begins a statement that a connection shall parse and plan once and keep: for large statements of few different texts, since
 * each is kept by each connection, that are right for any parameters. Of the usage of a period, planning takes 10 ms and
 * running 1.
 */
export const PREPARED = sql.raw(MARK);

/** The names of marked statements by their text. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = hash('sha256', text, 'hex').slice(0, 32);
  names.set(text, name);
  return name;
}

/** Without it PostgreSQL plans for the parameters of each execution whenever it expects less to do then. */
const KEEP_PLANS = "set plan_cache_mode = 'force_generic_plan'";
const PLAN_ANEW = 'set plan_cache_mode = default';

/**
 * Makes a connection keep the statements that are marked: Kysely has no way to name one. The setting is made and taken
 * back around each, because other statements need plans for their own parameters.
 */
export function keepPrepared(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const runKept = async (text: string, values: unknown): Promise<unknown> => {
    await query(KEEP_PLANS);
    try {
      return await query({ name: nameOf(text), text, values });
    } finally {
      // A transaction that has failed refuses it, and its rollback takes the setting back.
      await Promise.resolve(query(PLAN_ANEW)).catch(() => {});
    }
  };
  const named = (text: unknown, values: unknown, ...rest: unknown[]) =>
    typeof text === 'string' && text.startsWith(MARK) ? runKept(text, values) : query(text, values, ...rest);
  client.query = named as typeof client.query;
}
