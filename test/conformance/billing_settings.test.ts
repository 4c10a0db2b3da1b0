import { expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';

const PATH = '/v1/usance/billing_settings';

test('an account says when payments are tried again and what becomes of subscriptions, each by itself', async () => {
  const { request } = await newAccount();
  const first = await request('POST', PATH, { 'retry_days[0]': '1', 'retry_days[1]': '59', after_retries: 'unpaid' });
  expect(first.body).toMatchObject({ retry_days: [1, 59], after_retries: 'unpaid', after_overdue: 'past_due' });
  await request('POST', PATH, { overdue_days: '30', after_overdue: 'cancel' });
  expect((await request('GET', PATH)).body).toMatchObject({
    retry_days: [1, 59],
    after_retries: 'unpaid',
    overdue_days: 30,
    after_overdue: 'cancel',
    draft_hours: 1,
  });
  const others = { upcoming_days: '45', invoice_after_retries: 'uncollectible' };
  expect((await request('POST', PATH, others)).body).toMatchObject({ ...others, upcoming_days: 45, overdue_days: 30 });
  const none = await request('POST', PATH, { retry_days: '', overdue_days: '' });
  expect(none.body).toMatchObject({ retry_days: [], overdue_days: null, after_overdue: 'cancel' });
});

test.each([
  [{ 'retry_days[0]': '0' }, 'retry_days[0]'],
  [{ 'retry_days[0]': '61' }, 'retry_days[0]'],
  [{ 'retry_days[0]': '30', 'retry_days[1]': '31' }, 'retry_days'],
  [Object.fromEntries(Array.from({ length: 9 }, (_, place) => [`retry_days[${place}]`, '1'])), 'retry_days'],
  [{ after_retries: 'pause' }, 'after_retries'],
  [{ after_overdue: 'void' }, 'after_overdue'],
  [{ overdue_days: '0' }, 'overdue_days'],
  [{ upcoming_days: '0' }, 'upcoming_days'],
  [{ upcoming_days: '46' }, 'upcoming_days'],
  [{ invoice_after_retries: 'void' }, 'invoice_after_retries'],
])('%j is refused, and changes nothing', async (params, param) => {
  const { request } = await newAccount();
  const { status, body } = await request('POST', PATH, params);
  expect([status, (body as { error: { param: string } }).error.param]).toEqual([400, param]);
  expect((await request('GET', PATH)).body).toMatchObject({ retry_days: [3, 5, 6, 7], after_retries: 'past_due' });
});
