// The process as a stranger starts it: what goes wrong before it has reached an API server is one line and an exit code.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');
const TIMEOUT_MS = 60_000;

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    // Neither this machine's kubeconfig nor what the tests of others set.
    env: { PATH: process.env['PATH'] },
    timeout: TIMEOUT_MS,
  });
  return { status, stdout, stderr };
}

test('a wrong option is one line and the exit code 2', { timeout: TIMEOUT_MS }, () => {
  const { status, stdout, stderr } = run('--metrics-bind-address=8080');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^nodefleet: --metrics-bind-address "8080": must be .+; see nodefleet --help\n$/);
});

test(
  'a port in use is one line and the exit code 1, before anything else is done',
  { timeout: TIMEOUT_MS },
  async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const off = ['--health-probe-bind-address=0', '--leader-elect=false', '--kubeconfig=/there/is/no/such/file'];
    expect(run(`--metrics-bind-address=127.0.0.1:${port}`, ...off)).toEqual({
      status: 1,
      stdout: '',
      stderr: `nodefleet: start: --metrics-bind-address 127.0.0.1:${port}: the port is in use; choose another address, or 0 for none\n`,
    });
  },
);
