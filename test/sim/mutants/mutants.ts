// Bugs that operators have had, each planted by changing a line or two. The simulation is worth what it finds of them.

export interface Mutant {
  readonly name: string;
  /** Each `find` occurs exactly once in its file, below src/. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

const edit = (file: string, find: string, replace: string) => ({ file, find, replace });

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a status patch without its version',
    edits: [
      edit(
        'runtime/client/object-client.ts',
        '{ metadata, status }, statusFieldManager',
        '{ status }, statusFieldManager',
      ),
    ],
  },
  {
    name: 'the version read again just before the patch',
    edits: [
      edit(
        'controller/report.ts',
        'await patchStatus(writer, NODE_DEPLOYMENT, base, status)',
        'await patchStatus(writer, NODE_DEPLOYMENT, { ...base, metadata: (await (writer as any).get(NODE_DEPLOYMENT, keyOf(base)))?.metadata ?? base.metadata }, status)',
      ),
    ],
  },
  {
    name: 'effects before the plan is stored',
    edits: [
      edit('domain/plan.ts', 'if (rollout.isNew) return { actions: [], rolloutPlan: rollout.plan, overdue };', ''),
      edit(
        'domain/invariants.ts',
        'plan.rolloutPlan === observed.deployment.status?.plan || plan.actions.length === 0',
        'true',
      ),
      edit(
        'domain/invariants.ts',
        "return !isMove || (stored?.phase === 'Active' && stored.targetRevision === target);",
        'return true;',
      ),
    ],
  },
  {
    name: 'a plan id from the time',
    edits: [
      edit(
        'domain/rollout/rollout.ts',
        'hashOf({ uid, generation, purpose, targetRevision: desired.revision })',
        'hashOf({ uid, generation, purpose, targetRevision: desired.revision, now: observed.now })',
      ),
    ],
  },
  {
    name: 'a child without a fence',
    edits: [
      edit(
        'runtime/client/object-client.ts',
        'return { uid: fence.uid, resourceVersion: assertVersion(kind, key, fence.resourceVersion) };',
        'return { resourceVersion: undefined } as any;',
      ),
    ],
  },
  {
    name: 'a delete by name',
    edits: [
      edit(
        'runtime/client/object-client.ts',
        'const preconditions = { uid, resourceVersion };',
        'const preconditions = {};',
      ),
    ],
  },
  {
    name: 'any error means absent',
    edits: [
      edit(
        'runtime/client/api-error.ts',
        "return hasReason(error, 404, 'NotFound') && error.objectName !== '';",
        'return error instanceof ApiError;',
      ),
    ],
  },
  {
    name: 'conditions of others dropped',
    edits: [edit('kube/conditions.ts', 'return [...own, ...foreign];', 'return own;')],
  },
  {
    name: 'a new transition time in each reconcile',
    edits: [edit('kube/conditions.ts', 'old?.status === value.status ? old.lastTransitionTime : now', 'now')],
  },
  {
    name: 'finalizers of others removed',
    edits: [
      edit(
        'controller/execute.ts',
        '(deployment.metadata.finalizers ?? []).filter((name) => name !== FINALIZER)',
        '[] as string[]',
      ),
    ],
  },
  {
    name: 'claims deleted under Retain',
    edits: [
      edit(
        'domain/desired/desire.ts',
        'surplusClaims: isTeardown ? retention.onDelete : retention.onScaleDown',
        "surplusClaims: 'Delete'",
      ),
    ],
  },
  {
    name: 'a start before the detachment',
    edits: [
      edit(
        'domain/volumes/gate.ts',
        'if (attachment !== undefined) return attached(observed, member, attachment);',
        '',
      ),
      edit('domain/invariants.ts', 'if (member.attachments.length > 0) return false;', ''),
    ],
  },
  {
    name: 'a gate that trusts the cache',
    edits: [
      edit(
        'domain/volumes/gate.ts',
        "return member.proof === 'live' ? undefined : { type: 'Prove', member: member.name };",
        'return undefined;',
      ),
      edit('domain/invariants.ts', "member.proof === 'live' && ", ''),
    ],
  },
  {
    name: 'an older event accepted',
    edits: [
      edit(
        'runtime/cache/change.ts',
        'if (compareVersions(object.metadata.resourceVersion, stored.metadata.resourceVersion) < 0) return [];',
        '',
      ),
    ],
  },
  {
    name: 'no list after an expired version',
    edits: [
      edit(
        'runtime/cache/reflector.ts',
        'if (isGone(error) || error instanceof DeliveryError) this.#version = undefined;',
        '',
      ),
    ],
  },
  {
    name: 'a key that is added meanwhile is lost',
    edits: [
      edit(
        'runtime/queue/work-queue.ts',
        'if (priority !== undefined) {',
        'if (priority === undefined && Number(key) > 0) {',
      ),
    ],
  },
  {
    name: 'a conflict is the end',
    edits: [
      edit(
        'controller/node-deployment-reconciler.ts',
        "if (isStale(error)) return { type: 'conflict', error };",
        'if (isStale(error)) return DONE;',
      ),
    ],
  },
];
