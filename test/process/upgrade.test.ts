import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { hasPostgres15, startPostgres15 } from '../support/postgres15.ts';
import { call } from './api.ts';
import { ROOT, temporaryFolder, usance } from './command.ts';

if (!hasPostgres15) console.log('PostgreSQL 15 is not installed: the upgrade of a database with events is not tested.');

const FIRST_WITH_SERIES = '0007';
const SECRET_KEY = 'sk_test_upgraded';

/** A database of the version before usage had series: meters of three kinds, and events of two months. */
const OLD_DATA = `
insert into accounts values ('acct_old', 'Old', false, 'US', 'usd', now());
insert into customers (account_id, id, invoice_prefix, next_invoice_sequence, metadata, preferred_locales, tax_exempt, created_at)
  select 'acct_old', c, upper(c), 1, '{}', '{}', 'none', now() from unnest(array['cus_a', 'cus_b']) c;
insert into meters
  select 'acct_old', 'mtr_' || name, name, name, formula, event_window, 'stripe_customer_id', 'value', 'active', now(), now()
  from (values ('sums', 'sum', null), ('lasts', 'last', null), ('windows', 'sum', 'hour')) m (name, formula, event_window);
insert into meter_events (account_id, meter_id, customer_id, event_at, identifier, value, payload, received_at)
  select 'acct_old', m.id, c, date_trunc('second', now()) - n * interval '53 minutes', m.id || c || n, n * 1.5,
    json_build_object('stripe_customer_id', c, 'value', (n * 1.5)::text), now() - interval '1 minute'
  from meters m, unnest(array['cus_a', 'cus_b']) c, generate_series(1, 900) n
  order by random();
insert into meter_event_identifiers
  select encode(substr(sha256(convert_to(account_id, 'UTF8') || '\\x00'::bytea || convert_to(identifier, 'UTF8')), 1, 16),
    'hex')::uuid, received_at
  from meter_events;
`;

/** What the old events add up to, by SQL of its own. */
const OLD_USAGE = `
select 'mtr_sums' as meter, sum(value)::float8 as value from meter_events where meter_id = 'mtr_sums' and customer_id = 'cus_a'
union all
select 'mtr_lasts', (array_agg(value order by event_at desc, sequence desc))[1]::float8
  from meter_events where meter_id = 'mtr_lasts' and customer_id = 'cus_a'
union all
select 'mtr_windows', sum(value)::float8 from (
  select distinct on (date_trunc('hour', event_at)) value from meter_events
  where meter_id = 'mtr_windows' and customer_id = 'cus_a'
  order by date_trunc('hour', event_at), sequence desc
) kept
`;

test.skipIf(!hasPostgres15)(
  'a database with events is upgraded, and its usage stays what it was',
  async () => {
    const cluster = await startPostgres15();
    onTestFinished(() => cluster.stop());
    const database = new pg.Client({ connectionString: cluster.url });
    await database.connect();
    onTestFinished(() => database.end());
    await database.query('create table migrations (name text primary key, run_at timestamptz not null default now())');
    for (const name of readdirSync(join(ROOT, 'migrations')).sort()) {
      if (!/^\d{4}_/.test(name) || name >= FIRST_WITH_SERIES) continue;
      await database.query(readFileSync(join(ROOT, 'migrations', name), 'utf8'));
      await database.query('insert into migrations (name) values ($1)', [name]);
    }
    await database.query(OLD_DATA);
    const expected = (await database.query(OLD_USAGE)).rows as { meter: string; value: number }[];
    const settings = { DATABASE_URL: cluster.url, USANCE_DATA_DIR: await temporaryFolder() };

    const verified = await usance(['verify', 'usage'], settings).ended;
    expect(verified.stdout + verified.stderr).toContain('Usage is what the raw events say.');
    expect(verified.code).toBe(0);

    const created = await usance(['keys', 'create', '--account', 'acct_old'], settings).ended;
    const server = usance(['start'], { ...settings, PORT: '0', USANCE_SECRET_KEY: SECRET_KEY });
    const api = { url: (await server.until(/ready at (\S+)/))[1]!, secretKey: created.stdout.trim() };
    const end = Math.ceil(Date.now() / 60_000) * 60;
    for (const { meter, value } of expected) {
      const query = `customer=cus_a&start_time=${end - 34 * 86_400}&end_time=${end}`;
      const { body } = await call(api, 'GET', `/v1/billing/meters/${meter}/event_summaries?${query}`);
      expect([meter, body.data[0].aggregated_value]).toEqual([meter, value]);
    }
    // What was counted before is known now: its identifier is taken, and its event can be cancelled.
    const known = { event_name: 'sums', identifier: 'mtr_sumscus_a1', 'payload[stripe_customer_id]': 'cus_a' };
    const again = await call(api, 'POST', '/v1/billing/meter_events', { ...known, 'payload[value]': '1' });
    expect(again.body.error.message).toBe('An event already exists with identifier mtr_sumscus_a1.');
    const cancel = { event_name: 'sums', type: 'cancel', 'cancel[identifier]': 'mtr_sumscus_a1' };
    expect((await call(api, 'POST', '/v1/billing/meter_event_adjustments', cancel)).body.status).toBe('complete');
    expect((await usance(['verify', 'usage'], settings).ended).code).toBe(0);
  },
  90_000,
);
