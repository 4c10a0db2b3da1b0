import { expect, test } from 'vitest';
import { decimal } from '../money/decimal.ts';
import { exactNumber } from '../stripe/json.ts';
import { previousAttributes } from './event.ts';

test.each([
  ['a changed field', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 2 }],
  ['a field set from null', { a: null }, { a: 'x' }, { a: null }],
  ['a new key in a hash', { metadata: {} }, { metadata: { k: 'v' } }, { metadata: { k: null } }],
  [
    'a changed key in a hash',
    { metadata: { k: 'v', l: 'w' } },
    { metadata: { k: 'x', l: 'w' } },
    { metadata: { k: 'v' } },
  ],
  ['a removed key in a hash', { metadata: { k: 'v' } }, { metadata: {} }, { metadata: { k: 'v' } }],
  ['a hash that became null', { address: { city: 'Rome' } }, { address: null }, { address: { city: 'Rome' } }],
  ['a list as a whole', { list: [1, 2] }, { list: [1, 3] }, { list: [1, 2] }],
  [
    'an exact number',
    { n: exactNumber(decimal('0.1')) },
    { n: exactNumber(decimal('0.2')) },
    { n: exactNumber(decimal('0.1')) },
  ],
  ['a bigint', { n: 1n }, { n: 2n }, { n: 1n }],
])('%s', (_name, before, after, expected) => {
  expect(previousAttributes(before, after as never)).toEqual(expected);
});

test('nothing changed, nothing to tell', () => {
  expect(previousAttributes({ a: [1], b: { c: 1n } }, { a: [1], b: { c: 1n } })).toBeUndefined();
});
