import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, customerOn, invoicesOf, newClockShop, text, useAt } from '../support/clock-shop.ts';
import { licensedPrice, meteredPrice, newMeter, refusal } from '../support/shop.ts';

// 900,000,000 units at $20.00 are more than a customer can owe: 99,999,999 cents are charged, the rest goes on the balance,
// which holds no more than 999,999,999,999 cents.
const UNITS = 900_000_000;
const TOTAL = 1_800_000_000_000;
const ERROR = {
  type: 'invalid_request_error',
  code: 'amount_too_large',
  doc_url: 'https://docs.stripe.com/error-codes/amount-too-large',
  message: "This would make the customer's balance 1799900000001, and it cannot be beyond 999999999999 either way.",
};

const STUCK = {
  status: 'draft',
  total: TOTAL,
  auto_advance: false,
  automatically_finalizes_at: null,
  next_payment_attempt: null,
  last_finalization_error: ERROR,
};

const typesAbout = async (stripe: Stripe, id: string) =>
  (await stripe.events.list({ limit: 100 })).data
    .filter(({ data }) => (data.object as { id?: string }).id === id)
    .map(({ type, created }) => [text(created), type])
    .toReversed();

test('an invoice that can not be finalized stays a draft and says why; the clock and the other customers go on', async () => {
  const { account, stripe, meter, clock, customer: huge } = await newClockShop('2026-01-01T00:00:00Z');
  const other = await customerOn(stripe, clock);
  const unit = await meteredPrice(stripe, meter.id, { unit_amount: 2000 });
  const seat = await licensedPrice(stripe, { unit_amount: 1000 });
  await stripe.subscriptions.create({ customer: huge.id, items: [{ price: unit.id }], ...SENT });
  await stripe.subscriptions.create({ customer: other.id, items: [{ price: seat.id }], ...SENT });
  await useAt(stripe, meter, huge.id, UNITS);
  const clockAfter = await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect([clockAfter.status, text(clockAfter.frozen_time)]).toEqual(['ready', '2026-02-01T02:00:00Z']);
  const [stuck] = await invoicesOf(stripe, huge.id);
  expect(stuck).toMatchObject(STUCK);
  expect((await invoicesOf(stripe, other.id)).map(({ status, total }) => [status, total])).toEqual([
    ['open', 1000],
    ['open', 1000],
  ]);
  expect(await typesAbout(stripe, stuck!.id)).toEqual([
    ['2026-02-01T00:00:00Z', 'invoice.created'],
    ['2026-02-01T01:00:00Z', 'invoice.finalization_failed'],
  ]);
  const [event] = (await stripe.events.list({ type: 'invoice.finalization_failed' })).data;
  expect(event?.data.object).toMatchObject(STUCK);
  for (const query of ['last_finalization_error_code:"amount_too_large"', '-last_finalization_error_type:null']) {
    const { data } = await stripe.invoices.search({ query });
    expect(data.map(({ id }) => id)).toEqual([stuck!.id]);
  }

  // By hand it is refused as well, and nothing changes.
  expect(await refusal(stripe.invoices.finalizeInvoice(stuck!.id))).toMatchObject({ status: 400, code: ERROR.code });
  expect(await stripe.invoices.retrieve(stuck!.id)).toMatchObject(STUCK);
  expect(await stripe.customers.retrieve(huge.id)).toMatchObject({ balance: 0 });

  // 99 % off leave 18,000,000,000 cents: with the largest charge taken off, 17,900,000,001 are left to be owed.
  const { id: coupon } = await stripe.coupons.create({ percent_off: 99, duration: 'once' });
  const changed = await stripe.invoices.update(stuck!.id, { discounts: [{ coupon }], auto_advance: true });
  expect([changed.last_finalization_error, changed.automatically_finalizes_at]).toMatchObject([
    ERROR,
    Date.parse('2026-02-01T03:00:00Z') / 1000,
  ]);
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, huge.id);
  expect(
    invoices.map(({ status, total, amount_due: due, last_finalization_error: error }) => [status, total, due, error]),
  ).toEqual([
    ['open', 18_000_000_000, 99_999_999, null],
    // What is owed is asked for with the next one, again as far as it can be charged.
    ['open', 0, 99_999_999, null],
  ]);
  expect(await stripe.customers.retrieve(huge.id)).toMatchObject({ balance: 17_800_000_002 });
  expect(await auditOf(account)).toEqual([]);
});

test('in wall time it is tried once, and waits for somebody', async () => {
  const { stripe } = await newAccount();
  const meter = await newMeter(stripe);
  const customer = await stripe.customers.create({ email: 'jenny@example.com' });
  const unit = await meteredPrice(stripe, meter.id, { unit_amount: 2000 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: unit.id }], ...SENT });
  await useAt(stripe, meter, customer.id, UNITS);
  await stripe.subscriptions.cancel(id, { invoice_now: true });
  const draft = (await invoicesOf(stripe, customer.id)).at(-1)!;
  expect([draft.status, draft.total]).toEqual(['draft', TOTAL]);
  await stripe.invoices.update(draft.id, { automatically_finalizes_at: Math.floor(Date.now() / 1000) + 2 });
  const until = performance.now() + 20_000;
  let found = draft;
  while (found.auto_advance && performance.now() < until) {
    await sleep(200);
    found = await stripe.invoices.retrieve(draft.id);
  }
  expect(found).toMatchObject(STUCK);
  expect((await typesAbout(stripe, draft.id)).map(([, type]) => type)).toEqual([
    'invoice.created',
    'invoice.updated',
    'invoice.finalization_failed',
  ]);
});
