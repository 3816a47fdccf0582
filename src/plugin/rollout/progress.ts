// How far a fleet is on its way to what the spec wants. Pure.
import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { isTerminating } from '../../kube/object.ts';

export interface Progress {
  /** Failed: waiting longer will not help. */
  readonly state: 'Complete' | 'Waiting' | 'Failed';
  readonly says: string;
}

export function progressOf(fleet: StoredNodeDeployment): Progress {
  const { metadata, spec, status = {} } = fleet;
  const name = metadata.name;
  const find = (type: string) => status.conditions?.find((condition) => condition.type === type);
  if (isTerminating(fleet)) return { state: 'Failed', says: `${name} is being deleted` };
  if (status.observedGeneration !== metadata.generation) {
    return { state: 'Waiting', says: `Waiting for the operator to see the newest spec of ${name}` };
  }
  const [accepted, ready, stalled] = [find(CONDITION.Accepted), find(CONDITION.Ready), find(CONDITION.Stalled)];
  if (accepted?.status === 'False') return { state: 'Failed', says: `${name} is not accepted: ${accepted.message}` };
  if (ready?.status === 'True') {
    return { state: 'Complete', says: `rollout of ${name} is complete: ${ready.message}` };
  }
  if (spec.suspend) return { state: 'Failed', says: `${name} is suspended (spec.suspend): no member shall run` };
  if (stalled?.reason === 'ProgressDeadlineExceeded' && stalled.status === 'True') {
    return { state: 'Failed', says: `the rollout of ${name} has stopped: ${stalled.message}` };
  }
  const { updatedReplicas = 0, availableReplicas = 0 } = status;
  const { replicas } = spec;
  const counts = `${updatedReplicas} of ${replicas} members are on the new revision, ${availableReplicas} are available`;
  return { state: 'Waiting', says: [`Waiting for ${name}: ${counts}`, ...obstacles(fleet)].join('; ') };
}

function obstacles({ spec, status }: StoredNodeDeployment): readonly string[] {
  const stalled = status?.conditions?.find(({ type }) => type === CONDITION.Stalled);
  return [
    ...(spec.paused ? ['spec.paused is set'] : []),
    ...(spec.rollout.paused ? ['the rollout is paused'] : []),
    ...(stalled?.status === 'True' ? [`stalled: ${stalled.message}`] : []),
  ];
}
