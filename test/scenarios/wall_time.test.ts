import { pino } from 'pino';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteOutlivedClocks } from '../../src/billing/clock.ts';
import { NO_LISTENER } from '../../src/payments/payments.ts';
import { testGateway } from '../../src/payments/test_gateway/test_gateway.ts';
import type { CollectInvoice } from '../../src/billing/collect.ts';
import { runDueWork } from '../../src/billing/run_due.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { findMeters } from '../../src/metering/meter.sql.ts';
import { usageOfAll } from '../../src/metering/usage.sql.ts';
import { fromUnix } from '../../src/time/instant.ts';
import { clientConfig } from '../support/account.ts';
import { customerOn, invoicesOf, unix, untilStanding, useAt } from '../support/clock-shop.ts';
import { ownDatabase } from '../support/own-database.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { licensedPrice, meteredPrice, newMeter, refusal, use } from '../support/shop.ts';

// What the ticker of each server does, by several at once and at instants that are still to come, and what becomes of work
// that fails. It touches all accounts, so it has a database of its own.

const CUSTOMERS = 12;
const PROCESSES = 10;

let own: Awaited<ReturnType<typeof ownDatabase>>;
let server: ServerProcess;
let databases: Database[];
let stripe: Stripe;

beforeAll(async () => {
  own = await ownDatabase();
  server = await startServer({ name: `wall-time-${process.pid}`, databaseUrl: own.url });
  databases = Array.from({ length: PROCESSES }, () => openDatabase(own.url, { maxConnections: 3 }));
  stripe = new Stripe(server.secretKey, clientConfig(server.url));
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await server.stop();
  await own.drop();
});

/** Several processes at once do what is due then; answers the invoices whose collection was asked for. */
async function allAt(seconds: number, processes: readonly Database[] = databases): Promise<string[]> {
  const collected: string[] = [];
  await Promise.all(
    processes.map(({ kysely: db }) => {
      const collect: CollectInvoice = async (collection) => {
        collected.push(collection.invoiceId);
      };
      const baseUrl = 'http://127.0.0.1';
      const payments = { gateway: testGateway(db), listener: NO_LISTENER, baseUrl };
      const billing = {
        db,
        payments,
        wallTime: () => fromUnix(seconds),
        collect,
        log: pino({ enabled: false }),
        baseUrl,
      };
      return runDueWork(billing, new AbortController().signal);
    }),
  );
  return collected;
}

test('ten processes renew, finalize and collect what is due, each thing once', async () => {
  const meter = await newMeter(stripe);
  const price = await meteredPrice(stripe, meter.id, { recurring: { interval: 'day' } });
  const customers = await Promise.all(Array.from({ length: CUSTOMERS }, () => stripe.customers.create()));
  const starts = await Promise.all(
    customers.map(async ({ id }) => {
      const { start_date: start } = await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
      await use(stripe, meter, id, 25);
      return start;
    }),
  );
  const start = Math.max(...starts);
  const invoices = async () => (await Promise.all(customers.map(({ id }) => invoicesOf(stripe, id)))).flat();

  expect(await allAt(start + 86_399 - 60)).toEqual([]);
  expect(await invoices()).toEqual([]);
  expect(await allAt(start + 86_400 + 10)).toEqual([]);
  const drafts = await invoices();
  expect(drafts).toHaveLength(CUSTOMERS);
  for (const draft of drafts) {
    // The period ends on its second; the invoice is made when somebody comes to it.
    expect(draft).toMatchObject({ status: 'draft', total: 100, created: start + 86_410 });
    expect(draft.automatically_finalizes_at).toBe(start + 86_410 + 3_600);
  }
  const collected = await allAt(start + 86_410 + 3_600);
  expect(collected.toSorted()).toEqual(drafts.map(({ id }) => id).toSorted());
  expect((await invoices()).map(({ status }) => status)).toEqual(Array(CUSTOMERS).fill('open'));
  expect(await allAt(start + 86_410 + 3_600)).toEqual([]);
});

test('ten processes finalize the same drafts once each, and number them without gaps', async () => {
  const { customers, ids } = await draftsDue(CUSTOMERS);
  const settings = await numberBy('account');
  // This number is in the way of the sequence.
  const { id: chosen } = await stripe.invoices.create({
    customer: customers[0]!,
    number: `${settings.prefix}-${String(settings.next + 5).padStart(4, '0')}`,
  });
  expect((await allAt(FINALIZED_BY)).toSorted()).toEqual(ids.toSorted());
  await numberBy('customer');
  const invoices = await Promise.all([...ids, chosen].map((id) => stripe.invoices.retrieve(id)));
  const numbers = invoices.map(({ number }) => Number(number!.split('-')[1]));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: CUSTOMERS + 1 }, (_, place) => settings.next + place),
  );
  for (const id of ids) {
    const told = (await stripe.events.list({ limit: 100, type: 'invoice.finalized' })).data;
    expect(told.filter(({ data }) => (data.object as Stripe.Invoice).id === id)).toHaveLength(1);
    expect((await stripe.invoicePayments.list({ invoice: id })).data).toHaveLength(1);
  }
});

