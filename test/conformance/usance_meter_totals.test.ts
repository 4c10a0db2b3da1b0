import { beforeEach, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';

/** The start of a UTC day three weeks ago. */
const DAY = Math.floor(Date.now() / 86_400_000 - 21) * 86_400;
const RANGE = { start_time: String(DAY), end_time: String(DAY + 2 * 86_400) };

let account: TestAccount;
let customers: string[];

beforeEach(async () => {
  account = await newAccount();
  const { stripe } = account;
  customers = [];
  for (const name of ['a', 'b', 'c']) customers.push((await stripe.customers.create({ name })).id);
});

async function meterOf(formula: string): Promise<string> {
  const { body } = await account.request('POST', '/v1/usance/meters', {
    display_name: formula,
    event_name: formula,
    default_aggregation: { formula },
  });
  return body.id;
}

async function send(formula: string, ...events: [place: number, second: number, value: string][]): Promise<void> {
  for (const [place, second, value] of events) {
    const payload = { stripe_customer_id: customers[place] ?? '', value };
    await account.stripe.billing.meterEvents.create({ event_name: formula, timestamp: DAY + second, payload });
  }
}

const ask = async (path: string, params: Params) =>
  (await account.request('GET', `/v1/usance/meters/${path}`, params)).body;

test.each([
  ['sum', ['7', '16']],
  ['count', ['1', '4']],
  ['max', ['7', '10']],
  ['unique_count', ['1', '3']],
])('usage of all customers by the formula %s', async (formula, expected) => {
  const meter = await meterOf(formula);
  await send(formula, [0, 10, '1'], [1, 20, '10'], [1, 30, '4'], [2, 40, '1'], [0, 86_400, '7']);
  const { data } = await ask(`${meter}/summaries`, { ...RANGE, value_grouping_window: 'day' });
  expect(data.map((one: { aggregated_value: string }) => one.aggregated_value)).toEqual(expected);
  expect(data[0]).toMatchObject({ customer: null, start_time: DAY + 86_400 });
});

test('the customers who used most, as many as are asked for', async () => {
  const meter = await meterOf('sum');
  await send('sum', [0, 10, '1'], [1, 20, '10'], [1, 30, '4'], [0, 86_400, '20'], [2, 2 * 86_400, '99']);
  const [a, b] = customers;
  const list = await ask(`${meter}/top_customers`, RANGE);
  expect(list).toEqual({
    object: 'list',
    data: [
      { object: 'usance.meter_customer', aggregated_value: '21', customer: a, meter },
      { object: 'usance.meter_customer', aggregated_value: '14', customer: b, meter },
    ],
    has_more: false,
    url: `/v1/usance/meters/${meter}/top_customers`,
  });
  const one = await ask(`${meter}/top_customers`, { ...RANGE, end_time: String(DAY + 86_400), limit: '1' });
  expect([one.data.map((entry: { customer: string }) => entry.customer), one.has_more]).toEqual([[b], true]);
});

test('another account sees nothing of it', async () => {
  const meter = await meterOf('sum');
  await send('sum', [0, 10, '1']);
  const other = await newAccount();
  const answer = await other.request('GET', `/v1/usance/meters/${meter}/top_customers`, RANGE);
  expect([answer.status, answer.body.error.code]).toEqual([404, 'resource_missing']);
  const backwards = await account.request('GET', `/v1/usance/meters/${meter}/top_customers`, {
    start_time: String(DAY),
    end_time: String(DAY),
  });
  expect([backwards.status, backwards.body.error.param]).toEqual([400, 'end_time']);
});
