import { expect, test } from 'vitest';
import { findAccounts } from '../../src/accounts/account.sql.ts';
import { billingPaymentListener } from '../../src/billing/payment_listener.ts';
import { beginPaidFirst, type PaidFirst } from '../../src/billing/pay_first.ts';
import { updateSubscription } from '../../src/billing/update_subscription.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { readRest } from '../../src/invoices/paying_steps.ts';
import { finishCollection } from '../../src/payments/collect.ts';
import { testGateway } from '../../src/payments/test_gateway/test_gateway.ts';
import { backgroundContext } from '../../src/stripe/context.ts';
import { advance } from '../support/clock-shop.ts';
import { eventsOf, findingsOf, invoicesOf, newSeat, payBy, type Seat, subscribe, takenOf } from '../support/dunning.ts';
import { testServer } from '../support/test-server.ts';

const WAITS = { payment_behavior: 'pending_if_incomplete', proration_behavior: 'always_invoice' } as const;

/** Half way through January: a seat of 20 USD is paid, and a second one is asked for. */
async function newUpgrade() {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { id, items } = await subscribe(seat);
  await advance(seat.stripe, seat.clock, '2026-01-16T12:00:00Z');
  return { ...seat, id, two: { items: [{ id: items.data[0]!.id, quantity: 2 }] } };
}

const statusesOf = async (seat: Seat) => (await invoicesOf(seat)).map(({ status }) => status);
const succeeded = (taken: unknown[]) => taken.filter((one) => (one as [number, string])[1] === 'succeeded');

/** What a request of this account does, as far as a server comes with it. */
async function withServer<T>(
  { accountId }: Pick<Seat, 'accountId'>,
  run: (parts: Awaited<ReturnType<typeof partsOf>>) => Promise<T>,
): Promise<T> {
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
  try {
    return await run(await partsOf(database, accountId));
  } finally {
    await database.close();
  }
}

async function partsOf({ kysely: db }: Database, accountId: string) {
  const payments = { gateway: testGateway(db), listener: billingPaymentListener, baseUrl: 'http://127.0.0.1' };
  const account = (await findAccounts(db, [accountId])).get(accountId)!;
  const now = Temporal.Instant.from('2026-01-16T12:00:00Z');
  return { db, payments, context: backgroundContext(db, account, now, payments.baseUrl) };
}

test('an update that is paid several times at once is paid once, and made once', async () => {
  const upgrade = await newUpgrade();
  const { stripe, id, two } = upgrade;
  await payBy(upgrade, 'pm_card_chargeCustomerFail');
  const { latest_invoice: invoice } = await stripe.subscriptions.update(id, { ...two, ...WAITS });
  const visa = await payBy(upgrade, 'pm_card_visa');
  await Promise.allSettled(
    [1, 2, 3, 4].map(async () => await stripe.invoices.pay(invoice as string, { payment_method: visa })),
  );
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    pending_update: null,
    items: { data: [{ quantity: 2 }] },
  });
  expect(await takenOf(upgrade)).toEqual([
    [2000, 'succeeded'],
    [1000, 'failed'],
    [1000, 'succeeded'],
  ]);
  const applied = await eventsOf(upgrade, ['customer.subscription.pending_update_applied']);
  expect(applied).toHaveLength(1);
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('an update that is paid while it expires is paid and made, or void and not', async () => {
  const upgrade = await newUpgrade();
  const { stripe, clock, id, two } = upgrade;
  await payBy(upgrade, 'pm_card_chargeCustomerFail');
  const { latest_invoice: invoice } = await stripe.subscriptions.update(id, { ...two, ...WAITS });
  const visa = await payBy(upgrade, 'pm_card_visa');
  const pay = async () => await stripe.invoices.pay(invoice as string, { payment_method: visa });
  await Promise.allSettled([pay(), advance(stripe, clock, '2026-01-17T12:00:00Z'), pay()]);
  await advance(stripe, clock, '2026-01-17T13:00:00Z');
  const is = await stripe.subscriptions.retrieve(id);
  const isPaid = (await stripe.invoices.retrieve(invoice as string)).status === 'paid';
  expect(is.pending_update).toBeNull();
  expect([is.items.data[0]!.quantity, succeeded(await takenOf(upgrade)).length]).toEqual(isPaid ? [2, 2] : [1, 1]);
  expect(await statusesOf(upgrade)).toEqual(['paid', isPaid ? 'paid' : 'void']);
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('what a server that died was paying is paid once, and makes the update', async () => {
  const upgrade = await newUpgrade();
  const { stripe, clock, id, two } = upgrade;
  await withServer(upgrade, async ({ db, context, payments }) => {
    // As far as the first commit; the gateway was not asked yet. The next server goes on with it.
    const params = { items: [{ id: two.items[0]!.id, quantity: 2n }], ...WAITS };
    await inTransaction(db, (inside) => updateSubscription({ ...context, db: inside }, payments, id, params));
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ items: { data: [{ quantity: 1 }] } });
  });
  await advance(stripe, clock, '2026-01-17T12:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    pending_update: null,
    items: { data: [{ quantity: 2 }] },
  });
  expect(succeeded(await takenOf(upgrade))).toHaveLength(2);
  expect(await statusesOf(upgrade)).toEqual(['paid', 'paid']);
});

test('error_if_incomplete: when nobody comes back for what was paid, nothing has changed and the money is given back', async () => {
  const upgrade = await newUpgrade();
  const { stripe, clock, customer, id, two } = upgrade;
  const before = await stripe.subscriptions.retrieve(id);
  await withServer(upgrade, async ({ db, context, payments }) => {
    const params = { items: [{ id: two.items[0]!.id, quantity: 2n }], proration_behavior: WAITS.proration_behavior };
    const wanted: PaidFirst = {
      name: 'Subscription update',
      customerId: customer.id,
      subscriptionId: id,
      offSession: undefined,
      make: async (inside, paidBy) => (await updateSubscription(inside, payments, id, params, paidBy)).subscription,
      tell: () => ({}),
    };
    const begun = await inTransaction(db, (inside) => beginPaidFirst({ ...context, db: inside }, payments, wanted));
    await finishCollection(context, payments, readRest('next' in begun ? begun.next : '').attemptId);
  });
  expect(await takenOf(upgrade)).toEqual([
    [2000, 'succeeded'],
    [1000, 'succeeded'],
  ]);
  await advance(stripe, clock, '2026-01-16T14:00:00Z');
  expect((await stripe.refunds.list()).data.map(({ amount }) => amount)).toEqual([1000]);
  expect(await stripe.subscriptions.retrieve(id)).toEqual(before);
  expect(await statusesOf(upgrade)).toEqual(['paid']);
});
