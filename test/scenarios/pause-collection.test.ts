import { expect, test } from 'vitest';
import type Stripe from 'stripe';
import { advance, unix, useAt } from '../support/clock-shop.ts';
import { eventsOf, findingsOf, invoicesOf, newSeat, payBy, subscribe } from '../support/dunning.ts';
import { callPrices, newPlanner, schedule } from '../support/scheduled.ts';
import { refusal } from '../support/shop.ts';

/** A seat of 20 USD a month that is paid for January, after which the customer has a credit. */
async function newCredited(credit: number) {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { id } = await subscribe(seat);
  await seat.stripe.customers.createBalanceTransaction(seat.customer.id, { amount: -credit, currency: 'usd' });
  const pause = async (wanted: NonNullable<Stripe.SubscriptionUpdateParams['pause_collection']>) =>
    await seat.stripe.subscriptions.update(id, { pause_collection: wanted });
  return { ...seat, id, pause };
}

const balanceOf = async ({ stripe, customer }: { stripe: Stripe; customer: { id: string } }) =>
  ((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).balance;
const sums = (invoices: Stripe.Invoice[]) =>
  invoices.map(({ status, amount_due: due, amount_paid: paid }) => [status, due, paid]);

test('void: two months are not owed, and the credit is as before when collection resumes by itself', async () => {
  const paused = await newCredited(500);
  const { stripe, clock, id, pause } = paused;
  const answer = await pause({ behavior: 'void', resumes_at: unix('2026-03-10T00:00:00Z') });
  expect(answer).toMatchObject({
    status: 'active',
    pause_collection: { behavior: 'void', resumes_at: unix('2026-03-10T00:00:00Z') },
  });
  await advance(stripe, clock, '2026-02-01T00:00:00Z');
  expect((await invoicesOf(paused))[1]).toMatchObject({ status: 'void', auto_advance: false, total: 2000 });
  expect(await balanceOf(paused)).toBe(-500);
  await advance(stripe, clock, '2026-03-10T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active', pause_collection: null });
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  expect(sums(await invoicesOf(paused))).toEqual([
    ['paid', 2000, 2000],
    ['void', 1500, 0],
    ['void', 1500, 0],
    ['paid', 1500, 1500],
  ]);
  expect(await balanceOf(paused)).toBe(0);
  const told = await eventsOf(paused, [
    'invoice.created',
    'invoice.finalized',
    'invoice.voided',
    'payment_intent.created',
  ]);
  expect(told.filter(([at]) => at.startsWith('2026-02'))).toEqual([
    ['2026-02-01T00:00:00Z', 'invoice.created'],
    ['2026-02-01T00:00:00Z', 'invoice.finalized'],
    ['2026-02-01T00:00:00Z', 'invoice.voided'],
  ]);
  expect(await findingsOf(paused)).toEqual([]);
});

test('mark_uncollectible: the credit pays as far as it goes, the rest is given up and can still be paid', async () => {
  const paused = await newCredited(3000);
  const { stripe, clock, id, pause } = paused;
  await pause({ behavior: 'mark_uncollectible' });
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  const [, february, march] = await invoicesOf(paused);
  expect(february).toMatchObject({ status: 'paid', amount_due: 0, ending_balance: -1000 });
  expect(march).toMatchObject({
    status: 'uncollectible',
    amount_due: 1000,
    amount_paid: 0,
    ending_balance: 0,
    status_details: { uncollectible: { reason: 'subscription_paused' } },
  });
  expect(await balanceOf(paused)).toBe(0);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
  expect(await stripe.invoices.pay(march!.id)).toMatchObject({ status: 'paid', amount_paid: 1000 });
  await pause('');
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  expect(sums(await invoicesOf(paused))).toEqual([
    ['paid', 2000, 2000],
    ['paid', 0, 0],
    ['paid', 1000, 1000],
    ['paid', 2000, 2000],
  ]);
  expect(await findingsOf(paused)).toEqual([]);
});

