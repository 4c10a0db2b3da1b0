import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, text, useAt } from '../support/clock-shop.ts';
import { refusal } from '../support/shop.ts';
import { addCard, newStory, periodOf, subscribe, subscriptionEvents, told, useAudit } from '../support/story.ts';

const differencesOf = useAudit();

/** A subscription that was paused as its trial ended without any payment method, on February 20, with a card since. */
async function pausedTrial(card = 'pm_card_visa') {
  const story = await newStory('2026-01-01T00:00:00Z', { card: false });
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id } = await subscribe(story, [seat, calls], {
    trial_period_days: 10,
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
  });
  await advance(stripe, clock, '2026-01-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 50);
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  await addCard(stripe, customer, card);
  return { ...story, id };
}

const statusOf = async ({ stripe, id }: { stripe: Stripe; id: string }) =>
  (await stripe.subscriptions.retrieve(id)).status;

test('a resume starts a new cycle, whose invoice is paid by hand; then the subscription is active', async () => {
  const story = await pausedTrial();
  const { stripe, clock, customer, meter, id } = story;
  const resuming = await stripe.subscriptions.resume(id, { expand: ['latest_invoice'] });
  const invoice = resuming.latest_invoice as Stripe.Invoice;
  expect([resuming.status, text(resuming.billing_cycle_anchor)]).toEqual(['paused', '2026-02-20T00:00:00Z']);
  expect(periodOf(resuming)).toEqual(['2026-02-20T00:00:00Z', '2026-03-20T00:00:00Z']);
  expect([invoice.status, invoice.billing_reason, invoice.attempted, invoice.auto_advance]).toEqual([
    'open',
    'subscription_update',
    false,
    false,
  ]);
  expect(told(invoice)).toEqual(['2026-02-20T00:00:00Z', 3100, [['1 × Seat (at $31.00 / month)', 3100]]]);
  expect(await refusal(stripe.subscriptions.resume(id))).toMatchObject({
    status: 400,
    message: expect.stringContaining(invoice.id),
  });
  await advance(stripe, clock, '2026-02-20T05:00:00Z');
  await stripe.invoices.pay(invoice.id);
  const active = await stripe.subscriptions.retrieve(id);
  expect(active.status).toBe('active');
  expect(active).not.toHaveProperty('status_details');
  await useAt(stripe, meter, customer.id, 6);
  await advance(stripe, clock, '2026-03-20T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(told).at(-1)).toEqual([
    '2026-03-20T00:00:00Z',
    3160,
    [
      ['6 × Calls (at $0.10 / month)', 60],
      ['1 × Seat (at $31.00 / month)', 3100],
    ],
  ]);
  expect((await subscriptionEvents(stripe)).slice(-3)).toEqual([
    ['2026-02-20T05:00:00Z', 'updated'],
    ['2026-02-20T05:00:00Z', 'resumed'],
    ['2026-03-20T00:00:00Z', 'updated'],
  ]);
  expect(await differencesOf(story)).toEqual([]);
});

test('nobody pays for 23 hours: the invoice is void, and the subscription is still paused', async () => {
  const story = await pausedTrial();
  const { stripe, clock, id } = story;
  const before = await stripe.subscriptions.retrieve(id);
  const { latest_invoice: invoice } = await stripe.subscriptions.resume(id);
  await advance(stripe, clock, '2026-02-20T22:59:59Z');
  expect((await stripe.invoices.retrieve(invoice as string)).status).toBe('open');
  await advance(stripe, clock, '2026-02-20T23:00:00Z');
  expect((await stripe.invoices.retrieve(invoice as string)).status).toBe('void');
  const after = await stripe.subscriptions.retrieve(id);
  expect([after.status, after.billing_cycle_anchor, periodOf(after)]).toEqual([
    'paused',
    before.billing_cycle_anchor,
    periodOf(before),
  ]);
  // It can be tried again.
  const { latest_invoice: second } = await stripe.subscriptions.resume(id);
  await stripe.invoices.pay(second as string);
  expect(await statusOf(story)).toBe('active');
  expect(await differencesOf(story)).toEqual([]);
});

test('a resume that waits for its payment in vain for 23 hours is given up as well', async () => {
  const story = await pausedTrial('pm_card_chargeCustomerFail');
  const { stripe, clock, customer, id } = story;
  const params = { payment_behavior: 'resume_on_payment_success' } as const;
  const { latest_invoice: invoice } = await stripe.subscriptions.resume(id, params);
  await advance(stripe, clock, '2026-02-20T22:59:59Z');
  expect((await stripe.invoices.retrieve(invoice as string)).status).toBe('open');
  await advance(stripe, clock, '2026-02-20T23:00:00Z');
  expect((await stripe.invoices.retrieve(invoice as string)).status).toBe('void');
  await addCard(stripe, customer);
  const resumed = await stripe.subscriptions.resume(id, params);
  expect([resumed.status, text(resumed.billing_cycle_anchor)]).toEqual(['active', '2026-02-20T23:00:00Z']);
  expect(await differencesOf(story)).toEqual([]);
});

