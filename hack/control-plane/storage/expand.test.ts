import { describe, expect, test } from 'vitest';

import { expand } from './expand.ts';
import { always, boundClaim, pendingClaim, world } from './world.builders.ts';

const status = '/api/v1/namespaces/default/persistentvolumeclaims/data/status';

describe('expand', () => {
  test('gives a bound claim and its volume the capacity that is asked for', () => {
    expect(expand(world({ claims: [boundClaim('standard', '2Gi')] }), always)).toEqual([
      {
        method: 'PATCH',
        path: '/api/v1/persistentvolumes/pvc-uid-of-data',
        body: { spec: { capacity: { storage: '2Gi' } } },
      },
      {
        method: 'PATCH',
        path: status,
        body: { metadata: { resourceVersion: '7' }, status: { capacity: { storage: '2Gi' }, conditions: null } },
      },
    ]);
  });

  test.for([
    { name: 'that has what it asks for', claim: boundClaim() },
    { name: 'that is not bound', claim: pendingClaim() },
    { name: 'of a class that we do not serve', claim: boundClaim('foreign', '2Gi') },
  ])('leaves a claim $name alone', ({ claim }) => {
    expect(expand(world({ claims: [claim] }), always)).toEqual([]);
  });

  test('says that growth is infeasible where the class is full, and leaves the capacity', () => {
    const [write, ...others] = expand(world({ claims: [boundClaim('full', '2Gi')] }), always);
    expect(others).toEqual([]);
    expect(write).toMatchObject({
      path: status,
      body: {
        status: {
          allocatedResources: { storage: '2Gi' },
          allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
          conditions: [{ type: 'ControllerResizeError', status: 'True' }],
        },
      },
    });
  });

  test('says so once per size', () => {
    const claim = boundClaim('full', '2Gi');
    const told = { ...claim, status: { ...claim.status, allocatedResources: { storage: '2Gi' } } };
    expect(expand(world({ claims: [told] }), always)).toEqual([]);
  });
});
