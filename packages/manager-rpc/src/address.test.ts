import { describe, expect, it } from 'vitest';
import { formatTcpAddress, isLoopback, parseTcpAddress, toBindEndpoint } from './address.js';

describe('parseTcpAddress', () => {
  it.each([
    ['tcp://127.0.0.1:7001', { host: '127.0.0.1', port: 7001 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['tcp://*:6001', { host: '*', port: 6001 }],
    ['[::1]:65535', { host: '::1', port: 65535 }],
  ])('reads %s', (text, expected) => {
    expect(parseTcpAddress(text)).toEqual(expected);
    expect(parseTcpAddress(formatTcpAddress(expected))).toEqual(expected);
  });

  it.each(['', '7001', 'tcp://127.0.0.1', '127.0.0.1:70000', '::1:7001', 'ipc:///tmp/x', 'a b:1', 'host:1:2'])(
    'refuses %j',
    (text) => {
      expect(() => parseTcpAddress(text)).toThrow(expect.objectContaining({ code: 'RPC_INVALID_ADDRESS' }));
    },
  );
});

it.each([
  ['127.0.0.1', 0, 'tcp://127.0.0.1:*'],
  ['0.0.0.0', 6001, 'tcp://0.0.0.0:6001'],
  ['*', 6001, 'tcp://*:6001'],
  ['::1', 1, 'tcp://[::1]:1'],
])('binds %s to numbers', async (host, port, expected) => {
  expect(await toBindEndpoint({ host, port })).toBe(expected);
});

it('resolves names for binding', async () => {
  expect(await toBindEndpoint({ host: 'localhost', port: 5 })).toMatch(/^tcp:\/\/(127\.0\.0\.1|\[::1\]):5$/);
});

it.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['*', false],
  ['10.0.0.7', false],
  ['127.example.com', false],
])('knows whether %s is this machine alone: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));