test('a resume whose invoice is void has changed nothing: the next one goes on in the old cycle', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, meter, seat, calls } = story;
  const { id } = await subscribe(story, [seat, calls]);
  await advance(stripe, clock, '2026-01-11T00:00:00Z');
  const paused = await stripe.subscriptions.pause(id, { invoicing_behavior: 'invoice' });
  await advance(stripe, clock, '2026-01-21T00:00:00Z');
  const resuming = await stripe.subscriptions.resume(id);
  expect(periodOf(resuming)).toEqual(['2026-01-21T00:00:00Z', '2026-02-21T00:00:00Z']);
  await stripe.invoices.voidInvoice(resuming.latest_invoice as string);
  const still = await stripe.subscriptions.retrieve(id);
  expect([still.status, text(still.billing_cycle_anchor)]).toEqual(['paused', '2026-01-01T00:00:00Z']);
  expect(still.items.data.map(({ current_period_end: end }) => end)).toEqual(
    paused.items.data.map(({ current_period_end: end }) => end),
  );
  await advance(stripe, clock, '2026-01-26T00:00:00Z');
  const resumed = await stripe.subscriptions.resume(id, { billing_cycle_anchor: { type: 'unchanged' } });
  expect([resumed.status, periodOf(resumed)]).toEqual(['active', ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z']]);
  await useAt(stripe, meter, customer.id, 3);
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  const last = (await invoicesOf(stripe, customer.id)).at(-1)!;
  // 6 days of the seat, 3 calls and the seat of February; the 21 days that the pause has credited pay a part of it.
  expect([last.total, last.amount_paid]).toEqual([600 + 30 + 3100, 3730 - 2100]);
  expect(await differencesOf(story)).toEqual([]);
});

test('a failed attempt makes it past due; paid then, it is active', async () => {
  const story = await pausedTrial('pm_card_chargeCustomerFail');
  const { stripe, customer, id } = story;
  const { latest_invoice: invoice } = await stripe.subscriptions.resume(id);
  expect(await refusal(stripe.invoices.pay(invoice as string))).toMatchObject({ status: 402 });
  expect(await statusOf(story)).toBe('past_due');
  await addCard(stripe, customer);
  await stripe.invoices.pay(invoice as string);
  expect(await statusOf(story)).toBe('active');
  expect(await differencesOf(story)).toEqual([]);
});

test('asked for success it is charged in the request: a good card resumes it, a bad one leaves it paused', async () => {
  const good = await pausedTrial();
  const params = { payment_behavior: 'resume_on_payment_success' } as const;
  const resumed = await good.stripe.subscriptions.resume(good.id, params);
  expect(resumed.status).toBe('active');
  const bad = await pausedTrial('pm_card_chargeCustomerFail');
  const { status, latest_invoice: invoice } = await bad.stripe.subscriptions.resume(bad.id, params);
  expect(status).toBe('paused');
  await bad.stripe.invoices.voidInvoice(invoice as string);
  expect(await statusOf(bad)).toBe('paused');
  await addCard(bad.stripe, bad.customer);
  expect((await bad.stripe.subscriptions.resume(bad.id, params)).status).toBe('active');
  expect(await differencesOf(bad)).toEqual([]);
});

test('usage alone resumes without an invoice', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, clock, id } = { ...story, ...(await subscribe(story, [story.calls])) };
  await stripe.subscriptions.pause(id);
  await advance(stripe, clock, '2026-01-10T00:00:00Z');
  const resumed = await stripe.subscriptions.resume(id);
  expect([resumed.status, resumed.latest_invoice]).toEqual(['active', null]);
  expect(periodOf(resumed)).toEqual(['2026-01-10T00:00:00Z', '2026-02-10T00:00:00Z']);
});

test('what can not be paused or resumed is refused, and nothing changes', async () => {
  const story = await newStory('2026-01-01T00:00:00Z');
  const { stripe, customer, seat, calls } = story;
  const { id } = await subscribe(story, [calls]);
  const classic = await subscribe(story, [seat], { billing_mode: { type: 'classic' } });
  const trial = await subscribe(story, [seat], { trial_period_days: 3 });
  const sent = await subscribe(story, [seat], { collection_method: 'send_invoice', days_until_due: 3 });
  const { subscriptions } = stripe;
  expect(await refusal(subscriptions.resume(id))).toMatchObject({ status: 400 });
  for (const other of [classic, trial, sent]) {
    expect(await refusal(subscriptions.pause(other.id))).toMatchObject({ status: 400 });
  }
  expect(await refusal(subscriptions.pause('sub_unknown'))).toMatchObject({ status: 404, code: 'resource_missing' });
  expect(await refusal(subscriptions.pause(id, { type: 'forever' }))).toMatchObject({ param: 'type' });
  await subscriptions.pause(id);
  expect(await refusal(subscriptions.pause(id))).toMatchObject({ status: 400 });
  expect(await refusal(subscriptions.resume(id, { proration_date: 1_767_225_600 }))).toMatchObject({
    param: 'proration_date',
  });
  const statuses = (await subscriptions.list({ customer: customer.id, limit: 10 })).data.map(({ status }) => status);
  expect(statuses).toEqual(['active', 'trialing', 'active', 'paused']);
  await subscriptions.cancel(id);
  expect(await refusal(subscriptions.resume(id))).toMatchObject({ status: 400 });
});
