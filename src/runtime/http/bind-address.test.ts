import { expect, test } from 'vitest';

import { formatBindAddress, parseBindAddress } from './bind-address.ts';

test.for([
  [':8080', { host: '', port: 8080 }],
  ['0.0.0.0:8080', { host: '0.0.0.0', port: 8080 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['localhost:65535', { host: 'localhost', port: 65_535 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
  ['[fe80::1%eth0]:80', { host: 'fe80::1%eth0', port: 80 }],
] as const)('%s is an address, and is written as it was read', ([text, address]) => {
  expect(parseBindAddress(text)).toEqual(address);
  expect(formatBindAddress(address)).toBe(text);
});

test('0 is off', () => {
  expect(parseBindAddress('0')).toBe('off');
});

test.for(['', '8080', ':', 'localhost', ':65536', '::1:8080', ':-1', ':8o80', 'a b:80', 'http://x:80', ':80/metrics'])(
  '%j is no address',
  (text) => {
    expect(parseBindAddress(text)).toBeUndefined();
  },
);
