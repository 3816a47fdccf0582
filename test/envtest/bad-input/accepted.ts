// The rest of the catalogue: what the API server takes. The operator does not accept it, or waits and says for what, or
// it is harmless, and then it works.
import { fleet } from '../support/fleets.ts';

const WEB = { name: 'web', image: 'web:1' };
const withPod = (name: string, pod: object, metadata?: object) =>
  fleet({ name, spec: { template: { ...(metadata && { metadata }), spec: { containers: [WEB], ...pod } } } });
const withContainer = (name: string, container: object) => withPod(name, { containers: [{ ...WEB, ...container }] });
const follower = (template: object) => [{ name: 'log', kind: 'Follower', template: { spec: template } }];

export interface RejectedInput {
  /** Also the name of the fleet. */
  readonly name: string;
  readonly what: string;
  readonly object: object;
  /** The reason of Accepted=False. */
  readonly reason: 'InvalidTemplate' | 'InvalidSpec';
  /** Field and limit. */
  readonly says: string;
}

/** Valid by the schema, refused by what only a StatefulSet's own validation knows, or by their sum. */
export const REJECTED_INPUT: readonly RejectedInput[] = [
  {
    name: 'capital',
    what: 'a container name with a capital',
    object: withContainer('capital', { name: 'Web' }),
    reason: 'InvalidTemplate',
    says: 'spec.template.spec.containers[0].name: Invalid value: "Web"',
  },
  {
    name: 'no-image',
    what: 'no image',
    object: withContainer('no-image', { image: null }),
    reason: 'InvalidTemplate',
    says: 'spec.template.spec.containers[0].image: Required value',
  },
  {
    name: 'no-volume',
    what: 'a mount of a volume that is not there',
    object: withContainer('no-volume', { volumeMounts: [{ name: 'x', mountPath: '/x' }] }),
    reason: 'InvalidTemplate',
    says: 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "x"',
  },
  {
    name: 'sub-path',
    what: 'a sub path that leads out of the volume',
    object: withContainer('sub-path', { volumeMounts: [{ name: 'data', mountPath: '/x', subPath: '../../etc' }] }),
    reason: 'InvalidTemplate',
    says: 'volumeMounts.subPath: Invalid value: "../../etc"',
  },
  {
    name: 'limits',
    what: 'a request above its limit',
    object: withContainer('limits', { resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }),
    reason: 'InvalidTemplate',
    says: 'spec.template.spec.containers[0].resources.requests: Invalid value: "2"',
  },
  {
    name: 'privileged',
    what: 'a security context that contradicts itself',
    object: withContainer('privileged', { securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    reason: 'InvalidTemplate',
    says: 'securityContext: Invalid value',
  },
  {
    name: 'env',
    what: 'an environment variable of a field that there is not',
    object: withContainer('env', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.nope' } } }] }),
    reason: 'InvalidTemplate',
    says: 'valueFrom.fieldRef.fieldPath: Invalid value: "status.nope"',
  },
  {
    name: 'selector',
    what: 'a node selector that is none',
    object: withPod('selector', { nodeSelector: { 'bad key!': 'x' } }),
    reason: 'InvalidTemplate',
    says: 'spec.template.spec.nodeSelector: Invalid value',
  },
  {
    name: 'affinity',
    what: 'a selector without values',
    object: withPod('affinity', {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'a', labelSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
          ],
        },
      },
    }),
    reason: 'InvalidTemplate',
    says: 'labelSelector.matchExpressions[0].values: Required value',
  },
  {
    name: 'label',
    what: 'a label with a control character',
    object: withPod('label', {}, { labels: { owner: 'me\u0007' } }),
    reason: 'InvalidTemplate',
    says: 'spec.template.labels: Invalid value',
  },
  {
    name: 'proto',
    what: 'an annotation named __proto__',
    object: withPod('proto', {}, { annotations: JSON.parse('{"__proto__": "polluted"}') }),
    reason: 'InvalidTemplate',
    says: 'spec.template.annotations: Invalid value: "__proto__"',
  },
  {
    name: 'sources',
    what: 'a volume with two sources',
    object: withPod('sources', { volumes: [{ name: 'x', emptyDir: {}, hostPath: { path: '/' } }] }),
    reason: 'InvalidTemplate',
    says: 'may not specify more than 1 volume type',
  },
  {
    name: 'emoji',
    what: 'arguments that are short in characters and long in bytes',
    object: withContainer('emoji', {
      args: ['😀'.repeat(16_000), '😀'.repeat(16_000), '😀'.repeat(16_000), '😀'.repeat(16_000), '😀'.repeat(2_000)],
    }),
    reason: 'InvalidSpec',
    says: 'at most 262144; put scripts and configuration into a ConfigMap',
  },
  {
    name: 'many-volumes',
    what: 'many small things that are large in sum',
    object: withPod('many-volumes', {
      volumes: Array.from({ length: 128 }, (_, index) => ({
        name: `v${index}`,
        configMap: {
          name: 'c',
          items: Array.from({ length: 64 }, (__, item) => ({ key: `key-${item}`, path: `${'p'.repeat(40)}/${item}` })),
        },
      })),
    }),
    reason: 'InvalidSpec',
    says: 'at most 262144; put scripts and configuration into a ConfigMap',
  },
];

