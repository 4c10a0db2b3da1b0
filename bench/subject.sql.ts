import type pg from 'pg';

/** The account that the benchmark's key opens: the only test account of a fresh database. */
export async function testAccount(db: pg.ClientBase): Promise<string> {
  const { rows } = await db.query<{ id: string }>('select id from accounts where not livemode');
  if (rows[0] === undefined) throw new Error('The database has no test account');
  return rows[0].id;
}

/** Makes customers with the given ids that are like one that the API made. */
export async function copyCustomer(db: pg.ClientBase, template: string, ids: readonly string[]): Promise<void> {
  // A row as JSON and back copies all columns, whichever the table has.
  await db.query(
    `with copies as (
       select c.account_id, copy.id, 'B' || lpad(to_hex((select count(*) from customers) + copy.place), 7, '0') as prefix, to_jsonb(c) as template
       from customers c, unnest($2::text[]) with ordinality as copy(id, place)
       where c.id = $1
     ), made as (
       insert into customers
       select row.* from copies,
         jsonb_populate_record(null::customers, template || jsonb_build_object('id', id, 'invoice_prefix', prefix)) as row
       returning account_id, id, invoice_prefix
     )
     insert into customer_invoice_prefixes (account_id, prefix, customer_id)
     select account_id, invoice_prefix, id from made`,
    [template, ids],
  );
  await db.query('analyze customers');
}

/** Moves the start of a subscription's current period back, as if it had been made then. */
export async function backdateSubscription(db: pg.ClientBase, subscription: string, startAt: Date): Promise<void> {
  await db.query('update subscriptions set billing_cycle_anchor = $2, started_at = $2, created_at = $2 where id = $1', [
    subscription,
    startAt,
  ]);
  await db.query('update subscription_items set current_period_start_at = $2 where subscription_id = $1', [
    subscription,
    startAt,
  ]);
}

/** What the tables hold: raw events, and the events that the minutes tell. */
export async function countEvents(db: pg.ClientBase): Promise<{ raw: number; inMinutes: number }> {
  const { rows } = await db.query<{ raw: string; minutes: string }>(
    `select (select count(*) from meter_events) as raw,
       (select coalesce(sum(event_count), 0) from usage_minutes) as minutes`,
  );
  return { raw: Number(rows[0]?.raw), inMinutes: Number(rows[0]?.minutes) };
}

/** Makes an empty database beside the server's own. */
export async function createDatabase(db: pg.ClientBase, name: string): Promise<void> {
  await db.query(`create database ${name}`);
}

type Rows = { readonly table: 'accounts' | 'meters' | 'customers'; readonly json: string };

/** What events refer to, as JSON of whole rows. */
export async function readReferred(db: pg.ClientBase): Promise<Rows[]> {
  const read = async (table: Rows['table']) => {
    const { rows } = await db.query<{ json: string }>(`select json_agg(t)::text as json from ${table} t`);
    return { table, json: rows[0]?.json ?? '[]' };
  };
  return [await read('accounts'), await read('meters'), await read('customers')];
}

/** Stores such rows in another database of the same schema. */
export async function writeReferred(db: pg.ClientBase, all: readonly Rows[]): Promise<void> {
  for (const { table, json } of all) {
    await db.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1::json)`, [json]);
    await db.query(`analyze ${table}`);
  }
}

/** The processes that serve other connections of this database. */
export async function activeBackends(db: pg.ClientBase): Promise<number[]> {
  const { rows } = await db.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()`,
  );
  return rows.map(({ pid }) => pid);
}
