import { beforeEach, describe, expect, test } from 'vitest';
import { adjustBalance } from '../../src/customers/adjust_balance.ts';
import { newAccount, type TestAccount } from '../support/account.ts';
import { directly } from '../support/direct.ts';
import type { Params } from '../support/form.ts';
import { type Catalog, catalogOf, type Refusal } from './catalog.ts';

let account: TestAccount;
let catalog: Catalog;
let customer: string;

beforeEach(async () => {
  account = await newAccount();
  catalog = catalogOf(account);
  customer = (await account.stripe.customers.create()).id;
});

const path = (id = '') => `/v1/customers/${customer}/balance_transactions${id === '' ? '' : `/${id}`}`;
const adjust = (params: Params) => catalog.ok('POST', path(), { currency: 'usd', ...params });
const balanceOf = async (id = customer) => (await catalog.ok('GET', `/v1/customers/${id}`)).balance as number;

/** Sums the transactions up again: that is the balance, and every ending balance on the way. */
async function checkSum(id = customer): Promise<number> {
  const { data } = await catalog.ok('GET', `/v1/customers/${id}/balance_transactions`, { limit: 100 });
  let sum = 0;
  for (const transaction of data.toReversed()) {
    sum += transaction.amount;
    expect(transaction.ending_balance).toBe(sum);
  }
  expect(await balanceOf(id)).toBe(sum);
  return sum;
}

describe('the balance of a customer', () => {
  test('is the sum of its transactions, each of which tells the balance after it', async () => {
    const first = await adjust({ amount: -500, description: 'goodwill', metadata: { order: '7' } });
    expect(first).toEqual({
      id: expect.stringMatching(/^cbtxn_\w{24}$/),
      object: 'customer_balance_transaction',
      amount: -500,
      checkout_session: null,
      created: expect.any(Number),
      credit_note: null,
      currency: 'usd',
      customer,
      customer_account: null,
      description: 'goodwill',
      ending_balance: -500,
      invoice: null,
      livemode: false,
      metadata: { order: '7' },
      type: 'adjustment',
    });
    const second = await adjust({ amount: 700 });
    expect(second).toMatchObject({ amount: 700, ending_balance: 200, description: null, metadata: {} });
    expect(await catalog.ok('GET', path(first.id))).toEqual(first);
    expect((await catalog.ok('GET', path())).data).toEqual([second, first]);
    expect((await catalog.ok('GET', path(), { limit: 1, starting_after: second.id })).data).toEqual([first]);
    expect((await catalog.ok('GET', path(), { created: { lt: 1_000 } })).data).toEqual([]);
    expect((await catalog.ok('GET', path(), { invoice: 'in_1' })).data).toEqual([]);
    expect(await checkSum()).toBe(200);
  });

  test('is told with the customer, and so is the currency that the first money decides', async () => {
    await adjust({ amount: -500, currency: 'JPY' });
    const after = await catalog.ok('GET', `/v1/customers/${customer}`, { expand: ['invoice_credit_balance'] });
    expect(after).toMatchObject({ balance: -500, currency: 'jpy', invoice_credit_balance: { jpy: 500 } });
    const [, event, ...rest] = await catalog.eventsOf(customer);
    expect(event).toMatchObject({
      type: 'customer.updated',
      data: { object: { balance: -500, currency: 'jpy' }, previous_attributes: { balance: 0, currency: null } },
    });
    expect(rest).toEqual([]);
    const fresh = await catalog.ok('POST', '/v1/customers', { expand: ['invoice_credit_balance'] });
    expect(fresh.invoice_credit_balance).toEqual({});
  });

  test('can be given with the customer, and set to a value', async () => {
    const created = await catalog.ok('POST', '/v1/customers', { balance: -1_000 });
    expect(created).toMatchObject({ balance: -1_000, currency: 'usd' });
    const list = async () => (await catalog.ok('GET', `/v1/customers/${created.id}/balance_transactions`)).data;
    expect(await list()).toMatchObject([{ type: 'initial', amount: -1_000, ending_balance: -1_000, currency: 'usd' }]);
    const changed = await catalog.ok('POST', `/v1/customers/${created.id}`, { balance: 250, name: 'Jenny' });
    expect(changed).toMatchObject({ balance: 250, name: 'Jenny' });
    expect((await list())[0]).toMatchObject({ type: 'adjustment', amount: 1_250, ending_balance: 250 });
    await catalog.ok('POST', `/v1/customers/${created.id}`, { balance: 250 });
    expect(await list()).toHaveLength(2);
    expect((await catalog.eventsOf(created.id)).map(({ type, data }) => [type, data.previous_attributes])).toEqual([
      ['customer.created', undefined],
      ['customer.updated', { balance: -1_000, name: null }],
    ]);
    expect(await checkSum(created.id)).toBe(250);
    // No money, no transaction, and no currency either.
    const plain = await catalog.ok('POST', '/v1/customers', { balance: 0 });
    expect(plain).toMatchObject({ balance: 0, currency: null });
  });

  test('loses nothing when many change it at once', async () => {
    const amounts = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? -1 : 1) * (index + 1) * 7);
    await Promise.all([
      ...amounts.map((amount) => adjust({ amount })),
      catalog.ok('POST', `/v1/customers/${customer}`, { name: 'Meanwhile' }),
    ]);
    expect(await checkSum()).toBe(amounts.reduce((sum, amount) => sum + amount, 0));
    expect((await catalog.ok('GET', `/v1/customers/${customer}`)).name).toBe('Meanwhile');
  });

  test('lists a change after those that it goes on from, also when its request began earlier', async () => {
    await directly(account, async (context) => {
      const earlier = { ...context, now: context.now.subtract({ seconds: 5 }) };
      const details = { currency: 'usd', type: 'adjustment' } as const;
      await adjustBalance(context, customer, { amount: 5n, ...details });
      await adjustBalance(earlier, customer, { amount: 7n, ...details });
    });
    expect(await checkSum()).toBe(12);
  });

  test('keeps its words changeable, and its money not', async () => {
    const made = await adjust({ amount: -500, metadata: { a: '1', b: '2' } });
    const changed = await catalog.ok('POST', path(made.id), { description: 'because', metadata: { a: '' } });
    expect(changed).toEqual({ ...made, description: 'because', metadata: { b: '2' } });
    expect(await catalog.ok('GET', path(made.id), { expand: ['customer'] })).toMatchObject({
      customer: { id: customer, balance: -500 },
    });
    const error = ['amount', 'unknown', 'parameter_unknown'] as const;
    await catalog.refused('POST', path(made.id), { amount: -600 }, error);
  });

  test('is changed by invoices, for deleted customers too', async () => {
    const charge = async (amount: bigint) =>
      await directly(account, async (context) => {
        const details = { currency: 'usd', type: 'applied_to_invoice', invoiceId: 'in_1' } as const;
        return await adjustBalance(context, customer, { amount, ...details });
      });
    await adjust({ amount: -500 });
    expect(await charge(300n)).toMatchObject({ amount: 300n, endingBalance: -200n, invoiceId: 'in_1' });
    expect((await catalog.ok('GET', path(), { invoice: 'in_1' })).data).toMatchObject([
      { type: 'applied_to_invoice', invoice: 'in_1', amount: 300, ending_balance: -200 },
    ]);
    await account.stripe.customers.del(customer);
    expect(await charge(200n)).toMatchObject({ endingBalance: 0n });
    expect((await catalog.ok('GET', path())).data).toHaveLength(3);
    const events = (await catalog.eventsOf(customer)).map(({ type }) => type);
    expect(events).toEqual(['customer.created', 'customer.updated', 'customer.updated', 'customer.deleted']);
    const gone = ['id', 'No such customer', 'resource_missing', 404] as const;
    await catalog.refused('POST', path(), { amount: 1, currency: 'usd' }, gone);
  });
});

