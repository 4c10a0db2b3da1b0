import { describe, expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice } from '../support/shop.ts';

/** Three seats of 20 USD and usage, from April 1 on, canceled on April 11 with 350 tokens used. */
async function newTeam() {
  const shop = await newClockShop('2026-04-01T00:00:00Z');
  const { stripe, price, meter, clock, customer } = shop;
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const items = [{ price: seats.id, quantity: 3 }, { price: price.id }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  await stripe.invoiceItems.create({ customer: customer.id, amount: 700, description: 'A visit', currency: 'usd' });
  await useAt(stripe, meter, customer.id, 300);
  await advance(stripe, clock, '2026-04-11T00:00:00Z');
  await useAt(stripe, meter, customer.id, 50);
  return { ...shop, subscription };
}

const USAGE = ['350 × Alpaca AI (at $0.04 per 100 units / month)', 16];
/** 20 of 30 days of 60 USD. */
const CREDIT = ['Unused time on 3 × Seats after 11 Apr 2026', -4000];

describe('a subscription that is canceled at once', () => {
  test.each([
    ['bills nothing more', {}, [], []],
    ['bills its usage when asked to', { invoice_now: true }, [USAGE], []],
    ['credits what is not used, for whoever bills it', { prorate: true }, [], [CREDIT]],
    ['bills its usage and credits the rest', { invoice_now: true, prorate: true }, [CREDIT, USAGE], []],
  ] as const)('%s', async (_, params, last, left) => {
    const { account, stripe, clock, customer, subscription } = await newTeam();
    const canceled = await stripe.subscriptions.cancel(subscription.id, params);
    expect(canceled).toMatchObject({ status: 'canceled', ended_at: unix('2026-04-11T00:00:00Z') });
    const pending = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
    // What was to be billed otherwise stays pending.
    expect(pending.data.map(({ description, amount }) => [description, amount])).toEqual([...left, ['A visit', 700]]);
    await advance(stripe, clock, '2026-06-02T00:00:00Z');
    const [first, ...rest] = await invoicesOf(stripe, customer.id);
    // It was open and is left alone.
    expect(first).toMatchObject({ status: 'open', auto_advance: false, total: 6000 });
    expect(rest.map(read)).toEqual(last.length === 0 ? [] : [last]);
    if (rest[0] !== undefined) {
      expect(rest[0]).toMatchObject({ id: canceled.latest_invoice, billing_reason: 'subscription_update' });
      expect(rest[0].status).toBe('paid');
    }
    const total = last.reduce((sum, [, amount]) => sum + (amount as number), 0);
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: total });
    expect(await auditOf(account)).toEqual([]);
  });

  test('leaves its credit to the next invoice of its customer, also of another subscription', async () => {
    const { account, stripe, clock, customer, subscription } = await newTeam();
    const desk = await licensedPrice(stripe, { product_data: { name: 'Desk' } });
    const other = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: desk.id }], ...SENT });
    await stripe.subscriptions.cancel(subscription.id, { prorate: true });
    // What is pending for the customer alone is on the first invoice of the other one.
    const expected = [CREDIT, ['1 × Desk (at $20.00 / month)', 2000]];
    const preview = await stripe.invoices.createPreview({ subscription: other.id });
    expect(read(preview)).toEqual(expected);
    // Ending the other one bills what is its own alone.
    const ending = { subscription: other.id, subscription_details: { cancel_now: true } };
    expect(read(await stripe.invoices.createPreview(ending))).toEqual([
      ['Unused time on Desk after 11 Apr 2026', -2000],
    ]);
    await advance(stripe, clock, '2026-05-12T00:00:00Z');
    const last = (await invoicesOf(stripe, customer.id)).at(-1)!;
    expect(read(last)).toEqual(expected);
    expect(last).toMatchObject({ total: -2000, status: 'paid', ending_balance: -2000 });
    expect((await stripe.invoiceItems.list({ customer: customer.id, pending: true })).data).toEqual([]);
    expect(await auditOf(account)).toEqual([]);
  });

  test('leaves its credit to an invoice that somebody makes', async () => {
    const { stripe, customer, subscription } = await newTeam();
    await stripe.subscriptions.cancel(subscription.id, { prorate: true });
    const made = await stripe.invoices.create({
      customer: customer.id,
      pending_invoice_items_behavior: 'include',
    });
    expect(read(made)).toEqual([CREDIT, ['A visit', 700]]);
  });

  test('holds its last invoice back while collection is paused', async () => {
    const { account, stripe, clock, customer, subscription } = await newTeam();
    await stripe.subscriptions.update(subscription.id, { pause_collection: { behavior: 'keep_as_draft' } });
    const canceled = await stripe.subscriptions.cancel(subscription.id, { invoice_now: true });
    await advance(stripe, clock, '2026-05-12T00:00:00Z');
    const last = await stripe.invoices.retrieve(canceled.latest_invoice as string);
    expect(read(last)).toEqual([USAGE]);
    expect(last).toMatchObject({ status: 'draft', auto_advance: false, automatically_finalizes_at: null });
    expect(await invoicesOf(stripe, customer.id)).toHaveLength(2);
    expect(await auditOf(account)).toEqual([]);
  });

  test('leaves its draft to whoever looks after it', async () => {
    const { account, stripe, clock, customer, subscription } = await newTeam();
    await advance(stripe, clock, '2026-05-01T00:30:00Z');
    await stripe.subscriptions.cancel(subscription.id);
    await advance(stripe, clock, '2026-06-02T00:00:00Z');
    const [, draft] = await invoicesOf(stripe, customer.id);
    expect(draft).toMatchObject({ status: 'draft', auto_advance: false });
    expect(await auditOf(account)).toEqual([]);
  });

  test('leaves no draft behind that waits for its time when its customer is deleted', async () => {
    const { account, stripe, clock, customer, subscription } = await newTeam();
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await advance(stripe, clock, '2026-05-01T00:30:00Z');
    const draft = (await invoicesOf(stripe, customer.id)).at(-1)!;
    expect(draft).toMatchObject({ status: 'draft', auto_advance: true, total: 716 });
    const loose = await stripe.invoices.create({ customer: customer.id, auto_advance: true });
    await stripe.customers.del(customer.id);
    await advance(stripe, clock, '2026-05-03T00:00:00Z');
    for (const { id } of [draft, loose]) {
      expect(await stripe.invoices.retrieve(id)).toMatchObject({
        status: 'draft',
        auto_advance: false,
        automatically_finalizes_at: null,
      });
    }
    const updates = (await stripe.events.list({ type: 'invoice.updated', limit: 100 })).data;
    expect(updates.filter(({ data: { object } }) => 'id' in object && object.id === draft.id)).toHaveLength(1);
    // What it has used can still be billed by hand.
    expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ status: 'open', total: 716 });
    expect(await auditOf(account)).toEqual([]);
  });

  test('ends also when its customer is deleted, and an end in the future is forgotten', async () => {
    const { stripe, clock, customer, subscription } = await newTeam();
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await stripe.customers.del(customer.id);
    await advance(stripe, clock, '2026-05-02T00:00:00Z');
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'canceled',
      ended_at: unix('2026-04-11T00:00:00Z'),
    });
    expect((await stripe.events.list({ type: 'customer.subscription.deleted' })).data).toHaveLength(1);
  });
});
