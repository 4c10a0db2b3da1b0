import { expect, test } from 'vitest';
import { bigintArray, instantArray, int8Array, timestamptzArray } from './binary.ts';

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

test.each([0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)])('bigint %d is exact', (value) => {
  expect(
    entry(
      bigintArray([value], (x) => x),
      0,
    ),
  ).toBe(value);
});

test('instants are exact to the microsecond, also before 1970', () => {
  const times = ['2000-01-01T00:00:00.000001Z', '1999-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.5Z'];
  const buffer = instantArray(
    times.map((time) => Temporal.Instant.from(time)),
    (x) => x,
  );
  expect(times.map((_, index) => entry(buffer, index))).toEqual([1n, -1n, -946_684_800_500_000n]);
});

test('null has no bytes and a length of -1', () => {
  const buffer = int8Array([null, 5], (x) => x);
  expect(buffer.length).toBe(20 + 4 + 12);
  expect(buffer.readInt32BE(4)).toBe(1);
  expect(buffer.readInt32BE(20)).toBe(-1);
});
