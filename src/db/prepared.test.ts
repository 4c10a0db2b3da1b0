import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testServer } from '../../test/support/test-server.ts';
import { openDatabase } from './pool.ts';
import { PLANNED_ONCE } from './prepared.ts';

/** A connection and a table of its own in which most rows are alike, so that plans for a parameter differ. */
async function openSkewed() {
  const { databaseUrl } = await testServer();
  const database = openDatabase(databaseUrl, { maxConnections: 1 });
  await database.pool.query(`
    create temporary table skewed as select n, case when n < 10 then n else 0 end as kind from generate_series(1, 20000) n;
    create index on skewed (kind); analyze skewed;
  `);
  return database;
}

test('a statement of the kind is planned once, and no other is planned without its parameters', async () => {
  const { kysely, pool, close } = await openSkewed();
  try {
    // Rare kinds are cheaper to find than the average one, which is why PostgreSQL would plan anew.
    for (let kind = 1; kind <= 8; kind++) {
      await sql`${PLANNED_ONCE} select count(*) from skewed where kind = ${kind}`.execute(kysely);
    }
    const { rows } = await pool.query(
      'select generic_plans, custom_plans from pg_prepared_statements where not from_sql',
    );
    expect(rows).toContainEqual({ generic_plans: 8n, custom_plans: 0n });
    expect((await pool.query('show plan_cache_mode')).rows).toEqual([{ plan_cache_mode: 'auto' }]);
  } finally {
    await close();
  }
});

test('one that fails, in a transaction or not, leaves nothing behind', async () => {
  const { kysely, pool, close } = await openSkewed();
  try {
    const failing = kysely
      .transaction()
      .execute((tx) => sql`${PLANNED_ONCE} select 1 / (n - ${7}) from skewed`.execute(tx));
    await expect(failing).rejects.toThrow('division by zero');
    await expect(sql`${PLANNED_ONCE} select 1 / (n - ${7}) from skewed`.execute(kysely)).rejects.toThrow(
      'division by zero',
    );
    expect((await pool.query('show plan_cache_mode')).rows).toEqual([{ plan_cache_mode: 'auto' }]);
  } finally {
    await close();
  }
});
