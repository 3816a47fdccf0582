// The version of package.json is what is installed: as the tag of the image, and as the chart's.
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { version }: { version: string } = JSON.parse(read('package.json'));

test('config/manager installs the image of this version', () => {
  expect(parse(read('config/manager/kustomization.yaml')).images).toEqual([{ name: 'nodefleet', newTag: version }]);
});

test('the chart is of this version, and installs its image', () => {
  expect(parse(read('config/helm/nodefleet/Chart.yaml'))).toMatchObject({ version, appVersion: version });
});
