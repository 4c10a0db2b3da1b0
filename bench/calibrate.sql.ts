import type pg from 'pg';

export async function createTable(db: pg.ClientBase): Promise<void> {
  await db.query('create table bench_keys (key uuid primary key)');
}

export async function dropTable(db: pg.ClientBase): Promise<void> {
  await db.query('drop table bench_keys');
}

/** Inserts the keys that are not there yet, `uuids` being the text of an array. */
export async function insertKeys(db: pg.ClientBase, uuids: string): Promise<void> {
  const text = 'insert into bench_keys select unnest($1::uuid[]) on conflict do nothing';
  await db.query({ name: 'insert', text, values: [uuids] });
}
