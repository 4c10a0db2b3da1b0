import fc from 'fast-check';
import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { verifyInvoices } from '../../src/audit/verify.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { newPayer, type Payer } from '../support/billed.ts';
import { testServer } from '../support/test-server.ts';

/** One step of somebody who edits invoices: what to do, and which of the things that there are to do it to. */
type Step = { readonly verb: string; readonly which: number; readonly amount: number };

const VERBS = [
  'item',
  'item on a draft',
  'change an item',
  'delete an item',
  'draft',
  'draft with what is pending',
  'draft with a number',
  'add lines',
  'add a pending item',
  'change a line',
  'delete a line',
  'unassign a line',
  'delete',
  'discount',
  'take discounts off',
  'tax',
  'exempt or not',
  'round taxes',
  'finalize',
  'pay',
  'void',
  'give up',
  'credit',
  'give credit back',
  'void a credit note',
  'number by account',
  'number by customer',
];

/** Weighted towards what makes things, so that there is something to change. */
const step = fc.record({
  verb: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...VERBS) },
    { weight: 1, arbitrary: fc.constantFrom('item', 'draft', 'add lines', 'finalize') },
  ),
  which: fc.nat(1000),
  amount: fc.integer({ min: -300, max: 1000 }),
});

/** The thing of that place in a list, or an id that nothing has. */
function pick(ids: readonly string[], which: number): string {
  return ids[which % Math.max(ids.length, 1)] ?? 'none';
}

async function take({ stripe, customer, account }: Payer, { verb, which, amount }: Step): Promise<unknown> {
  const drafts = async () => (await stripe.invoices.list({ limit: 100, status: 'draft' })).data;
  const draft = async () =>
    pick(
      (await drafts()).map(({ id }) => id),
      which,
    );
  const invoice = async () =>
    pick(
      (await stripe.invoices.list({ limit: 100 })).data.map(({ id }) => id),
      which,
    );
  const item = async (params: Stripe.InvoiceItemListParams = {}) =>
    pick(
      (await stripe.invoiceItems.list({ limit: 100, ...params })).data.map(({ id }) => id),
      which,
    );
  const line = async () => {
    const lines = (await drafts()).flatMap(({ id, lines: { data } }) => data.map((each) => [id, each.id] as const));
    return lines[which % Math.max(lines.length, 1)] ?? (['none', 'none'] as const);
  };
  const remove = async (behavior: 'delete' | 'unassign') => {
    const [id, lineId] = await line();
    return await stripe.invoices.removeLines(id, { lines: [{ id: lineId, behavior }] });
  };
  const number = async (numbering: string) =>
    await account.request('POST', '/v1/usance/invoice_settings', { numbering, number_prefix: 'ACME' });
  const actions: Readonly<Record<string, () => Promise<unknown>>> = {
    item: () => stripe.invoiceItems.create({ customer: customer.id, amount }),
    'item on a draft': async () => await stripe.invoiceItems.create({ invoice: await draft(), amount }),
    'change an item': async () => await stripe.invoiceItems.update(await item(), { amount }),
    'delete an item': async () => await stripe.invoiceItems.del(await item()),
    draft: () => stripe.invoices.create({ customer: customer.id }),
    'draft with what is pending': () =>
      stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: 'include' }),
    'draft with a number': () =>
      stripe.invoices.create({ customer: customer.id, number: `${customer.invoice_prefix}-000${(which % 8) + 1}` }),
    'add lines': async () => await stripe.invoices.addLines(await draft(), { lines: [{ amount }, { amount: which }] }),
    'add a pending item': async () =>
      await stripe.invoices.addLines(await draft(), { lines: [{ invoice_item: await item({ pending: true }) }] }),
    'change a line': async () => {
      const [id, lineId] = await line();
      return await stripe.invoices.updateLineItem(id, lineId, { amount });
    },
    'delete a line': () => remove('delete'),
    'unassign a line': () => remove('unassign'),
    delete: async () => await stripe.invoices.del(await draft()),
    discount: async () => {
      const off = which % 2 === 0 ? { percent_off: (which % 100) + 0.5 } : { amount_off: which, currency: 'usd' };
      const { id } = await stripe.coupons.create(off);
      return await stripe.invoices.update(await draft(), { discounts: [{ coupon: id }] });
    },
    'take discounts off': async () => await stripe.invoices.update(await draft(), { discounts: '' }),
    tax: async () => {
      const { id } = await stripe.taxRates.create({
        display_name: 'VAT',
        percentage: which % 100,
        inclusive: which % 3 === 0,
      });
      if (which % 2 === 0) return await stripe.invoices.update(await draft(), { default_tax_rates: [id] });
      const [invoiceId, lineId] = await line();
      return await stripe.invoices.updateLineItem(invoiceId, lineId, { tax_rates: [id] });
    },
    'exempt or not': () =>
      stripe.customers.update(customer.id, { tax_exempt: (['none', 'exempt', 'reverse'] as const)[which % 3]! }),
    'round taxes': () =>
      account.request('POST', '/v1/usance/invoice_settings', { tax_rounding: which % 2 === 0 ? 'line' : 'invoice' }),
    finalize: async () => await stripe.invoices.finalizeInvoice(await draft()),
    pay: async () => await stripe.invoices.pay(await invoice(), { paid_out_of_band: true }),
    void: async () => await stripe.invoices.voidInvoice(await invoice()),
    'give up': async () => await stripe.invoices.markUncollectible(await invoice()),
    credit: async () => await stripe.creditNotes.create({ invoice: await invoice(), amount: which + 1 }),
    'give credit back': async () =>
      await stripe.creditNotes.create({ invoice: await invoice(), amount: which + 1, credit_amount: which + 1 }),
    'void a credit note': async () => {
      const notes = (await stripe.creditNotes.list({ limit: 100 })).data;
      return await stripe.creditNotes.voidCreditNote(
        pick(
          notes.map(({ id }) => id),
          which,
        ),
      );
    },
    'number by account': () => number('account'),
    'number by customer': () => number('customer'),
  };
  return await actions[verb]!();
}

/** Takes steps one after the other; refusals are part of the game, failures of the server are not. */
async function walk(payer: Payer, steps: readonly Step[]): Promise<void> {
  for (const each of steps) {
    await take(payer, each).catch((error: Stripe.errors.StripeError) => {
      if (![400, 404, 429].includes(error.statusCode ?? 0)) throw error;
    });
  }
}

test('whatever three editors do at once, items, lines, totals and numbers agree', async () => {
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
  const walks = fc.array(fc.array(step, { minLength: 15, maxLength: 15 }), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(walks, async (three) => {
      const payer = await newPayer();
      await Promise.all(three.map((steps) => walk(payer, steps)));
      const told: unknown[] = [];
      await verifyInvoices(database.kysely, [payer.account.accountId], {
        difference: (difference) => told.push(difference),
        failedRefund() {},
        unchecked: (subject) => told.push(subject),
        progress() {},
      });
      expect(told).toEqual([]);
      const items = await payer.stripe.invoiceItems.list({ limit: 100 });
      const invoices = await payer.stripe.invoices.list({ limit: 100 });
      const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
      expect(sumOf(items.data.filter((item) => item.invoice !== null).map(({ amount }) => amount))).toBe(
        sumOf(invoices.data.map(({ subtotal }) => subtotal)),
      );
    }),
    // A failure names its seed; looking for a smaller one would take minutes.
    { numRuns: 6, endOnFailure: true },
  );
  await database.close();
});
