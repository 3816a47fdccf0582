// The operator's image by itself: what clusters demand of it, and what its SBOM claims.
import { expect, test } from 'vitest';

import { docker } from '../../hack/docker/docker.ts';
import { site } from './site.ts';

/** Everything that a cluster can take away is taken away. */
const HARDENED = ['run', '--rm', '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--network=none'];

const PACKAGES = `
const { globSync, readFileSync } = require('node:fs');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const installed = Object.entries(read('node_modules/.package-lock.json').packages)
  .map(([path, { version }]) => path.split('node_modules/').at(-1) + '@' + version);
const listed = read('sbom.cdx.json').components.map(({ name, version }) => name + '@' + version);
console.log(JSON.stringify({ installed: installed.toSorted(), listed: listed.toSorted() }));
`;

test('it runs without rights, on a root file system that is read-only, as uid 65532', async () => {
  const { image } = site();
  expect(await docker([...HARDENED, image, '--version'])).toMatch(/^nodefleet \d+\.\d+\.\d+$/);
  const whoAmI = 'console.log(process.getuid(), process.getgid())';
  expect(await docker([...HARDENED, '--entrypoint=node', image, '-e', whoAmI])).toBe('65532 65532');
});

test('a wrong flag is one line and exit code 2', async () => {
  const failure = docker([...HARDENED, site().image, '--workers=many']);
  await expect(failure).rejects.toThrow(/nodefleet: --workers "many": must be an integer/);
});

test('its SBOM lists the packages that are in it, no more and no fewer', async () => {
  const output = await docker([...HARDENED, '--entrypoint=node', site().image, '-e', PACKAGES]);
  const { installed, listed }: { installed: string[]; listed: string[] } = JSON.parse(output);
  expect(installed.length).toBeGreaterThan(20);
  expect(listed).toEqual(installed);
});

test('it says what it is', async () => {
  const labels = await docker(['image', 'inspect', '--format', '{{json .Config.Labels}}', site().image]);
  expect(JSON.parse(labels)).toMatchObject({
    'org.opencontainers.image.title': 'nodefleet',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
});
