// NodeDeployments as a user writes them, with everything but the interesting part filled in, and what one reads of them.
import { expect } from 'vitest';

import type { Condition, StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';

export interface FleetOptions {
  readonly name?: string;
  readonly replicas?: number;
  readonly image?: string;
  /** Merged over `size: 1Gi`; absent: no storage. */
  readonly storage?: object;
  readonly rollout?: object;
  readonly spec?: object;
  /** Merged over the name. */
  readonly metadata?: object;
}

/** A fleet `web` of one member without storage. An image tag `:broken` cannot be pulled. */
export function fleet(options: FleetOptions = {}): object {
  const { name = 'web', replicas = 1, image = 'web:1', storage, rollout, spec = {}, metadata = {} } = options;
  return {
    apiVersion: 'nodefleet.dev/v1alpha1',
    kind: 'NodeDeployment',
    metadata: { name, ...metadata },
    spec: {
      replicas,
      template: templateOf(image),
      ...(storage && { storage: { size: '1Gi', mountPath: '/data', ...storage } }),
      ...(rollout && { rollout }),
      ...spec,
    },
  };
}

/** A patch that changes the image, and nothing else. */
export function toImage(image: string): { readonly spec: object } {
  return { spec: { template: templateOf(image) } };
}

function templateOf(image: string): object {
  return { spec: { containers: [{ name: 'web', image }] } };
}

export function condition({ status }: StoredNodeDeployment, type: string): Condition | undefined {
  return status?.conditions?.find((one) => one.type === type);
}

/** @throws AssertionError unless every member is available, as the spec is now */
export function expectReady(deployment: StoredNodeDeployment): StoredNodeDeployment {
  const { metadata, status } = deployment;
  const ready = condition(deployment, 'Ready');
  const members = status?.members?.map(({ name, phase, reason, message }) => `${name} ${phase} ${reason} ${message}`);
  const said = `${metadata.name}: ${ready?.reason}: ${ready?.message} [${members?.join('; ')}]`;
  expect({ observedGeneration: status?.observedGeneration, ready }, said).toMatchObject({
    observedGeneration: metadata.generation,
    ready: { status: 'True', reason: 'AllMembersReady' },
  });
  return deployment;
}
