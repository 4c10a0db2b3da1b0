import { describe, expect, test } from 'vitest';
import { decimal } from '../money/decimal.ts';
import { readCredentials } from './credentials.ts';
import { redact, StripeError } from './errors.ts';
import { decodeForm } from './form.ts';
import { hashRequest, readIdempotencyKey } from './idempotency.ts';
import { canonicalInput } from './input.ts';
import { newId, newModeId } from './ids.ts';
import { exactNumber, toJson } from './json.ts';
import { timeBounds } from './lists.ts';
import { changeMetadata } from './metadata.ts';
import { API_VERSION, versionNotice } from './version.ts';

test('ids ascend within a process and have their prefix and 24 characters', () => {
  const ids = Array.from({ length: 5_000 }, () => newId('customer'));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids[0]).toMatch(/^cus_[0-9A-Za-z]{24}$/);
  expect(newModeId('meter', false)).toMatch(/^mtr_test_[0-9A-Za-z]{24}$/);
  expect(newModeId('meter', true)).toMatch(/^mtr_[0-9A-Za-z]{24}$/);
});

test('numbers are written with all their digits', () => {
  const value = { a: 9_007_199_254_740_993n, b: exactNumber(decimal('0.123456789012345678901')), c: 1.5 };
  expect(toJson(value)).toBe('{"a":9007199254740993,"b":0.123456789012345678901,"c":1.5}');
});

describe('credentials', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  test.each([
    ['Bearer sk_test_1', 'sk_test_1'],
    ['bearer  sk_test_1 ', 'sk_test_1'],
    [basic('sk_test_1:'), 'sk_test_1'],
    [basic('sk_test_1'), 'sk_test_1'],
    [basic(':x'), undefined],
    ['Digest x', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, key) => {
    expect(readCredentials(header)).toBe(key);
  });

  test('a redacted key shows its kind and its last four characters, and never more', () => {
    expect(redact('sk_test_abcdefghijklmnop')).toBe('sk_test_************mnop');
    expect(redact('short')).toBe('*****');
    expect(redact('sk_test_\u0000bcdefghijklm\nop')).not.toMatch(/[\n\0]/);
  });
});

test('the API version: ours needs no notice, others get one, nonsense is refused', () => {
  expect(versionNotice(undefined)).toBeUndefined();
  expect(versionNotice(API_VERSION)).toBeUndefined();
  expect(versionNotice('2024-06-20')).toContain(API_VERSION);
  expect(versionNotice('2025-03-31.basil')).toContain('2025-03-31.basil');
  expect(() => versionNotice('latest')).toThrow('Invalid Stripe API version: latest');
});

test('idempotency keys have 1 to 255 characters; the order of parameters does not matter', () => {
  expect(readIdempotencyKey(undefined)).toBeNull();
  expect(readIdempotencyKey('k')).toBe('k');
  expect(() => readIdempotencyKey('')).toThrow(StripeError);
  expect(() => readIdempotencyKey('k'.repeat(256))).toThrow(StripeError);
  const parameters = (form: string) => canonicalInput({ form: decodeForm(form), takesExpand: true });
  const hash = (form: string) => hashRequest('POST', '/v1/customers', parameters(form)).toString('hex');
  expect(hash('a=1&b=2')).toBe(hash('b=2&a=1'));
  expect(hash('a[b]=1&a[]=x')).not.toBe(hash('a[b]=1x'));
  expect(hash('l[]=en&l[]=fr')).not.toBe(hash('l[]=fr&l[]=en'));
  expect(hash('n=A&n=B')).not.toBe(hash('n=B&n=A'));
  expect(hash('a=1%0Ab=2')).not.toBe(hash('a=1&b=2'));
  expect(hash('a=1&b=2')).not.toBe(hash('a=1&b=3'));
  expect(hash('a=1')).not.toBe(hashRequest('POST', '/v1/products', parameters('a=1')).toString('hex'));
});

test('metadata: set, delete, delete all, leave alone', () => {
  const current = { a: '1', b: '2' };
  expect(changeMetadata(current, undefined)).toEqual(current);
  expect(changeMetadata(current, null)).toEqual({});
  expect(
    changeMetadata(
      current,
      new Map([
        ['a', null],
        ['c', '3'],
      ]),
    ),
  ).toEqual({ b: '2', c: '3' });
  const many = new Map(Array.from({ length: 49 }, (_, n) => [`k${n}`, 'v']));
  expect(() => changeMetadata(current, many)).toThrow('at most 50 keys, this would make 51');
});

test('time ranges become half-open bounds of whole seconds', () => {
  const at = (second: number) => Temporal.Instant.fromEpochMilliseconds(second * 1000);
  const text = (range: Parameters<typeof timeBounds>[0]) => {
    const { from, before } = timeBounds(range);
    return [from && from.epochMilliseconds / 1000, before && before.epochMilliseconds / 1000];
  };
  expect(text(at(5))).toEqual([5, 6]);
  expect(text({ gte: at(5), lt: at(9) })).toEqual([5, 9]);
  expect(text({ gt: at(5), lte: at(9) })).toEqual([6, 10]);
  expect(text({ gt: at(5), gte: at(9) })).toEqual([9, undefined]);
  expect(text({ lt: at(5), lte: at(9) })).toEqual([undefined, 5]);
});
