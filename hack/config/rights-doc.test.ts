// docs/rights.md lists the rights for people; src/rights.ts declares them.
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { IN_CLUSTER, IN_NAMESPACE, OF_LEADER, type Right } from '../../src/rights.ts';
import { resourceOf } from './roles.ts';

const TEXT = readFileSync(new URL('../../docs/rights.md', import.meta.url), 'utf8');

/** `apps statefulsets get`, for each verb of each resource in the tables of a section. */
function listedIn(section: string): readonly string[] {
  const [, text = ''] = TEXT.split(`\n## ${section}\n`);
  const [own = ''] = text.split('\n## ');
  const rows = [...own.matchAll(/^\| (core|`[a-z0-9.]+`) \| ([^|]+) \| ([^|]+) \|/gm)];
  return rows.flatMap(([, group = '', resources = '', verbs = '']) => {
    const [, names = resources, name = ''] = /^(.*) of the name (`[^`]+`)$/.exec(resources) ?? [];
    return names
      .split(', ')
      .flatMap((resource) =>
        verbs.split(', ').map((verb) => `${group} ${resource} ${name} ${verb}`.replaceAll('`', '')),
      );
  });
}

function granted(rights: readonly Right[]): readonly string[] {
  return rights.flatMap((right) => {
    const { kind, name = '', verbs } = right;
    return verbs.map((verb) => `${kind.group === '' ? 'core' : kind.group} ${resourceOf(right)} ${name} ${verb}`);
  });
}

test.for([
  ['In each namespace that it serves', IN_NAMESPACE],
  ['In the cluster, optional', IN_CLUSTER],
  ['In its own namespace, for its replicas', OF_LEADER],
] as const)('docs/rights.md says under “%s” exactly what is granted', ([section, rights]) => {
  expect(listedIn(section).toSorted()).toEqual(granted(rights).toSorted());
});
