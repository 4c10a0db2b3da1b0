import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StripeError } from './errors.ts';
import { decodeForm, decodeUtf8, type FormNode } from './form.ts';

function plain(node: FormNode): unknown {
  return typeof node === 'string' ? node : Object.fromEntries([...node].map(([key, child]) => [key, plain(child)]));
}

describe('decoding', () => {
  test.each([
    ['', {}],
    ['a=1', { a: '1' }],
    ['a', { a: '' }],
    ['a=', { a: '' }],
    ['&&a=1&', { a: '1' }],
    ['a=1&a=2', { a: '2' }],
    ['a=b=c', { a: 'b=c' }],
    ['name=Jenny+Rosen', { name: 'Jenny Rosen' }],
    ['name=Jenny%20Rosen', { name: 'Jenny Rosen' }],
    ['name=1%2B1', { name: '1+1' }],
    ['a[b][c]=1', { a: { b: { c: '1' } } }],
    ['a%5Bb%5D=1', { a: { b: '1' } }],
    ['items[0][price]=p&items[1][price]=q', { items: { 0: { price: 'p' }, 1: { price: 'q' } } }],
    ['expand[]=a&expand[]=b', { expand: { 0: 'a', 1: 'b' } }],
    [
      'items[][price]=p&items[][quantity]=2&items[][price]=q',
      { items: { 0: { price: 'p', quantity: '2' }, 1: { price: 'q' } } },
    ],
    ['l[1]=en&l[]=fr', { l: { 1: 'en', 2: 'fr' } }],
    ['metadata[a.b-c d]=%E2%82%AC', { metadata: { 'a.b-c d': '€' } }],
  ])('%s', (text, expected) => {
    expect(plain(decodeForm(text))).toEqual(expected);
  });
});

describe('refusing', () => {
  test.each([
    ['a[b=1', 'Invalid parameter name'],
    ['a]b=1', 'Invalid parameter name'],
    ['a[b]c=1', 'Invalid parameter name'],
    ['a[[b]]=1', 'Invalid parameter name'],
    ['[a]=1', 'Invalid parameter name'],
    ['=1', 'Invalid parameter name'],
    ['a=1&a[b]=2', 'both as a value and as an object'],
    ['a[b]=1&a=2', 'both as a value and as an object'],
    ['a=%zz', 'Invalid URL encoding'],
    ['a=%ff', 'Invalid URL encoding'],
    ['a%=1', 'Invalid URL encoding'],
    ['a[0][1][2][3][4][5][6][7][8][9]=1', 'nested deeper'],
    ['__proto__=1', 'Received unknown parameter: __proto__'],
    ['metadata[__proto__]=1', 'Received unknown parameter: metadata[__proto__]'],
    ['a[constructor][prototype][x]=1', 'Received unknown parameter'],
    [Array.from({ length: 5_001 }, (_, n) => `a${n}=1`).join('&'), 'Too many parameters'],
  ])('%.60s', (text, message) => {
    expect(() => decodeForm(text)).toThrow(message);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('bytes that are not UTF-8', () => {
    expect(() => decodeUtf8(Buffer.from([0x61, 0x3d, 0xff]))).toThrow('not valid UTF-8');
    expect(decodeUtf8(Buffer.from('a=€'))).toBe('a=€');
  });
});

test('no text crashes the decoder: it decodes or answers an error of the catalogue', () => {
  const bracketed = fc.stringMatching(/^[a-c[\]=&%+0-9._]{0,60}$/);
  fc.assert(
    fc.property(fc.oneof(bracketed, fc.string({ maxLength: 200 })), (text) => {
      try {
        decodeForm(text);
      } catch (error) {
        expect(error).toBeInstanceOf(StripeError);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('what the official client encodes comes back as it was', () => {
  const value = fc.string({ maxLength: 20, unit: 'grapheme' });
  const key = fc
    .stringMatching(/^[a-zA-Z_.-]{1,12}$/)
    .filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 8 }), (metadata) => {
      const text = Object.entries(metadata).map(
        ([name, entry]) => `metadata[${encodeURIComponent(name)}]=${encodeURIComponent(entry)}`,
      );
      const decoded = decodeForm(text.join('&')).get('metadata');
      expect(decoded === undefined ? {} : plain(decoded)).toEqual({ ...metadata });
    }),
  );
});