test('a draft that can not be finalized stops none of its batch', async () => {
  const { customers, ids } = await draftsDue(6);
  const [, , broken] = customers;
  const { pool } = databases[0]!;
  // This stands for a mistake of ours.
  await pool.query(
    `alter table invoices add constraint broken check (customer_id <> '${broken}' or status = 'draft') not valid`,
  );
  const collected = await allAt(FINALIZED_BY);
  await pool.query('alter table invoices drop constraint broken');
  expect(collected.toSorted()).toEqual(ids.toSpliced(2, 1).toSorted());
  const statuses = async () =>
    (await Promise.all(ids.map((id) => stripe.invoices.retrieve(id)))).map((found) => found.status);
  expect(await statuses()).toEqual(['open', 'open', 'draft', 'open', 'open', 'open']);
  expect(await allAt(FINALIZED_BY + 59)).toEqual([]);
  expect(await allAt(FINALIZED_BY + 60)).toEqual([ids[2]]);
  expect(await statuses()).toEqual(Array(6).fill('open'));
  // What was tried in vain took no number.
  const numbers = (await Promise.all(ids.map((id) => stripe.invoices.retrieve(id)))).map(({ number }) =>
    number!.slice(-4),
  );
  expect(numbers).toEqual(Array(6).fill('0001'));
});

test('usage that is looked up together is that of each customer, where all events lie in one partition', async () => {
  const meter = await newMeter(stripe);
  const customers = await Promise.all(Array.from({ length: 6 }, () => stripe.customers.create()));
  const at = Math.floor(Date.now() / 1000) - 1;
  await Promise.all(customers.map(({ id }, place) => useAt(stripe, meter, id, place + 1, at)));
  const { kysely: db, pool } = databases[0]!;
  const { rows } = await pool.query(`select account_id as id from meters where id = '${meter.id}'`);
  const scope = { db, account: rows[0] as { id: string } };
  const [known] = await findMeters(scope, [meter.id]);
  // It begins inside the minute of the events, so that these are read one by one.
  const start = fromUnix(at).subtract({ milliseconds: 500 });
  const period = { start, end: start.add({ hours: 24 }) };
  for (let again = 0; again < 3; again++) {
    const usage = await usageOfAll(
      scope,
      customers.map(({ id: customerId }) => ({ meter: known!, customerId, period })),
    );
    expect(usage.map(String)).toEqual(['1', '2', '3', '4', '5', '6']);
    await pool.query('analyze');
  }
});

test('of subscriptions that are renewed together each has its own usage, items, discounts and taxes', async () => {
  const meter = await newMeter(stripe);
  const daily = { recurring: { interval: 'day' } } as const;
  const [usage, seats] = [await meteredPrice(stripe, meter.id, daily), await licensedPrice(stripe, daily)];
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
  const tenth = await stripe.taxRates.create({ display_name: 'VAT', percentage: 10, inclusive: false });
  const subscribe = async (units: number, terms: Partial<Stripe.SubscriptionCreateParams> = {}) => {
    const { id: customer } = await stripe.customers.create({ email: 'many@example.com' });
    const sent = { collection_method: 'send_invoice', days_until_due: 1 } as const;
    const made = await stripe.subscriptions.create({ customer, items: [{ price: usage.id }], ...sent, ...terms });
    if (units > 0) await use(stripe, meter, customer, units);
    return { ...made, customer };
  };
  const plain = await subscribe(25);
  const pending = await subscribe(10);
  await stripe.invoiceItems.create({ customer: pending.customer, amount: 700, currency: 'usd', description: 'Setup' });
  const discounted = await subscribe(50, { discounts: [{ coupon: half.id }] });
  const taxed = await subscribe(30, { default_tax_rates: [tenth.id] });
  const unused = await subscribe(0);
  const seated = await subscribe(5, { items: [{ price: seats.id, quantity: 3 }, { price: usage.id }] });
  const all = [plain, pending, discounted, taxed, unused, seated];

  const created = Math.max(...all.map((one) => one.start_date)) + 86_400;
  await allAt(created, databases.slice(0, 1));

  // As they were made: a draft that is read shows its usage as of now.
  const made = (await stripe.events.list({ limit: 100, type: 'invoice.created', created })).data;
  const invoices = new Map(
    made.map(({ data }) => {
      const invoice = data.object as Stripe.Invoice;
      return [invoice.customer as string, invoice];
    }),
  );
  const renewals = all.map(({ customer }) => invoices.get(customer)!);
  const amounts = renewals.map(({ lines, total }) => [...lines.data.map(({ amount }) => amount), total]);
  expect(amounts).toEqual([
    [100, 100],
    [700, 40, 740],
    [200, 100],
    [120, 132],
    [0, 0],
    [20, 6000, 6020],
  ]);
  const renewed = await Promise.all(all.map(({ id }) => stripe.subscriptions.retrieve(id)));
  expect(renewed.map((one) => one.latest_invoice)).toEqual(renewals.map(({ id }) => id));
  for (const [place, one] of renewed.entries()) {
    expect(one.discounts).toEqual([]);
    const ends = one.items.data.map((item) => item.current_period_end);
    expect(new Set(ends)).toEqual(new Set([all[place]!.start_date + 2 * 86_400]));
  }
  const types = ['customer.discount.deleted', 'customer.subscription.updated', 'invoice.created'];
  const told = (await stripe.events.list({ limit: 100, types, created })).data.toReversed();
  const ofDiscounted = told.filter(({ data }) => {
    return (data.object as { customer?: string }).customer === discounted.customer;
  });
  expect(ofDiscounted.map(({ type }) => type)).toEqual(types);
});

