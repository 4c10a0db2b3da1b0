import { expect, test } from 'vitest';
import { baseUrlOf } from './base_url.ts';

test.each([
  ['billing.example.com', 'http://billing.example.com'],
  ['127.0.0.1:12111', 'http://127.0.0.1:12111'],
  ['[::1]:12111', 'http://[::1]:12111'],
  ['', 'http://10.0.0.1:80'],
  ['evil.example/path', 'http://10.0.0.1:80'],
  ['user@evil.example', 'http://10.0.0.1:80'],
  ['a b', 'http://10.0.0.1:80'],
])('a request for the host %j came to %s', (host, url) => {
  expect(baseUrlOf({ headers: { host }, socket: { localAddress: '10.0.0.1', localPort: 80 } })).toBe(url);
});

test('an address of IPv6 stands in brackets', () => {
  expect(baseUrlOf({ headers: {}, socket: { localAddress: '::1', localPort: 1 } })).toBe('http://[::1]:1');
});
