import { expect, test } from 'vitest';

import { rulesOf } from './roles.ts';

const pods = { group: '', plural: 'pods' };
const sets = { group: 'apps', plural: 'statefulsets' };
const revisions = { group: 'apps', plural: 'controllerrevisions' };

test('resources of a group that are granted the same share a rule', () => {
  expect(
    rulesOf([
      { kind: sets, verbs: ['get', 'list'] },
      { kind: pods, verbs: ['get', 'list'] },
      { kind: revisions, verbs: ['get', 'list'] },
    ]),
  ).toEqual([
    { apiGroups: ['apps'], resources: ['statefulsets', 'controllerrevisions'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  ]);
});

test('other verbs and a name have a rule of their own, a subresource has its own line', () => {
  expect(
    rulesOf([
      { kind: sets, verbs: ['get'] },
      { kind: sets, verbs: ['patch'] },
      { kind: sets, subresource: 'status', verbs: ['patch'] },
      { kind: sets, verbs: ['get'], name: 'web' },
    ]),
  ).toEqual([
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['statefulsets', 'statefulsets/status'], verbs: ['patch'] },
    { apiGroups: ['apps'], resources: ['statefulsets'], resourceNames: ['web'], verbs: ['get'] },
  ]);
});