/** By then every draft that a test made is due; each test's comes after those of the test before. */
const FINALIZED_BY = Math.floor(Date.now() / 1000) + 20 * 86_400;

/** Drafts of different customers that go on by themselves an hour from now. */
async function draftsDue(count: number): Promise<{ customers: string[]; ids: string[] }> {
  const made = await Promise.all(
    Array.from({ length: count }, async () => {
      const { id: customer } = await stripe.customers.create();
      const { id: invoice } = await stripe.invoices.create({ customer, auto_advance: true });
      await stripe.invoiceItems.create({ customer, invoice, amount: 500, currency: 'usd' });
      return { customer, id: invoice };
    }),
  );
  return { customers: made.map(({ customer }) => customer), ids: made.map(({ id }) => id) };
}

/** Numbers by account or by customer from now on; answers the account's prefix and its next number. */
async function numberBy(numbering: 'account' | 'customer'): Promise<{ prefix: string; next: number }> {
  const answer = await stripe.rawRequest('POST', '/v1/usance/invoice_settings', { numbering });
  const { number_prefix: prefix, next_number_sequence: next } = answer as unknown as {
    number_prefix: string;
    next_number_sequence: number;
  };
  return { prefix, next };
}

test('periods that passed while nobody was there are billed one by one', async () => {
  const customer = await stripe.customers.create({ email: 'late@example.com' });
  const price = await licensedPrice(stripe, { unit_amount: 100, recurring: { interval: 'day' } });
  const sent = { collection_method: 'send_invoice', days_until_due: 1 } as const;
  const subscription = { customer: customer.id, items: [{ price: price.id }], ...sent };
  const { start_date: start } = await stripe.subscriptions.create(subscription);
  await allAt(start + 10 * 86_400);
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ total }) => total)).toEqual(Array(11).fill(100));
  const periods = invoices.map(({ lines }) => lines.data[0]!.period.start).toSorted((a, b) => a - b);
  expect(periods).toEqual(Array.from({ length: 11 }, (_, day) => start + day * 86_400));
});

test('work that fails is put off and keeps nothing else waiting', async () => {
  const meter = await newMeter(stripe);
  const price = await meteredPrice(stripe, meter.id, { recurring: { interval: 'day' } });
  const subscribe = async () => {
    const { id } = await stripe.customers.create();
    const { start_date: start } = await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
    return { id, start };
  };
  const broken = await subscribe();
  const sound = await subscribe();
  const { pool } = databases[0]!;
  // This stands for a mistake of ours.
  await pool.query(`alter table invoices add constraint broken check (customer_id <> '${broken.id}')`);
  const due = Math.max(broken.start, sound.start) + 86_400;
  await allAt(due);
  expect(await invoicesOf(stripe, sound.id)).toHaveLength(1);
  expect(await invoicesOf(stripe, broken.id)).toEqual([]);
  await pool.query('alter table invoices drop constraint broken');
  await allAt(due + 59);
  expect(await invoicesOf(stripe, broken.id)).toEqual([]);
  await allAt(due + 60);
  expect(await invoicesOf(stripe, broken.id)).toHaveLength(1);
});

