// The StatefulSet of a member: one pod or none, and never a rollout of its own.
import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { hashOf } from '../../kube/hash.ts';
import { STATEFUL_SET, apiVersionOf, type StatefulSet } from '../../kube/kinds.ts';
import { controllerReference } from '../../kube/owner-references.ts';
import { surgeName } from '../observed.ts';
import { childLabels } from './labels.ts';
import { podTemplate } from './pod-template.ts';

/** The member's StatefulSet with its pod running `revision`. */
export function statefulSet(deployment: StoredNodeDeployment, member: string, revision: string): StatefulSet {
  return render(deployment, member, member, revision, {});
}

/** A second StatefulSet with the member's labels: its pod serves while the member's own pod moves. */
export function surgeStatefulSet(deployment: StoredNodeDeployment, member: string, revision: string): StatefulSet {
  return render(deployment, surgeName(member), member, revision, { [LABEL.surge]: 'true' });
}

/**
 * Only `replicas`, applied by a field manager of its own, so that the template stays as it is. Stopping leaves its time
 * behind: timers come from objects, never from the operator's memory.
 */
export function replicasOnly(
  deployment: StoredNodeDeployment,
  member: string,
  replicas: 0 | 1,
  now: number,
): StatefulSet {
  const { namespace } = deployment.metadata;
  const object = {
    apiVersion: apiVersionOf(STATEFUL_SET),
    kind: STATEFUL_SET.kind,
    metadata: {
      name: member,
      ...(namespace === undefined ? {} : { namespace }),
      ...(replicas === 1 ? {} : { annotations: { [ANNOTATION.quiescedAt]: timestampOf(now) } }),
    },
    spec: { replicas },
  };
  // The model calls the selector and the template required; an apply of other fields need not repeat them.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return object as unknown as StatefulSet;
}

function render(
  deployment: StoredNodeDeployment,
  name: string,
  member: string,
  revision: string,
  extraLabels: Readonly<Record<string, string>>,
): StatefulSet {
  const template = podTemplate(deployment, member, revision);
  const labels = { ...childLabels(deployment, member), ...extraLabels };
  const spec: NonNullable<StatefulSet['spec']> = {
    replicas: 1,
    serviceName: member,
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'OnDelete' },
    revisionHistoryLimit: 1,
    selector: { matchLabels: { [LABEL.member]: member, ...extraLabels } },
    template: {
      ...template,
      metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...extraLabels } },
    },
  };
  return {
    apiVersion: apiVersionOf(STATEFUL_SET),
    kind: STATEFUL_SET.kind,
    metadata: {
      name,
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels,
      annotations: { [ANNOTATION.appliedHash]: hashOf({ labels, spec }) },
      ownerReferences: [controllerReference(NODE_DEPLOYMENT, deployment)],
    },
    spec,
  };
}
