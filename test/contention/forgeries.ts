// Statuses that somebody with the right to write `nodedeployments/status`, and no other, makes up: patches of a fleet
// at rest.
import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';

/** What belongs to others in the same namespace. */
export interface Others {
  readonly claim: { readonly name: string; readonly uid: string };
  readonly podUID: string;
}

export interface Forgery {
  /** Of the fleet that it is done to, too. */
  readonly name: string;
  readonly what: string;
  /** The merge patch of the status. */
  readonly status: (fleet: StoredNodeDeployment, others: Others) => object;
  /** Part of the API server's answer, where it refuses the patch. */
  readonly refused?: string;
}

const FUTURE = '9999-12-31T23:59:59Z';
const PAST = '1970-01-01T00:00:00Z';

const plan = (fleet: StoredNodeDeployment, change: object): object => ({
  plan: {
    ...{ id: 'forged', purpose: 'Rollout', generation: fleet.metadata.generation, phase: 'Active' },
    ...{ targetRevision: 'forged', createdAt: PAST, members: [`${fleet.metadata.name}-0`] },
    ...change,
  },
});
const members = ({ metadata: { name }, status }: StoredNodeDeployment, change: object): object => ({
  members: status?.members?.map((member) => (member.name === `${name}-0` ? { ...member, ...change } : member)),
});
const condition = (type: string, message: string): object => ({
  ...{ type, status: 'True', reason: 'Forged', message, lastTransitionTime: FUTURE },
});
const many = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

export const FORGERIES: readonly Forgery[] = [
  {
    name: 'other-revision',
    what: 'a plan for a revision that there is not',
    status: (fleet) => plan(fleet, {}),
  },
  {
    name: 'terminal-plan',
    what: 'a plan of the future that is over',
    status: (fleet) =>
      plan(fleet, { phase: 'Completed', generation: 1_000, targetRevision: fleet.status?.updateRevision }),
  },
  {
    name: 'own-plan',
    what: 'a plan for the revision that runs, with members of others, made in the far future',
    status: (fleet) =>
      plan(fleet, { targetRevision: fleet.status?.updateRevision, createdAt: FUTURE, members: ['bystander-0', 'x-9'] }),
  },
  {
    name: 'unknown-phase',
    what: 'a plan in a phase that there is not',
    status: (fleet) => plan(fleet, { phase: 'Wrecking' }),
    refused: 'Unsupported value: "Wrecking"',
  },
  {
    name: 'foreign-claims',
    what: 'the claims of others as left behind',
    status: (_fleet, { claim }) => ({
      retainedClaims: [
        { ...claim, since: PAST, reason: 'ScaledDown' },
        { name: 'gone-0', uid: 'nobody', since: FUTURE, reason: 'Orphaned' },
      ],
    }),
  },
  {
    name: 'no-members',
    what: 'members that there are not, and none of those that there are',
    status: () => ({
      members: [
        { name: 'bystander-0', phase: 'Running', podUID: 'nobody' },
        { name: 'no-members-200', phase: 'Deleting' },
      ],
    }),
  },
  {
    name: 'other-pod',
    what: 'the pod of another fleet, on another machine, as the member’s',
    status: (fleet, { podUID }) => members(fleet, { podUID, nodeName: 'nowhere' }),
  },
  {
    name: 'other-claim',
    what: 'the claim of another fleet as the member’s',
    status: (fleet, { claim }) => members(fleet, { claim: { ...claim, requested: '1Ei', capacity: '1Ei' } }),
  },
  {
    name: 'detached',
    what: 'a hand-off that says the volume is detached while the pod runs on it',
    status: (fleet) =>
      members(fleet, {
        attachment: { state: 'Detached' },
        handoff: {
          ...{ stoppedAt: PAST, podUID: fleet.status?.members?.[0]?.podUID, nodeName: 'nowhere' },
          ...{ podGoneAt: PAST, removedBy: 'Kubelet', detachedAt: PAST },
        },
      }),
  },
  {
    name: 'future',
    what: 'a hand-off and suspects of the far future',
    status: (fleet) =>
      members(fleet, {
        handoff: { podUID: 'nobody', nodeName: 'nowhere', podGoneAt: FUTURE },
        suspects: [{ podUID: 'nobody', nodeName: 'nowhere', goneAt: FUTURE, isForced: true }],
      }),
  },
  {
    name: 'ahead',
    what: 'a generation that has not come, and counts out of the air',
    status: () => ({
      ...{ observedGeneration: 1_000_000, replicas: 2_147_483_647, readyReplicas: 0, updatedReplicas: 9 },
      ...{ availableReplicas: 0, selector: 'app=other', currentRevision: '../x' },
    }),
  },
  {
    name: 'conditions',
    what: 'conditions that are made up, ours and 25 of others',
    status: () => ({
      conditions: [
        ...['Ready', 'Stalled', 'Accepted', 'Paused'].map((type) => ({ ...condition(type, 'up'), status: 'Unknown' })),
        ...many(28, (index) => condition(`example.com/Forged${index}`, 'up')),
      ],
    }),
  },
  {
    name: 'everything-gone',
    what: 'nothing at all',
    status: ({ status }) => Object.fromEntries(Object.keys(status ?? {}).map((field) => [field, null])),
  },
  {
    name: 'large',
    what: 'more than 128 KiB: 512 members, and claims by the hundred',
    status: (_fleet, { claim }) => ({
      members: many(512, (index) => ({ name: `large-${index}`, phase: 'Failed', message: 'm'.repeat(256) })),
      retainedClaims: many(1_000, (index) => ({ ...claim, name: `x-${index}`, since: PAST, reason: 'Orphaned' })),
    }),
  },
];
