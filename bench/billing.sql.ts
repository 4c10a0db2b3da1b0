import type pg from 'pg';

/** Copies of a subscription: each of another customer, with ids of its own for itself and for its items. */
export type Copies = { readonly subscriptions: readonly string[]; readonly customers: readonly string[] };

/**
 * Makes subscriptions like one that the API made, whose period began at `start` and is over at `end`; the step of renewals
 * does not know of them yet.
 */
export async function copySubscription(
  db: pg.ClientBase,
  template: string,
  { subscriptions, customers }: Copies,
  { start, end }: { start: Date; end: Date },
): Promise<void> {
  await db.query(
    `insert into subscriptions
     select row.* from subscriptions s
     cross join unnest($2::text[], $3::text[]) as copy(id, customer_id)
     cross join jsonb_populate_record(null::subscriptions, to_jsonb(s) || jsonb_build_object(
       'id', copy.id, 'customer_id', copy.customer_id, 'latest_invoice_id', null,
       'billing_cycle_anchor', $4::timestamptz, 'started_at', $4::timestamptz, 'created_at', $4::timestamptz)) as row
     where s.id = $1`,
    [template, subscriptions, customers, start],
  );
  await db.query(
    `insert into subscription_items
     select row.* from subscription_items i
     cross join unnest($2::text[]) as copy(id)
     cross join jsonb_populate_record(null::subscription_items, to_jsonb(i) || jsonb_build_object(
       'id', 'si_' || right(i.id, 4) || substr(copy.id, 5), 'subscription_id', copy.id,
       'current_period_start_at', $3::timestamptz, 'current_period_end_at', $4::timestamptz)) as row
     where i.subscription_id = $1`,
    [template, subscriptions, start, end],
  );
  for (const table of ['subscriptions', 'subscription_items']) await db.query(`analyze ${table}`);
}

/** Schedules the renewals of copies that live on a clock. */
export async function scheduleOnClock(db: pg.ClientBase, { subscriptions }: Copies): Promise<void> {
  await db.query(
    `insert into due_work (account_id, object_id, kind, customer_id, test_clock_id, due_at, rank, attempt_at, failure_count)
     select s.account_id, s.id, 'renew_subscription', s.customer_id, s.test_clock_id, i.current_period_end_at, 20,
       i.current_period_end_at, 0
     from subscriptions s
     join subscription_items i on i.account_id = s.account_id and i.subscription_id = s.id
     where s.id = any($1::text[])`,
    [subscriptions],
  );
}

/** Tells the step of renewals that the periods of all copies are over. */
export async function makeRenewalsDue(db: pg.ClientBase, { subscriptions }: Copies): Promise<void> {
  await db.query(
    `insert into due_work (account_id, object_id, kind, customer_id, test_clock_id, due_at, rank, attempt_at, failure_count)
     select account_id, id, 'renew_subscription', customer_id, null, now() - interval '1 minute', 20, now() - interval '1 minute', 0
     from subscriptions where id = any($1::text[])`,
    [subscriptions],
  );
}

/** Brings the time of all drafts of subscriptions forward, which would be an hour from now. */
export async function makeDraftsDue(db: pg.ClientBase, { subscriptions }: Copies): Promise<void> {
  await db.query('analyze invoices, invoice_lines, due_work, events');
  await db.query(
    `with moved as (
       update invoices set automatically_finalizes_at = now() - interval '1 minute'
       where subscription_id = any($1::text[]) and status = 'draft' returning account_id, id
     )
     update due_work d set due_at = now() - interval '1 minute', attempt_at = now() - interval '1 minute'
     from moved m where d.account_id = m.account_id and d.object_id = m.id and d.kind = 'finalize_invoice'`,
    [subscriptions],
  );
}

/** How much work of a kind is due. */
export async function countDueOf(db: pg.ClientBase, kind: string): Promise<number> {
  const text = 'select count(*) as due from due_work where kind = $1 and attempt_at <= now()';
  const { rows } = await db.query<{ due: string }>({ name: 'due', text, values: [kind] });
  return Number(rows[0]?.due);
}

/** Does what autovacuum would do in the course of a day. */
export async function tidyUp(db: pg.ClientBase): Promise<void> {
  await db.query('vacuum analyze');
}

/** Takes away what would be collected: the next measurement is to have the machine for itself. */
export async function forgetCollections(db: pg.ClientBase): Promise<void> {
  await db.query("delete from due_work where kind = 'collect_invoice'");
}

/** Gives every tenth customer a credit that its invoice will use. */
export async function giveCredit(db: pg.ClientBase, customers: readonly string[]): Promise<void> {
  await db.query("update customers set balance = -100, currency = 'usd' where id = any($1::text[])", [
    customers.filter((_, index) => index % 10 === 0),
  ]);
}

/** How many invoices of subscriptions there are, and how many of them are final. */
export async function countInvoices(db: pg.ClientBase): Promise<{ drafts: number; final: number }> {
  const { rows } = await db.query<{ drafts: string; final: string }>(
    `select count(*) filter (where status = 'draft') as drafts, count(*) filter (where status <> 'draft') as final
     from invoices where billing_reason = 'subscription_cycle'`,
  );
  return { drafts: Number(rows[0]?.drafts), final: Number(rows[0]?.final) };
}

/** What is left to be collected: a run begins when nothing is. */
export async function countDue(db: pg.ClientBase): Promise<number> {
  const { rows } = await db.query<{ due: string }>('select count(*) as due from due_work where attempt_at <= now()');
  return Number(rows[0]?.due);
}

