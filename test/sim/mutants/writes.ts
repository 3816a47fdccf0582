// Bugs in how things are written: locks, fences, statuses, finalizers.
import { edit, type Mutant } from './mutant.ts';

export const WRITES: readonly Mutant[] = [
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
    name: 'a status whose unknown fields are dropped in silence',
    edits: [
      edit(
        'runtime/client/object-client.ts',
        "withQuery(path, { fieldManager, fieldValidation: 'Strict' })",
        'withQuery(path, { fieldManager })',
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
    name: 'a newer version for what was read before',
    edits: [edit('controller/refresh.ts', ' || !isSameJson(restOf(cached), restOf(live))', '')],
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
    name: 'the same patch again after a conflict',
    edits: [
      edit(
        'controller/report.ts',
        'await patchStatus(writer, NODE_DEPLOYMENT, base, status)',
        'await patchStatus(writer, NODE_DEPLOYMENT, base, status).catch(async (error: any) => { const live = await (writer as any).get(NODE_DEPLOYMENT, keyOf(base)); if (error.code !== 409 || live === undefined) throw error; return patchStatus(writer, NODE_DEPLOYMENT, { ...base, metadata: live.metadata }, status); })',
      ),
    ],
  },
  {
    name: 'a base used for a second patch',
    edits: [
      edit(
        'controller/report.ts',
        'pace.wrote(keyOf(base));',
        'await writer.mergePatchStatus(NODE_DEPLOYMENT, keyOf(base), { metadata: { resourceVersion: base.metadata.resourceVersion as any, uid: base.metadata.uid }, status: { replicas: status.replicas } });\n      pace.wrote(keyOf(base));',
      ),
    ],
  },
  {
    name: 'a status that differs each time',
    edits: [
      edit(
        'controller/report.ts',
        'await patchStatus(writer, NODE_DEPLOYMENT, base, status)',
        'await patchStatus(writer, NODE_DEPLOYMENT, base, { ...status, conditions: status.conditions?.map((one) => ({ ...one, message: `${one.message} (${base.metadata.resourceVersion})` })) })',
      ),
    ],
  },
  {
    name: 'a write to children on what the cache shows of the fleet',
    edits: [edit('controller/execute.ts', 'await assertCurrent(reader, deployment);\n', '')],
  },
];