test('keep_as_draft: the invoices wait for somebody, also after collection has resumed', async () => {
  const paused = await newCredited(500);
  const { stripe, clock, pause } = paused;
  await pause({ behavior: 'keep_as_draft' });
  await advance(stripe, clock, '2026-03-10T00:00:00Z');
  expect(await invoicesOf(paused)).toMatchObject([
    { status: 'paid' },
    { status: 'draft', auto_advance: false, automatically_finalizes_at: null },
    { status: 'draft', auto_advance: false, automatically_finalizes_at: null },
  ]);
  expect(await pause('')).toMatchObject({ pause_collection: null });
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  const [, february, march] = await invoicesOf(paused);
  // April was first to meet the credit.
  await stripe.invoices.pay(february!.id);
  await stripe.invoices.pay(march!.id);
  expect(sums(await invoicesOf(paused))).toEqual([
    ['paid', 2000, 2000],
    ['paid', 2000, 2000],
    ['paid', 2000, 2000],
    ['paid', 1500, 1500],
  ]);
  expect(await findingsOf(paused)).toEqual([]);
});

test('an invoice from before the pause is tried again as ever', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-02-02T00:00:00Z');
  await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void' } });
  await payBy(seat, 'pm_card_visa');
  await advance(stripe, clock, '2026-03-02T00:00:00Z');
  expect(sums(await invoicesOf(seat))).toEqual([
    ['paid', 2000, 2000],
    ['paid', 2000, 2000],
    ['void', 2000, 0],
  ]);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
});

test('a pause can only end in the future, and only what goes on can be paused', async () => {
  const { stripe, clock, id, pause } = await newCredited(500);
  const past = { behavior: 'void', resumes_at: unix('2026-01-01T00:00:00Z') } as const;
  expect(await refusal(pause(past))).toMatchObject({ status: 400, param: 'pause_collection[resumes_at]' });
  await pause({ behavior: 'void', resumes_at: unix('2026-01-20T00:00:00Z') });
  await stripe.subscriptions.cancel(id);
  expect(await refusal(pause(''))).toMatchObject({ status: 400 });
  await advance(stripe, clock, '2026-02-02T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ pause_collection: { behavior: 'void' } });
});

test('mark_uncollectible: a balance that meets two invoices of one moment is used up once', async () => {
  const planner = await newPlanner('2026-02-01T00:00:00Z');
  const { account, stripe, clock, customer, plan } = planner;
  const { meter, ten, seven } = await callPrices(planner);
  const seat = await plan(3100);
  const MONTH = { interval: 'month' } as const;
  // At the turn a classic schedule bills usage and seats by an invoice each.
  const { subscription } = await schedule(
    planner,
    [
      { items: [{ price: ten }, { price: seat }], duration: MONTH },
      { items: [{ price: seat }, { price: seven }], duration: MONTH },
    ],
    { billing_mode: { type: 'classic' } },
  );
  await stripe.subscriptions.update(subscription as string, { pause_collection: { behavior: 'mark_uncollectible' } });
  await useAt(stripe, meter, customer.id, 400);
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  await stripe.customers.createBalanceTransaction(customer.id, { amount: -6900, currency: 'usd' });
  await advance(stripe, clock, '2026-03-01T00:00:00Z');
  const [, usage, seats] = await invoicesOf({ stripe, customer });
  // 40 + 31 USD, of which 69 are there.
  expect([usage, seats]).toMatchObject([
    { status: 'paid', total: 4000, starting_balance: -6900, ending_balance: -2900, amount_due: 0 },
    { status: 'uncollectible', total: 3100, starting_balance: -2900, ending_balance: 0, amount_due: 200 },
  ]);
  expect(await balanceOf({ stripe, customer })).toBe(0);
  const { data } = await stripe.customers.listBalanceTransactions(customer.id);
  expect(data.map(({ amount }) => amount)).toEqual([2900, 4000, -6900]);
  expect(await findingsOf(account)).toEqual([]);
});
