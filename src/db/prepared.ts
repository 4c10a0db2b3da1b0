import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';

const PREPARED_MARK = '/* prepared */';
const PLANNED_ONCE_MARK = '/* planned once */';

/** Begins a statement that a connection shall parse once and keep: for those of few different texts that are sent often. */
export const PREPARED = sql.raw(PREPARED_MARK);

/**
 * The same for a large statement whose plan is right for any parameters: it is planned once, too. Of the usage of a period,
 * planning takes 10 ms and running 1. It costs two more short round trips, so that it suits nothing small.
 */
export const PLANNED_ONCE = sql.raw(PLANNED_ONCE_MARK);

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
 * back around each that is planned once, because other statements need plans for their own parameters.
 */
export function keepPrepared(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const plannedOnce = async (text: string, values: unknown): Promise<unknown> => {
    await query(KEEP_PLANS);
    try {
      return await query({ name: nameOf(text), text, values });
    } finally {
      // A transaction that has failed refuses it, and its rollback takes the setting back.
      await Promise.resolve(query(PLAN_ANEW)).catch(() => {});
    }
  };
  const named = (text: unknown, values: unknown, ...rest: unknown[]) => {
    if (typeof text !== 'string') return query(text, values, ...rest);
    if (text.startsWith(PLANNED_ONCE_MARK)) return plannedOnce(text, values);
    if (text.startsWith(PREPARED_MARK)) return query({ name: nameOf(text), text, values }, ...rest);
    return query(text, values, ...rest);
  };
  client.query = named as typeof client.query;
}
