// The last provider of the chain, on the real thing: a program out of the pinned Go module.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { cachePath } from '../../hack/control-plane/providers/cache.ts';
import { goBuild } from '../../hack/control-plane/providers/go-build.ts';
import { scratchFolder } from '../../hack/control-plane/testing/scratch.ts';

const run = promisify(execFile);
/** Where neither Go's module cache nor its build cache has anything yet. */
const COLD_BUILD_MS = 300_000;

test('go build makes etcd in the pinned version', { timeout: COLD_BUILD_MS }, async ({ skip }) => {
  const hasGo = await run('go', ['version']).then(
    () => true,
    () => false,
  );
  skip(!hasGo, 'needs Go; the control plane of this run came from another provider');
  const folder = scratchFolder();
  const served = await goBuild(folder, process.env, () => {}).serve(['etcd']);
  expect(served.get('etcd')).toEqual({ path: cachePath(folder, 'etcd') });
  const { stdout } = await run(cachePath(folder, 'etcd'), ['--version']);
  expect(stdout).toMatch(/^etcd Version: 3\.6\.8$/m);
});
