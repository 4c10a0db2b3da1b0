import { expect, test } from 'vitest';
import { int8Array, timestamptzArray } from './binary.ts';

/** The eight bytes of entry `index` of an array without nulls. */
const entry = (buffer: Buffer, index: number) => buffer.readBigInt64BE(20 + 12 * index + 4);

test.each([0, 1, -1, 4_294_967_295, 4_294_967_296, -4_294_967_296, -4_294_967_297, 2 ** 53 - 1, -(2 ** 53 - 1)])(
  'int8 %d is the two’s complement of PostgreSQL',
  (value) => {
    expect(
      entry(
        int8Array([value], (x) => x),
        0,
      ),
    ).toBe(BigInt(value));
  },
);

test('timestamptz counts microseconds from 2000, before it negative', () => {
  const buffer = timestamptzArray([Date.UTC(2000, 0, 1) + 1, Date.UTC(1999, 11, 31)], (x) => x);
  expect(entry(buffer, 0)).toBe(1_000n);
  expect(entry(buffer, 1)).toBe(-86_400_000_000n);
});

test('null has no bytes and a length of -1', () => {
  const buffer = int8Array([null, 5], (x) => x);
  expect(buffer.length).toBe(20 + 4 + 12);
  expect(buffer.readInt32BE(4)).toBe(1);
  expect(buffer.readInt32BE(20)).toBe(-1);
});
