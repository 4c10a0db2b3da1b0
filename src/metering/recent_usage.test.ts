import { expect, test } from 'vitest';
import { MAX_RECENT_CUSTOMERS } from '../limits.ts';
import { RecentUsage } from './recent_usage.ts';

test('tells each customer once, and forgets whom it has told of', () => {
  const recent = new RecentUsage();
  recent.note('acct_1', 'cus_1');
  recent.note('acct_1', 'cus_1');
  recent.note('acct_2', 'cus_1');
  expect(recent.take()).toEqual([
    { accountId: 'acct_1', customerId: 'cus_1' },
    { accountId: 'acct_2', customerId: 'cus_1' },
  ]);
  expect(recent.take()).toEqual([]);
});

test('says that it lost count when there were too many, and starts anew', () => {
  const recent = new RecentUsage();
  for (let count = 0; count <= MAX_RECENT_CUSTOMERS; count++) recent.note('acct_1', `cus_${count}`);
  expect(recent.take()).toBeNull();
  recent.note('acct_1', 'cus_1');
  expect(recent.take()).toHaveLength(1);
});
