import { expect, test } from 'vitest';
import { newDraft, newPayer } from '../support/billed.ts';
import { eventTypes, refusal } from '../support/shop.ts';

const PATH = '/v1/usance/invoice_settings';

test('ten connections that finalize one invoice finalize it once', async () => {
  const desk = await newPayer();
  const { id } = await newDraft(desk, [1000]);
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => desk.stripe.invoices.finalizeInvoice(id)));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(new Set(refused.map(({ reason }) => (reason as { code: string }).code))).toEqual(
    new Set(['invoice_not_editable']),
  );
  expect(await eventTypes(desk.stripe, 'invoice.finalized')).toHaveLength(1);
  expect(await desk.stripe.customers.retrieve(desk.customer.id)).toMatchObject({ next_invoice_sequence: 2 });
});

test.each(['customer', 'account'])('numbers by %s have no gaps and no duplicates at once', async (numbering) => {
  const desk = await newPayer();
  const { account, stripe } = desk;
  const { body: settings } = await account.request('POST', PATH, { numbering });
  const others = await Promise.all([1, 2].map(() => stripe.customers.create({})));
  const customers = [desk.customer, ...others];
  const drafts = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      newDraft({ stripe, customer: customers[index % customers.length]! }, [100 + index]),
    ),
  );
  const finals = await Promise.all(drafts.map(({ id }) => stripe.invoices.finalizeInvoice(id)));
  const expected =
    numbering === 'account'
      ? Array.from({ length: 24 }, (_, index) => `${settings.number_prefix}-${String(index + 1).padStart(4, '0')}`)
      : customers.flatMap(({ invoice_prefix: prefix }) =>
          Array.from({ length: 8 }, (_, index) => `${prefix}-${String(index + 1).padStart(4, '0')}`),
        );
  expect(finals.map(({ number }) => number!).toSorted()).toEqual(expected.toSorted());
});

test('a refused finalization takes no number', async () => {
  const desk = await newPayer();
  const below = await newDraft(desk, [-1]);
  // As much credit as a balance can hold: one more is refused.
  await desk.stripe.customers.update(desk.customer.id, { balance: -999_999_999_999 });
  const refused = await refusal(desk.stripe.invoices.finalizeInvoice(below.id));
  expect(refused).toMatchObject({ code: 'amount_too_large' });
  const { id } = await newDraft(desk, [1]);
  const { number } = await desk.stripe.invoices.finalizeInvoice(id);
  expect(number).toBe(`${desk.customer.invoice_prefix}-0001`);
});

test('a chosen number is kept, is nobody else’s, and the sequence steps over it', async () => {
  const desk = await newPayer();
  const { stripe, customer } = desk;
  const second = `${customer.invoice_prefix}-0002`;
  const chosen = await newDraft(desk, [1], { number: second });
  expect(chosen.number).toBe(second);
  const taken = { status: 400, param: 'number' };
  expect(await refusal(newDraft(desk, [], { number: second }))).toMatchObject(taken);
  const other = await newDraft(desk, [2]);
  expect(await refusal(stripe.invoices.update(other.id, { number: second }))).toMatchObject(taken);
  await stripe.invoices.finalizeInvoice(other.id);
  const third = await newDraft(desk, [3]);
  expect((await stripe.invoices.finalizeInvoice(third.id)).number).toBe(`${customer.invoice_prefix}-0003`);
  // It has been counted: given back, it would leave a gap.
  const counted = { status: 400, code: 'invoice_not_editable' };
  expect(await refusal(stripe.invoices.del(chosen.id))).toMatchObject(counted);
  expect(await refusal(stripe.invoices.update(chosen.id, { number: '' }))).toMatchObject(counted);
  await stripe.invoices.update(chosen.id, { number: second, description: 'kept' });
  expect((await stripe.invoices.finalizeInvoice(chosen.id)).number).toBe(second);
  const free = await newDraft(desk, [4], { number: 'R-1' });
  expect(await stripe.invoices.update(free.id, { number: '' })).toMatchObject({ number: null });
});

test('the settings tell how an account numbers', async () => {
  const desk = await newPayer();
  const { account, stripe } = desk;
  const get = async () => (await account.request('GET', PATH)).body;
  expect(await get()).toMatchObject({ numbering: 'customer', number_prefix: null, next_number_sequence: null });
  const set = async (params: Record<string, string>) => await account.request('POST', PATH, params);
  expect((await set({ numbering: 'account', number_prefix: 'ACME' })).body).toEqual({
    object: 'usance.invoice_settings',
    livemode: false,
    next_number_sequence: 1,
    number_prefix: 'ACME',
    numbering: 'account',
    tax_rounding: 'line',
  });
  const finalize = async () => (await stripe.invoices.finalizeInvoice((await newDraft(desk, [1])).id)).number;
  expect(await finalize()).toBe('ACME-0001');
  await set({ number_prefix: 'NEW' });
  expect(await finalize()).toBe('NEW-0001');
  await set({ number_prefix: 'ACME' });
  expect(await finalize()).toBe('ACME-0002');
  await set({ numbering: 'customer' });
  expect(await finalize()).toBe(`${desk.customer.invoice_prefix}-0001`);
  const taken = await set({ number_prefix: desk.customer.invoice_prefix! });
  expect(taken.body.error).toMatchObject({ code: 'resource_already_exists', param: 'number_prefix' });
  expect(await refusal(stripe.customers.create({ invoice_prefix: 'ACME' }))).toMatchObject({ param: 'invoice_prefix' });
  expect((await set({ numbering: 'month' })).body.error).toMatchObject({ param: 'numbering' });
  expect((await set({ number_prefix: 'a-b' })).body.error).toMatchObject({ param: 'number_prefix' });
});
