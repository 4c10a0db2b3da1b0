import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compatibilityPage } from '../support/compatibility.ts';

test('docs/compatibility.md tells what the server runs on (npm run docs)', () => {
  const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');
  expect(page).toBe(compatibilityPage());
});
