import { once } from 'node:events';
import { createServer } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import { freePort } from './ports.ts';

describe('freePort', () => {
  test('finds a port that can be listened on', async () => {
    const server = createServer().listen(await freePort(), '127.0.0.1');
    onTestFinished(() => void server.close());
    await expect(once(server, 'listening')).resolves.toBeDefined();
  });

  test('never gives the same port twice', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, freePort));
    expect(new Set(ports).size).toBe(200);
  });

  test('stays below the ports of outgoing connections', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, freePort));
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });
});
