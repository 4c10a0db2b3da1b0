import { expect, test } from 'vitest';
import { hashPassword, isPassword } from './password.ts';

test('a password is known again, and no other one', async () => {
  const stored = await hashPassword('pass–phrase é');
  expect(stored).toMatch(/^scrypt\$16384\$8\$5\$[\w+/=]+\$[\w+/=]+$/);
  expect(await isPassword('pass–phrase é', stored)).toBe(true);
  // The same letters, composed otherwise by another keyboard.
  expect(await isPassword('pass–phrase e\u0301', stored)).toBe(true);
  expect(await isPassword('pass–phrase e', stored)).toBe(false);
  expect(await isPassword('anything', undefined)).toBe(false);
  expect(await hashPassword('pass–phrase é')).not.toBe(stored);
});
