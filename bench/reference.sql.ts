import type pg from 'pg';

/** Draws that many blocks of sequence numbers; answers the first. */
export async function firstBlocks(db: pg.Pool, count: number): Promise<number> {
  const { rows } = await db.query<{ first: string }>(
    "select (setval('meter_event_blocks', nextval('meter_event_blocks') + $1) - $1)::text as first",
    [count],
  );
  return Number(rows[0]?.first);
}
