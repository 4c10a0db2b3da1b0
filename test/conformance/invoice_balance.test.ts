import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { newDraft, newPayer, type Payer } from '../support/billed.ts';
import { eventTypes } from '../support/shop.ts';

async function balanceOf({ stripe, customer }: Payer): Promise<number> {
  return ((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).balance;
}

/** The changes of the balance, oldest first: why, by how much, for which invoice. */
async function changesOf({ stripe, customer }: Payer): Promise<unknown[]> {
  const { data } = await stripe.customers.listBalanceTransactions(customer.id);
  return data.toReversed().map(({ type, amount, invoice }) => [type, amount, invoice]);
}

async function credit({ stripe, customer }: Payer, amount: number, currency = 'usd'): Promise<void> {
  await stripe.customers.createBalanceTransaction(customer.id, { amount, currency });
}

test('a draft follows the balance; finalization uses the credit, once', async () => {
  const payer = await newPayer();
  const { stripe } = payer;
  const first = await newDraft(payer, [1000]);
  const second = await newDraft(payer, [1000]);
  await credit(payer, -1300);
  for (const { id } of [first, second]) {
    expect(await stripe.invoices.retrieve(id)).toMatchObject({
      starting_balance: -1300,
      ending_balance: null,
      total: 1000,
      amount_due: 0,
    });
  }
  expect(await stripe.invoices.finalizeInvoice(first.id)).toMatchObject({
    status: 'paid',
    amount_due: 0,
    starting_balance: -1300,
    ending_balance: -300,
  });
  expect(await stripe.invoices.retrieve(second.id)).toMatchObject({ starting_balance: -300, amount_due: 700 });
  expect(await stripe.invoices.finalizeInvoice(second.id)).toMatchObject({
    status: 'open',
    amount_due: 700,
    amount_remaining: 700,
    starting_balance: -300,
    ending_balance: 0,
  });
  expect(await changesOf(payer)).toEqual([
    ['adjustment', -1300, null],
    ['applied_to_invoice', 1000, first.id],
    ['applied_to_invoice', 300, second.id],
  ]);
  expect(await balanceOf(payer)).toBe(0);
});

test('a preview shows the balance and does not touch it', async () => {
  const payer = await newPayer();
  await credit(payer, -300);
  await payer.stripe.invoiceItems.create({ customer: payer.customer.id, amount: 1000 });
  const preview = await payer.stripe.invoices.createPreview({ customer: payer.customer.id });
  expect(preview).toMatchObject({ starting_balance: -300, ending_balance: null, total: 1000, amount_due: 700 });
  expect(await payer.stripe.invoices.retrieve(preview.id)).toEqual(preview);
  expect(await balanceOf(payer)).toBe(-300);
});

test('voiding gives back what was used of the balance, and takes back what was owed', async () => {
  const payer = await newPayer();
  await credit(payer, 250);
  const { id } = await newDraft(payer, [1000]);
  expect(await payer.stripe.invoices.finalizeInvoice(id)).toMatchObject({ amount_due: 1250, ending_balance: 0 });
  expect(await balanceOf(payer)).toBe(0);
  expect(await payer.stripe.invoices.voidInvoice(id)).toMatchObject({ starting_balance: 250, ending_balance: 0 });
  expect(await changesOf(payer)).toEqual([
    ['adjustment', 250, null],
    ['applied_to_invoice', -250, id],
    ['unapplied_from_invoice', 250, id],
  ]);
  expect(await balanceOf(payer)).toBe(250);
});

test('what is below the minimum charge is paid, and owed with the next invoice', async () => {
  const payer = await newPayer();
  const small = await newDraft(payer, [49]);
  expect(await payer.stripe.invoices.finalizeInvoice(small.id)).toMatchObject({
    status: 'paid',
    amount_due: 0,
    amount_paid: 0,
    total: 49,
    ending_balance: 49,
  });
  const next = await newDraft(payer, [1]);
  expect(await payer.stripe.invoices.finalizeInvoice(next.id)).toMatchObject({ status: 'open', amount_due: 50 });
  expect(await changesOf(payer)).toEqual([
    ['invoice_too_small', 49, small.id],
    ['applied_to_invoice', -49, next.id],
  ]);
});

test('what is beyond the maximum is owed with the next invoice, and voiding takes it back', async () => {
  const payer = await newPayer();
  const { id } = await newDraft(payer, [99_999_999, 6]);
  expect(await payer.stripe.invoices.finalizeInvoice(id)).toMatchObject({ amount_due: 99_999_999, ending_balance: 6 });
  expect(await changesOf(payer)).toEqual([['invoice_too_large', 6, id]]);
  await payer.stripe.invoices.voidInvoice(id);
  expect(await balanceOf(payer)).toBe(0);
});

test.each([
  ['jpy', -400, 1000, 600, 0],
  ['kwd', -4, 12_345, 12_340, 1],
  ['krw', -1, 2, 1, 0],
])('in %s a balance of %s and a total of %s: %s is due and %s stays', async (currency, balance, total, due, left) => {
  const payer = await newPayer();
  await credit(payer, balance, currency);
  const { id } = await newDraft(payer, [total]);
  expect(await payer.stripe.invoices.finalizeInvoice(id)).toMatchObject({
    currency,
    amount_due: due,
    ending_balance: left,
  });
  await payer.stripe.invoices.voidInvoice(id);
  expect(await balanceOf(payer)).toBe(balance);
});

test('ten connections that finalize ten invoices use each unit of credit once', async () => {
  const payer = await newPayer();
  await credit(payer, -4500);
  const drafts = [];
  for (let count = 0; count < 10; count += 1) drafts.push(await newDraft(payer, [1000]));
  const final = await Promise.all(drafts.map(({ id }) => payer.stripe.invoices.finalizeInvoice(id)));
  expect(final.reduce((sum, { amount_due: due }) => sum + due, 0)).toBe(5500);
  expect(await balanceOf(payer)).toBe(0);
});

test('the balance is told in events in the order of what happens', async () => {
  const payer = await newPayer();
  const { id } = await newDraft(payer, [-700]);
  await payer.stripe.invoices.finalizeInvoice(id);
  expect((await eventTypes(payer.stripe, '')).slice(-4)).toEqual([
    'customer.updated',
    'invoice.finalized',
    'invoice.paid',
    'invoice.payment_succeeded',
  ]);
});
