import { expect, test } from 'vitest';
import { passingFailure } from './failure.ts';

const failure = (code: string | undefined, message = 'x') => Object.assign(new Error(message), { code });

test.each([
  ['57P01', 'x', 'unavailable'],
  ['08006', 'x', 'unavailable'],
  ['53300', 'x', 'unavailable'],
  ['40P01', 'x', 'unavailable'],
  ['ECONNREFUSED', 'x', 'unavailable'],
  [undefined, 'Connection terminated unexpectedly', 'unavailable'],
  ['ENOTFOUND', 'x', 'unavailable'],
  [undefined, 'Client has encountered a connection error and is not queryable', 'unavailable'],
  [undefined, 'Client was closed and is not queryable', 'unavailable'],
  [undefined, 'timeout exceeded when trying to connect', 'unavailable'],
  ['55P03', 'x', 'lock_timeout'],
  ['57014', 'x', undefined],
  ['23505', 'x', undefined],
  [undefined, 'undefined is not a function', undefined],
])('%s %s', (code, message, expected) => {
  expect(passingFailure(failure(code, message))).toBe(expected);
});
