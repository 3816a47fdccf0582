// Who may do what with NodeDeployments once nodefleet is installed: the aggregated roles, and the policy on authors.
import { randomBytes } from 'node:crypto';

import { expect, test } from 'vitest';

import type { StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { expectReady, fleet } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import type { Kubectl } from '../start.ts';
import { administrator, kubectlAs } from './plane.ts';

interface Person {
  readonly name: string;
  readonly kubectl: Kubectl;
}

/** Somebody with a role of Kubernetes' own, or with these rights (`create statefulsets.apps`), in one namespace. */
async function newPerson(
  plane: StartedControlPlane,
  { namespace }: Cluster,
  rights: 'view' | 'edit' | 'admin' | readonly string[],
): Promise<Person> {
  const name = `person-${randomBytes(3).toString('hex')}`;
  const kubectl = administrator(plane);
  const here = `--namespace=${namespace}`;
  const bind = async (role: string): Promise<void> => {
    await kubectl(['create', 'rolebinding', `${name}-${randomBytes(3).toString('hex')}`, here, `--user=${name}`, role]);
  };
  if (typeof rights === 'string') await bind(`--clusterrole=${rights}`);
  else {
    for (const [index, right] of rights.entries()) {
      const [verb = '', resource = ''] = right.split(' ');
      await kubectl(['create', 'role', `${name}-${index}`, here, `--verb=${verb}`, `--resource=${resource}`]);
      await bind(`--role=${name}-${index}`);
    }
  }
  return { name, kubectl: (args, input) => kubectlAs(plane, name)([here, ...args], input) };
}

/** `yes` or `no`: kubectl exits with 1 for a no. */
async function may({ kubectl }: Person, ...what: readonly string[]): Promise<string> {
  return kubectl(['auth', 'can-i', ...what]).catch(() => 'no');
}

const AUTHOR = ['get,list,watch,create,update,patch nodedeployments.nodefleet.dev'];
const ALL = [...AUTHOR, 'create statefulsets.apps', 'create services', 'create persistentvolumeclaims'];
const without = (right: string): readonly string[] => ALL.filter((one) => one !== right);

export function testUsers(planeOf: () => StartedControlPlane): void {
  test.for([
    { role: 'view', yes: ['list nodedeployments', 'watch nodedeployments'], no: ['create nodedeployments'] },
    {
      role: 'edit',
      yes: [
        'list nodedeployments',
        'create nodedeployments',
        'delete nodedeployments',
        'patch nodedeployments --subresource=scale',
      ],
      no: ['patch nodedeployments --subresource=status', 'update nodedeployments --subresource=finalizers'],
    },
    {
      role: 'admin',
      yes: ['create nodedeployments', 'update nodedeployments --subresource=scale'],
      no: ['patch nodedeployments --subresource=status'],
    },
  ] as const)('who may $role a namespace may do the same with its fleets', async ({ role, yes, no }) => {
    const plane = planeOf();
    const person = await newPerson(plane, await newCluster(plane), role);
    // The roles are put together by a controller.
    await eventually(async () => expect(await may(person, ...yes[0].split(' '))).toBe('yes'));
    for (const right of yes) expect(await may(person, ...right.split(' ')), right).toBe('yes');
    for (const right of no) expect(await may(person, ...right.split(' ')), right).toBe('no');
  });

  test.for([
    { lack: 'create statefulsets.apps', wish: 'a fleet' },
    { lack: 'create services', wish: 'a fleet' },
    { lack: 'create persistentvolumeclaims', wish: 'storage', storage: {} },
    {
      lack: 'delete persistentvolumeclaims',
      wish: 'claims that go with the fleet',
      storage: { retention: { onDelete: 'Delete' } },
    },
    {
      lack: 'delete persistentvolumeclaims',
      wish: 'claims that go with their members',
      storage: { retention: { onScaleDown: 'Delete' } },
    },
  ])('an author who may not $lack is refused $wish', async ({ lack, storage }) => {
    const plane = planeOf();
    const cluster = await newCluster(plane);
    const author = await newPerson(plane, cluster, without(lack));
    const wanted = fleet({ ...(storage && { storage }) });
    const refusal =
      `nodedeployments.nodefleet.dev "web" is forbidden: ValidatingAdmissionPolicy 'author-rights.nodefleet.dev' with binding ` +
      `'author-rights.nodefleet.dev' denied request: ${author.name} may not ${lack} in namespace ${cluster.namespace}, `;
    // The API server heeds a new policy, and new rights, after a moment.
    await eventually(async () => {
      await expect(author.kubectl(['create', '-f', '-', '--dry-run=server'], wanted)).rejects.toThrow(refusal);
    });
    await expect(author.kubectl(['create', '-f', '-'], wanted)).rejects.toThrow(refusal);
  });

  test('what an author needs no right for is not asked: no claims without storage, no deletions without retention Delete', async () => {
    const plane = planeOf();
    const cluster = await newCluster(plane);
    const author = await newPerson(plane, cluster, without('create persistentvolumeclaims'));
    await eventually(() => author.kubectl(['create', '-f', '-'], fleet()));
    const owner = await newPerson(plane, cluster, ALL);
    await eventually(() => owner.kubectl(['create', '-f', '-'], fleet({ name: 'db', storage: {} })));
  });

  test('only a change of the spec is judged: not a label, a scale, what the operator writes, nor a deletion', async () => {
    const plane = planeOf();
    const cluster = await newCluster(plane);
    const rights = [
      ...AUTHOR,
      'patch,update,get nodedeployments.nodefleet.dev/scale',
      'delete nodedeployments.nodefleet.dev',
    ];
    const author = await newPerson(plane, cluster, rights);
    await cluster.apply(fleet({ storage: { retention: { onDelete: 'Delete' } } }));
    const operator = await startOperator(cluster);
    await eventually(async () => expectReady(await cluster.nd('web')));

    const patch = (body: object): Promise<string> =>
      author.kubectl(['patch', 'nodedeployment', 'web', '--type=merge', `--patch=${JSON.stringify(body)}`]);
    await eventually(() => patch({ metadata: { labels: { team: 'storage' } } }));
    await expect(patch({ spec: { paused: true } })).rejects.toThrow('may not create statefulsets.apps');
    await author.kubectl(['scale', 'nodedeployment', 'web', '--replicas=2']);
    await eventually(async () => expectReady(await cluster.nd('web')));
    await author.kubectl(['delete', 'nodedeployment', 'web', '--timeout=30s']);
    await operator.quiet();
  });
}