export interface WaitingInput {
  readonly name: string;
  readonly what: string;
  readonly object: object;
  /** What of others is there before. */
  readonly before?: object;
  /** The condition that says so, as `Stalled=True/ForeignClaim`. */
  readonly verdict: string;
  /** Of its message, or of the member's: what, and what to do. */
  readonly says: string;
}

const claim = (name: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, labels: { owner: 'somebody-else' } },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});

/** What only the cluster can tell is wrong. */
export const WAITING_INPUT: readonly WaitingInput[] = [
  {
    name: 'static',
    what: "storageClassName: '' without a volume that was made by hand",
    object: fleet({ name: 'static', storage: { storageClassName: '' } }),
    verdict: 'StorageReady=False/ClaimsPending',
    says: 'make a PersistentVolume with claimRef',
  },
  {
    name: 'classless',
    what: 'a storage class that there is not',
    object: fleet({ name: 'classless', storage: { storageClassName: 'nope' } }),
    verdict: 'StorageReady=False/ClaimsPending',
    says: 'classless-0',
  },
  {
    name: 'taken-claim',
    what: "somebody else's claim of the member's name",
    object: fleet({ name: 'taken-claim', storage: {} }),
    before: claim('taken-claim-0'),
    verdict: 'Stalled=True/ForeignClaim',
    says: 'rename the fleet, delete the claim, or set AdoptAny',
  },
  {
    name: 'taken-set',
    what: "somebody else's StatefulSet of the member's name",
    object: fleet({ name: 'taken-set', storage: {} }),
    before: {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'taken-set-0' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [WEB] } },
      },
    },
    verdict: 'Stalled=True/ForeignOwner',
    says: 'rename the fleet or delete that object',
  },
  {
    name: 'taken-service',
    what: "somebody else's Service of the member's name",
    object: fleet({ name: 'taken-service', storage: {} }),
    before: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'taken-service-0' },
      spec: { clusterIP: 'None', selector: { a: 'b' } },
    },
    verdict: 'Stalled=True/ForeignOwner',
    says: 'rename the fleet or delete that object',
  },
  {
    name: 'bad-follower',
    what: 'a follower that only a StatefulSet refuses',
    object: fleet({
      name: 'bad-follower',
      storage: {},
      spec: { consumers: follower({ containers: [{ name: 'Log', image: 'log:1' }] }) },
    }),
    verdict: 'Stalled=True/Rejected',
    says: 'spec.template.spec.containers[0].name: Invalid value: "Log"',
  },
];

export interface HarmlessInput {
  readonly name: string;
  readonly what: string;
  readonly object: object;
  /** What is so of its Accepted condition; default `Valid`. */
  readonly reason?: string;
}

const STRANGE = '\u0001 \u202e ‮ 𝕬 "\\" \n ${HOME} $(rm -rf) {{ .Values }} <script>';

/** Careless, or strange, and right: it becomes Ready, and stays so. */
export const HARMLESS_INPUT: readonly HarmlessInput[] = [
  {
    name: 'shared',
    what: 'ReadWriteMany with RollingUpdate',
    object: fleet({ name: 'shared', storage: { accessMode: 'ReadWriteMany' }, rollout: { strategy: 'RollingUpdate' } }),
  },
  {
    name: 'kept-back',
    what: 'a partition beyond the replicas',
    object: fleet({ name: 'kept-back', rollout: { partition: 2_147_483_647 } }),
  },
  {
    name: 'web',
    what: 'a fleet whose member has the name of another fleet',
    object: fleet({ name: 'web', replicas: 2 }),
  },
  { name: 'web-1', what: "a fleet of the name of another one's member", object: fleet({ name: 'web-1' }) },
  { name: 'none', what: 'no members', object: fleet({ name: 'none', replicas: 0, storage: {} }) },
  {
    name: 'longest',
    what: 'the longest name',
    object: fleet({ name: `longest-${'n'.repeat(32)}` }),
  },
  {
    name: 'constructor',
    what: 'names that every object of the language has',
    object: withPod(
      'constructor',
      {},
      { annotations: { constructor: 'polluted', toString: 'x', hasOwnProperty: 'y' } },
    ),
  },
  {
    name: 'strange',
    what: 'control characters and marks that turn the direction of a line',
    object: withContainer('strange', { env: [{ name: 'A', value: STRANGE }], args: [STRANGE] }),
  },
  {
    name: 'drawn',
    what: 'a required podAffinity to itself',
    object: withPod(
      'drawn',
      {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'drawn' } } },
            ],
          },
        },
      },
      { labels: { app: 'drawn' } },
    ),
    reason: 'ValidWithWarnings',
  },
  {
    name: 'all-at-once',
    what: 'a budget of a hundred percent and a surge beyond the replicas',
    object: fleet({ name: 'all-at-once', rollout: { maxUnavailable: '100%', maxSurge: 2_147_483_647 } }),
  },
];
