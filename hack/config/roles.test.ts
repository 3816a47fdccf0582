import { expect, test } from 'vitest';

import { rulesOf } from './roles.ts';

const pods = { group: '', plural: 'pods' };
const sets = { group: 'apps', plural: 'statefulsets' };
const revisions = { group: 'apps', plural: 'controllerrevisions' };
const askedBy = 'a test';

test('resources of a group that are granted the same share a rule', () => {
  expect(
    rulesOf([
      { kind: sets, verbs: ['get', 'list'], askedBy },
      { kind: pods, verbs: ['get', 'list'], askedBy },
      { kind: revisions, verbs: ['get', 'list'], askedBy },
    ]),
  ).toEqual([
    { apiGroups: ['apps'], resources: ['statefulsets', 'controllerrevisions'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  ]);
});

test('other verbs and a name have a rule of their own, a subresource has its own line', () => {
  expect(
    rulesOf([
      { kind: sets, verbs: ['get'], askedBy },
      { kind: sets, verbs: ['patch'], askedBy },
      { kind: sets, subresource: 'status', verbs: ['patch'], askedBy },
      { kind: sets, verbs: ['get'], name: 'web', askedBy },
    ]),
  ).toEqual([
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['statefulsets', 'statefulsets/status'], verbs: ['patch'] },
    { apiGroups: ['apps'], resources: ['statefulsets'], resourceNames: ['web'], verbs: ['get'] },
  ]);
});