/** Ids of drafts or final invoices of subscriptions. */
export async function invoiceIds(db: pg.ClientBase, isDraft: boolean, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from invoices where billing_reason = 'subscription_cycle' and (status = 'draft') = $1 order by id limit $2`,
    [isDraft, limit],
  );
  return rows.map(({ id }) => id);
}

/**
 * The writes of finalizing invoices and nothing else, set by set: the rows that were written for them are written again
 * under other ids, and the rows that were changed are changed again, with all indexes that this touches.
 */
export async function writeAgain(db: pg.ClientBase, ids: readonly string[]): Promise<void> {
  await db.query('begin');
  for (const [name, text] of Object.entries(WRITES)) await db.query({ name, text, values: [ids] });
  await db.query('commit');
}

/** The same with the writes of the renewals that made the drafts. */
export async function writeAllAgain(db: pg.ClientBase, ids: readonly string[]): Promise<void> {
  await db.query('begin');
  for (const [name, text] of Object.entries({ ...RENEWAL_WRITES, ...WRITES })) {
    await db.query({ name, text, values: [ids] });
  }
  await db.query('commit');
}

const AGAIN = "'again_' || ";
const copyOf = (table: string, alias: string, changes: string) =>
  `jsonb_populate_record(null::${table}, to_jsonb(${alias}) || jsonb_build_object(${changes})) as row`;

const WRITES = {
  number: `update invoices set number = number || 'A', finalized_at = finalized_at + interval '1 second'
    where id = any($1::text[])`,
  sequence: `update customers c set next_invoice_sequence = next_invoice_sequence + 1
    from invoices i where i.id = any($1::text[]) and c.account_id = i.account_id and c.id = i.customer_id`,
  intents: `insert into payment_intents select row.* from payment_intents p
    cross join ${copyOf('payment_intents', 'p', `'id', ${AGAIN}p.id`)}
    where p.id in (select payment_intent_id from invoice_payments where invoice_id = any($1::text[]))`,
  payments: `insert into invoice_payments select row.* from invoice_payments p
    cross join ${copyOf('invoice_payments', 'p', `'id', ${AGAIN}p.id, 'payment_intent_id', ${AGAIN}p.payment_intent_id, 'status', 'canceled', 'canceled_at', p.created_at`)}
    where p.invoice_id = any($1::text[])`,
  work: `insert into due_work
    select account_id, ${AGAIN}id, 'collect_invoice', customer_id, null, 'infinity', 40, 'infinity', 0
    from invoices where id = any($1::text[])`,
  events: `insert into events (account_id, id, type, object_id, data, api_version, request_id, idempotency_key, created_at)
    select e.account_id, ${AGAIN}e.id, e.type, e.object_id, e.data, e.api_version, null, null, e.created_at
    from events e
    where e.id in (select event_id from bench_told where invoice_id = any($1::text[]))`,
} as const;

const RENEWAL_WRITES = {
  subscriptions: `update subscriptions s set latest_invoice_id = ${AGAIN}i.id
    from invoices i where i.id = any($1::text[]) and s.account_id = i.account_id and s.id = i.subscription_id`,
  items: `update subscription_items s set current_period_end_at = current_period_end_at + interval '1 second'
    from invoices i where i.id = any($1::text[]) and s.account_id = i.account_id and s.subscription_id = i.subscription_id`,
  renewals: `update due_work d set due_at = d.due_at + interval '1 second', attempt_at = d.attempt_at + interval '1 second'
    from invoices i where i.id = any($1::text[]) and d.account_id = i.account_id and d.object_id = i.subscription_id`,
  drafts: `insert into invoices select row.* from invoices i
    cross join ${copyOf('invoices', 'i', `'id', ${AGAIN}i.id, 'number', i.number || 'B'`)} where i.id = any($1::text[])`,
  lines: `insert into invoice_lines select row.* from invoice_lines l
    cross join ${copyOf('invoice_lines', 'l', `'id', ${AGAIN}l.id, 'invoice_id', ${AGAIN}l.invoice_id`)}
    where l.invoice_id = any($1::text[])`,
} as const;

/** Remembers also those of the drafts and of the subscriptions: of all that was told from the renewal on. */
export async function rememberAllEvents(db: pg.ClientBase): Promise<void> {
  await rememberEvents(db);
  await db.query(`insert into bench_told
    select e.id, i.id from events e join invoices i on i.id = e.object_id
    where e.type = 'invoice.created' and i.billing_reason = 'subscription_cycle'
    union all
    select e.id, i.id from events e join invoices i on i.subscription_id = e.object_id
    where e.type = 'customer.subscription.updated' and i.billing_reason = 'subscription_cycle'`);
  await db.query('analyze bench_told');
}

/** Remembers which events tell of which final invoice: its own, that of its payment intent, and that of its number. */
export async function rememberEvents(db: pg.ClientBase): Promise<void> {
  await db.query(`create table bench_told as
    select e.id as event_id, i.id as invoice_id from events e join invoices i on i.id = e.object_id
    where e.type <> 'invoice.created' and i.billing_reason = 'subscription_cycle'
    union all
    select e.id, p.invoice_id from events e join invoice_payments p on p.payment_intent_id = e.object_id
    union all
    select e.id, i.id from events e join invoices i on i.customer_id = e.object_id
    where e.type = 'customer.updated' and i.billing_reason = 'subscription_cycle'`);
  await db.query('create index on bench_told (invoice_id)');
  await db.query('analyze bench_told, events, invoices, payment_intents, invoice_payments');
}

/** What series used since then, by minute. */
export async function sumMinutes(db: pg.ClientBase, series: readonly number[], from: Date): Promise<void> {
  const text = `select series_id, sum(value_sum) from usage_minutes
    where series_id = any($1::bigint[]) and minute_at >= $2 group by series_id`;
  await db.query({ name: 'minutes', text, values: [series, from] });
}
