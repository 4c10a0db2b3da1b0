import { expect, test } from 'vitest';
import { maskAnswer, maskRequest } from './mask.ts';

test.each([
  ['card[number]=4242424242424242&card[exp_month]=12', 'card[number]=••••&card[exp_month]=12'],
  [
    'type=card&card%5Bnumber%5D=4242&card%5Bcvc%5D=123&name=A',
    'type=card&card%5Bnumber%5D=••••&card%5Bcvc%5D=••••&name=A',
  ],
  [
    'payment_method_data[us_bank_account][account_number]=000123',
    'payment_method_data[us_bank_account][account_number]=••••',
  ],
  ['client_secret=pi_1_secret_2', 'client_secret=••••'],
  ['name=number&description=secret', 'name=number&description=secret'],
  ['{"password": "a","email":"b"}', '{"password": "••••","email":"b"}'],
])('of a request %s is kept as %s', (body, kept) => {
  expect(maskRequest(body)).toBe(kept);
});

test('of an answer the secrets go and the numbers stay', () => {
  expect(maskAnswer('{"client_secret":"pi_1_secret_2","number":"ABC-0001","secret": "whsec_1"}')).toBe(
    '{"client_secret":"••••","number":"ABC-0001","secret": "••••"}',
  );
});