const LARGEST = 999_999_999_999;
const integer = 'parameter_invalid_integer';

describe('refused, with nothing written', () => {
  test.each<Refusal>([
    ['no amount', { amount: undefined }, ['amount', 'Missing required param', 'parameter_missing']],
    ['no currency', { currency: undefined }, ['currency', 'Missing required param', 'parameter_missing']],
    ['an unknown currency', { currency: 'xyz' }, ['currency', 'Invalid currency: xyz']],
    ['a fraction', { amount: '1.5' }, ['amount', 'Invalid integer: 1.5', integer]],
    ['an amount of 13 digits', { amount: LARGEST + 1 }, ['amount', 'less than or equal to', integer]],
    ['the same below zero', { amount: -LARGEST - 1 }, ['amount', 'greater than or equal to', integer]],
    ['a long description', { description: 'x'.repeat(351) }, ['description', 'at most 350 characters']],
    ['a type', { type: 'initial' }, ['type', 'unknown', 'parameter_unknown']],
  ])('a transaction of %s', async (_, params, error) => {
    await catalog.refused('POST', path(), { amount: 5, currency: 'usd', ...params }, error);
    expect(await balanceOf()).toBe(0);
  });

  test('a balance beyond twelve digits, either way', async () => {
    await adjust({ amount: LARGEST });
    const error = ['amount', `would make the customer's balance ${LARGEST + 1}`, 'amount_too_large'] as const;
    await catalog.refused('POST', path(), { amount: 1, currency: 'usd' }, error);
    await adjust({ amount: -LARGEST });
    await adjust({ amount: -LARGEST });
    await catalog.refused('POST', path(), { amount: -1, currency: 'usd' }, ['amount', 'balance -', 'amount_too_large']);
    expect(await checkSum()).toBe(-LARGEST);
    const beyond = { balance: LARGEST + 1 };
    await catalog.refused('POST', `/v1/customers/${customer}`, beyond, ['balance', 'less than or equal', integer]);
  });

  test('a second currency', async () => {
    await adjust({ amount: 5 });
    const error = [undefined, 'You cannot combine currencies on a single customer.'] as const;
    await catalog.refused('POST', path(), { amount: 5, currency: 'eur' }, error);
    expect(await checkSum()).toBe(5);
  });

  test('a transaction of another customer', async () => {
    const { id } = await adjust({ amount: 5 });
    const { id: other } = await account.stripe.customers.create();
    const error = ['id', `No such customer balance transaction: '${id}'`, 'resource_missing', 404] as const;
    for (const method of ['GET', 'POST']) {
      await catalog.refused(method, `/v1/customers/${other}/balance_transactions/${id}`, {}, error);
    }
    const cursor = ['starting_after', 'No such customer balance transaction', 'resource_missing'] as const;
    await catalog.refused('GET', path(), { starting_after: 'cbtxn_x' }, cursor);
  });

  test('an unknown customer', async () => {
    const error = ['id', "No such customer: 'cus_x'", 'resource_missing', 404] as const;
    await catalog.refused('GET', '/v1/customers/cus_x/balance_transactions', {}, error);
    const params = { amount: 5, currency: 'usd' };
    await catalog.refused('POST', '/v1/customers/cus_x/balance_transactions', params, error);
  });
});
