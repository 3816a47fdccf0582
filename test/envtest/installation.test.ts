// Installing nodefleet on a real API server that has never heard of it, as its users do. One control plane for all of it:
// the tests go on where the ones before them ended.
import { afterAll, beforeAll, describe } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../hack/control-plane/control-plane.ts';
import { testChart } from './installation/chart.ts';
import { testKustomize, testNamespaced, testRights } from './installation/kustomize.ts';
import { testMake } from './installation/make.ts';
import { testUsers } from './installation/users.ts';

let plane: StartedControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    machines: 2,
    // As in OpenShift: who makes a child that blocks its owner's deletion needs a right to the owner.
    admissionPlugins: ['OwnerReferencesPermissionEnforcement'],
    storage: { attachDelayMs: 0, detachDelayMs: 0 },
    log: () => {},
  });
});
afterAll(() => plane?.stop());

describe('Helm', () => testChart(() => plane));
describe('kustomize', () => testKustomize(() => plane));
describe('users', () => testUsers(() => plane));
describe('rights', () => testRights(() => plane));
describe('namespaced', () => testNamespaced(() => plane));
describe('make', () => testMake(() => plane));
