import type pg from 'pg';

/** The least that a load can be: the file's columns as they are into a new table without an index. */
export async function copyFile(db: pg.ClientBase, file: string): Promise<void> {
  await db.query('create table bench_copy (identifier text, at bigint, event_name text, customer text, value numeric)');
  await db.query(`copy bench_copy from ${db.escapeLiteral(file)} with (format csv, header)`);
  await db.query('drop table bench_copy');
}
