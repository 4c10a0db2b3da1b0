import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test.each([
  ['https://billing.example.com', 'https://billing.example.com'],
  ['https://example.com/billing/', 'https://example.com/billing'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ['', undefined],
])('USANCE_PUBLIC_URL %j is %j', (text, url) => {
  expect(readConfig({ USANCE_PUBLIC_URL: text }).publicUrl).toBe(url);
});

test.each([
  'billing.example.com',
  'ftp://example.com',
  'https://a:b@example.com',
  'https://example.com/?a',
  'https://e/#x',
])('USANCE_PUBLIC_URL %j is refused by its name', (text) => {
  expect(() => readConfig({ USANCE_PUBLIC_URL: text })).toThrow('USANCE_PUBLIC_URL must be like https://');
});
