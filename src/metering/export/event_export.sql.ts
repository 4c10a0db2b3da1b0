import type pg from 'pg';
import { EXPORT_FETCH_EVENTS, MAX_EXPORT_COLUMNS } from '../../limits.ts';
import type { Formula } from '../meter.ts';
import { type ExportedEvent, wholePayload } from './exported_event.ts';

/** Which events: those of one account whose own time lies in `[from, to)`; cancelled ones, the others, or all. */
export type ExportSelection = {
  readonly accountId: string;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
  readonly cancelled: boolean | 'all';
};

const CONDITION = {
  all: '',
  true: 'and e.cancelled_at is not null',
  false: 'and e.cancelled_at is null',
} as const;

function sourceOf({ cancelled }: ExportSelection): string {
  return `
    from meter_events e
    join usage_series s on s.id = e.series_id
    join meters m on m.account_id = s.account_id and m.id = s.meter_id
    where s.account_id = $1 and e.event_at >= $2 and e.event_at < $3 ${CONDITION[`${cancelled}`]}
  `;
}

function valuesOf({ accountId, from, to }: ExportSelection): unknown[] {
  return [accountId, from, to];
}

const milliseconds = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

type Row = {
  identifier: string;
  event_name: string;
  event_at: number;
  received_at: number;
  cancelled_at: number | null;
  payload: Record<string, string> | null;
  formula: Formula;
  customer_key: string;
  value_key: string;
  meter_id: string;
  customer_id: string;
  value: string;
  sequence: bigint;
};

const COLUMNS = `
  e.identifier, m.event_name, ${milliseconds('e.event_at')} as event_at, ${milliseconds('e.received_at')} as received_at,
  ${milliseconds('e.cancelled_at')} as cancelled_at, e.payload, m.formula, m.customer_key, m.value_key, s.meter_id,
  s.customer_id, trim_scale(e.value)::text as value, e.sequence
`;

/**
 * The events of a selection in the order of their receipt, which decides what `last` and windows count. All of one
 * snapshot, a few thousand at a time through a cursor, so that memory does not grow with their number.
 */
export async function* selectEvents(pool: pg.Pool, selection: ExportSelection): AsyncGenerator<ExportedEvent[]> {
  const query = `declare exported no scroll cursor for select ${COLUMNS} ${sourceOf(selection)} order by e.sequence`;
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await begin(client);
    await client.query(query, valuesOf(selection));
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${EXPORT_FETCH_EVENTS} from exported`);
      if (rows.length === 0) return;
      yield rows.map(toEvent);
    }
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    await client.query('rollback').catch(() => {});
    client.release(failure);
  }
}

/** A sort or a count over a month may take long, and the disk that is written to may be slow. */
async function begin(client: pg.PoolClient): Promise<void> {
  await client.query('begin isolation level repeatable read, read only');
  await client.query(
    'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local cursor_tuple_fraction = 1',
  );
}

function toEvent(row: Row): ExportedEvent {
  const { customer_id: customerId, value } = row;
  const parts = {
    formula: row.formula,
    customerKey: row.customer_key,
    valueKey: row.value_key,
    customerId,
    value,
  };
  return {
    identifier: row.identifier,
    eventName: row.event_name,
    eventAtMs: row.event_at,
    receivedAtMs: row.received_at,
    cancelledAtMs: row.cancelled_at,
    payload: wholePayload(row.payload, parts),
    meterId: row.meter_id,
    customerId,
    value,
    sequence: row.sequence,
  };
}

/** The payload keys of a selection, sorted; one more than a file may have columns at most. */
export async function selectPayloadKeys(pool: pg.Pool, selection: ExportSelection): Promise<string[]> {
  const query = `
    select distinct k.key
    from (select e.payload, m.customer_key, m.value_key ${sourceOf(selection)}) e
    cross join lateral (
      select jsonb_object_keys(e.payload) as key where e.payload is not null
      union all
      select unnest(array[e.customer_key, e.value_key]) where e.payload is null
    ) k
    order by k.key
    limit ${MAX_EXPORT_COLUMNS + 1}
  `;
  const client = await pool.connect();
  try {
    await begin(client);
    const { rows } = await client.query<{ key: string }>(query, valuesOf(selection));
    return rows.map((row) => row.key);
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}
