import { expect, test } from 'vitest';
import { FailedLogins } from './failed_logins.ts';

test('after twenty failures of a minute nobody may try until the first of them is over', () => {
  let now = 0;
  const failures = new FailedLogins(() => now);
  for (let count = 0; count < 20; count++) {
    expect(failures.mayTry()).toBe(true);
    failures.note();
    now += 1_000;
  }
  expect(failures.mayTry()).toBe(false);
  now = 59_999;
  expect(failures.mayTry()).toBe(false);
  now = 60_000;
  expect(failures.mayTry()).toBe(true);
  failures.note();
  expect(failures.mayTry()).toBe(false);
});
