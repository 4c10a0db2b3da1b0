import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { insist } from './client.ts';
import { seeded } from './random.ts';
import { type Rig, startRig, type Victim } from './rig.ts';

const KILLS = 4;
const PAYERS = 8;
const VICTIMS: readonly Victim[] = ['server', 'server', 'postgres', 'both'];
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

type Payment = { readonly number: number; readonly intent: string; readonly refund: string | undefined };

test(
  `killed ${KILLS} times while it is paid: every payment is made, and none twice (seed ${seed})`,
  { timeout: 240_000 },
  async () => {
    const rig = await startRig('crash-payments', 1);
    try {
      const random = seeded(seed);
      const stopping = new AbortController();
      const payments: Payment[] = [];
      let next = 0;
      const payers = Array.from({ length: PAYERS }, async () => {
        while (!stopping.signal.aborted) payments.push(await pay(rig, next++));
      });
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(random.between(500, 1500));
        await rig.kill(random.pick(VICTIMS), 0);
        await rig.recover();
      }
      stopping.abort();
      await Promise.all(payers);
      // Something was going on all the time.
      expect(payments.length).toBeGreaterThan(2 * PAYERS);
      expect(new Set(payments.map(({ intent }) => intent)).size).toBe(payments.length);
      await compare(rig, payments);
    } finally {
      await rig.stop();
    }
  },
);

/** Pays once, however often it must be asked: by an intent, or an invoice. */
async function pay(rig: Rig, number: number): Promise<Payment> {
  return number % 4 < 2 ? await payIntent(rig, number) : await payInvoice(rig, number, number % 4 === 2);
}

/** An invoice that is finalized and charged: by a request, and then a third of it credited, or because its time has come. */
async function payInvoice(rig: Rig, number: number, byRequest: boolean): Promise<Payment> {
  const address = () => rig.servers[0]!;
  const post = async (path: string, params: Record<string, string>, step: string) =>
    await insist(address, 'POST', path, params, `${step}-${number}`);
  const method = { payment_method: 'pm_card_visa', 'invoice_settings[default_payment_method]': 'pm_card_visa' };
  const customer = await post('/v1/customers', method, 'customer');
  const draft = await post('/v1/invoices', { customer: customer.id }, 'draft');
  await post(`/v1/invoices/${draft.id}/add_lines`, { 'lines[0][amount]': '900' }, 'line');
  if (byRequest) await post(`/v1/invoices/${draft.id}/finalize`, { auto_advance: 'true' }, 'final');
  // The same time however often it is asked: the parameters of a key may not change.
  else await post(`/v1/invoices/${draft.id}`, { automatically_finalizes_at: String(draft.created + 10) }, 'timed');
  const paid = await untilPaid(address, draft.id);
  expect(paid).toMatchObject({ amount_paid: 900, amount_remaining: 0, attempt_count: 1 });
  expect(paid.payments.data).toMatchObject([{ status: 'paid', amount_paid: 900 }]);
  const { payment_intent: intent } = paid.payments.data[0].payment;
  if (!byRequest) return { number, intent, refund: undefined };
  const credit = { invoice: draft.id, amount: '300', refund_amount: '300' };
  const note = await post('/v1/credit_notes', credit, 'credit');
  expect(note).toMatchObject({ number: `${paid.number}-CN-01`, refunds: [{ amount_refunded: 300 }] });
  return { number, intent, refund: note.refunds[0].refund };
}

async function untilPaid(address: () => Rig['servers'][number], id: string) {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(100)) {
    const invoice = await insist(address, 'GET', `/v1/invoices/${id}`, { 'expand[0]': 'payments' });
    if (invoice.status === 'paid') return invoice;
  }
  throw new Error(`The invoice ${id} was not paid within a minute`);
}

/** Pays an intent, and gives a third of it back every second time. */
async function payIntent(rig: Rig, number: number): Promise<Payment> {
  const address = () => rig.servers[0]!;
  const order = { amount: '900', currency: 'usd', confirm: 'true', payment_method: 'pm_card_visa' };
  const paid = await insist(address, 'POST', '/v1/payment_intents', order, `pay-${number}`);
  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 900 });
  if (number % 2 === 0) return { number, intent: paid.id, refund: undefined };
  const back = { payment_intent: paid.id, amount: '300' };
  const refund = await insist(address, 'POST', '/v1/refunds', back, `back-${number}`);
  expect(refund.status).toBe('succeeded');
  return { number, intent: paid.id, refund: refund.id };
}

/** The gateway's own book, and ours, say the same of every payment: it was made once, and given back once or never. */
async function compare(rig: Rig, payments: readonly Payment[]): Promise<void> {
  const client = new pg.Client({ connectionString: rig.servers[0]!.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<'intent' | 'book' | 'ours' | 'back' | 'told', string>>(`
      select i.id as intent,
        (select count(*) from test_gateway_charges g where g.subject = i.id and g.outcome ->> 'result' = 'succeeded') as book,
        (select count(*) from charges c where c.payment_intent_id = i.id and c.status = 'succeeded') as ours,
        (select coalesce(sum(r.amount), 0) from test_gateway_refunds r
          join test_gateway_charges g on g.idempotency_key = r.charge_key where g.subject = i.id) as back,
        (select sum(c.amount_refunded) from charges c where c.payment_intent_id = i.id) as told
      from payment_intents i`);
    const wanted = payments.map(({ intent, refund }) => {
      const back = refund === undefined ? '0' : '300';
      return { intent, book: '1', ours: '1', back, told: back };
    });
    const byIntent = (a: { intent: string }, b: { intent: string }) => (a.intent < b.intent ? -1 : 1);
    expect(rows.toSorted(byIntent)).toEqual(wanted.toSorted(byIntent));
    const open = await client.query("select id from payment_attempts where status <> 'settled'");
    expect(open.rows).toEqual([]);
  } finally {
    await client.end();
  }
}