test('work that fails on a clock breaks the clock down: nothing of it remains, and nothing moves it again', async () => {
  const meter = await newMeter(stripe);
  const price = await meteredPrice(stripe, meter.id);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const { id } = await customerOn(stripe, clock);
  const { id: subscription } = await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
  const { pool } = databases[0]!;
  // This stands for a mistake of ours.
  await pool.query(`alter table invoices add constraint broken check (customer_id <> '${id}')`);
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: unix('2026-02-15T00:00:00Z') });
  const broken = await untilStanding(stripe, clock.id);
  await pool.query('alter table invoices drop constraint broken');
  expect(broken).toMatchObject({ status: 'internal_failure', frozen_time: unix('2026-02-01T00:00:00Z') });
  const { items } = await stripe.subscriptions.retrieve(subscription);
  expect(items.data[0]!.current_period_end).toBe(unix('2026-02-01T00:00:00Z'));
  expect(await invoicesOf(stripe, id)).toEqual([]);
  const further = { frozen_time: unix('2026-02-20T00:00:00Z') };
  expect(await refusal(stripe.testHelpers.testClocks.advance(clock.id, further))).toMatchObject({
    status: 400,
    message: `The test clock ${clock.id} has failed and can not be advanced any more. Delete it and start anew.`,
  });
  const told = (await stripe.events.list({ type: 'test_helpers.test_clock.*' })).data.map(({ type }) => type as string);
  const clockEvents = ['internal_failure', 'advancing', 'created'].map((what) => `test_helpers.test_clock.${what}`);
  expect(told).toEqual(clockEvents);
  await stripe.testHelpers.testClocks.del(clock.id);
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({ status: 'canceled' });
});

test('of what is due on a clock at one instant all is done that comes before what fails', async () => {
  const price = await meteredPrice(stripe, (await newMeter(stripe)).id);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const customers: string[] = [];
  for (let place = 0; place < 3; place++) {
    const { id } = await customerOn(stripe, clock);
    await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
    customers.push(id);
  }
  const { pool } = databases[0]!;
  // This stands for a mistake of ours.
  await pool.query(`alter table invoices add constraint broken check (customer_id <> '${customers[1]}')`);
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: unix('2026-02-15T00:00:00Z') });
  const broken = await untilStanding(stripe, clock.id);
  await pool.query('alter table invoices drop constraint broken');
  expect(broken).toMatchObject({ status: 'internal_failure', frozen_time: unix('2026-02-01T00:00:00Z') });
  const counts = await Promise.all(customers.map(async (id) => (await invoicesOf(stripe, id)).length));
  expect(counts).toEqual([1, 0, 0]);
});

test('a clock is deleted when its days are over, with its customers, and not before', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const { id } = await customerOn(stripe, clock);
  const { kysely } = databases[0]!;
  await deleteOutlivedClocks(kysely, fromUnix(clock.deletes_after - 1), 'http://127.0.0.1');
  expect((await stripe.testHelpers.testClocks.retrieve(clock.id)).status).toBe('ready');
  await deleteOutlivedClocks(kysely, fromUnix(clock.deletes_after), 'http://127.0.0.1');
  expect(await refusal(stripe.testHelpers.testClocks.retrieve(clock.id))).toMatchObject({ status: 404 });
  expect(await stripe.customers.retrieve(id)).toMatchObject({ deleted: true });
});

test('ten processes bill late usage once each', async () => {
  const setPolicy = async (policy: string) =>
    await stripe.rawRequest('POST', '/v1/usance/billing_settings', { late_usage: policy });
  const meter = await newMeter(stripe);
  const price = await meteredPrice(stripe, meter.id, { recurring: { interval: 'day' } });
  const customers = await Promise.all(Array.from({ length: CUSTOMERS }, () => stripe.customers.create()));
  const starts = await Promise.all(
    customers.map(async ({ id }) => {
      const { start_date: start } = await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
      await use(stripe, meter, id, 25);
      return start;
    }),
  );
  const end = Math.max(...starts) + 86_400;
  await allAt(end);
  await allAt(end + 3_600);
  await Promise.all(customers.map(({ id }) => use(stripe, meter, id, 5)));
  await setPolicy('next_invoice');
  await allAt(end + 86_400);
  await allAt(end + 86_400 + 3_600);
  await allAt(end + 2 * 86_400);
  await setPolicy('drop');
  for (const { id } of customers) {
    const invoices = await invoicesOf(stripe, id);
    expect(invoices.map(({ total }) => total)).toEqual([100, 20, 0]);
    expect(invoices[1]!.lines.data.map(({ quantity, amount }) => [quantity, amount])).toEqual([
      [0, 0],
      [5, 20],
    ]);
  }
});
