import { expect, test } from 'vitest';
import { idOfToken, tokenOf } from './link.ts';

const ACCOUNT = {
  id: 'acct_1',
  name: 'Test',
  livemode: false,
  country: 'US',
  defaultCurrency: 'usd',
  documentSecret: Buffer.alloc(32, 1),
};
const TOKEN = tokenOf(ACCOUNT, 'in_0AbC');

test('a token opens the invoice that it was made for', () => {
  expect(TOKEN).toMatch(/^test_0AbC[\da-f]{40}$/);
  expect(idOfToken(ACCOUNT, TOKEN, 'invoice')).toBe('in_0AbC');
});

test.each([
  ['for another invoice', TOKEN.replace('0AbC', '0AbD')],
  ['with another code', TOKEN.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
  ['that is cut', TOKEN.slice(0, -1)],
  ['that goes on', `${TOKEN}0`],
  ['of the other mode', TOKEN.replace('test_', 'live_')],
  ['without a code', 'test_0AbC'],
  ['without anything', ''],
  ['that another account made', tokenOf({ ...ACCOUNT, documentSecret: Buffer.alloc(32, 2) }, 'in_0AbC')],
])('a token %s opens nothing', (_, token) => {
  expect(idOfToken(ACCOUNT, token, 'invoice')).toBeUndefined();
});
