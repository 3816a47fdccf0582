import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { GO_VERSION, TOOLS, VERSIONS } from './versions.ts';

function goModule(folder: string): string {
  return readFileSync(join(import.meta.dirname, folder, 'go.mod'), 'utf8');
}

describe('versions', () => {
  test.for([
    { module: '.', path: 'k8s.io/kubernetes', version: VERSIONS.kubernetes },
    { module: '.', path: 'go.etcd.io/etcd/server/v3', version: VERSIONS.etcd },
    { module: 'kwok', path: 'sigs.k8s.io/kwok', version: VERSIONS.kwok },
    { module: 'helm', path: 'helm.sh/helm/v4', version: VERSIONS.helm },
    // Prometheus v3.15.0 is v0.315.0 to Go.
    {
      module: 'prometheus',
      path: 'github.com/prometheus/prometheus',
      version: VERSIONS.prometheus.replace(/^v3\./, 'v0.3'),
    },
  ])('go.mod in $module requires $path at the pinned version', ({ module, path, version }) => {
    expect(goModule(module)).toMatch(new RegExp(`^\\t?(require )?${path} ${version.replaceAll('.', '\\.')}\\b`, 'm'));
  });

  test('the staging modules are those of the pinned Kubernetes version', () => {
    const replaced = [...goModule('.').matchAll(/^\tk8s\.io\/\S+ => k8s\.io\/\S+ (\S+)$/gm)].map(
      ([, version]) => version,
    );
    expect(new Set(replaced)).toEqual(new Set([VERSIONS.kubernetes.replace('v1.', 'v0.')]));
  });

  test.for(Object.entries(TOOLS))('%s is a tool of its go.mod', ([, { goModule: module, goPackage }]) => {
    expect(goModule(module)).toMatch(new RegExp(`^(tool |\\t)${goPackage}$`, 'm'));
  });

  test.for(['.', 'kwok', 'helm', 'prometheus'])(
    'go.mod in %s asks for no newer Go than the error messages say',
    (module) => {
      expect(goModule(module)).toMatch(new RegExp(`^go ${GO_VERSION}\\.0$`, 'm'));
    },
  );
});
