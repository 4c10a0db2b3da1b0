import { expect, test } from 'vitest';
import { sharedBuffersMegabytes } from './settings.ts';

const GIGABYTE = 2 ** 30;

test.each([
  [GIGABYTE / 2, 128],
  [4 * GIGABYTE, 512],
  [16 * GIGABYTE, 2_048],
  [256 * GIGABYTE, 4_096],
])('of %d bytes PostgreSQL may share %d MB', (memory, megabytes) => {
  expect(sharedBuffersMegabytes(memory)).toBe(megabytes);
});
