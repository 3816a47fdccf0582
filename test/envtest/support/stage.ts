// A fleet at rest, with the operator at work and the ground truth being recorded: where a scenario begins.
import { expect } from 'vitest';

import type { StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, STATEFUL_SET, type Kind } from '../../../src/kube/kinds.ts';
import { isTerminating } from '../../../src/kube/object.ts';
import { newCluster, type Cluster } from './cluster.ts';
import { eventually, type EventuallyOptions } from './eventually.ts';
import { expectReady, fleet, type FleetOptions } from './fleets.ts';
import { startOperator, type OperatorOptions, type OperatorUnderTest } from './operator.ts';
import { imageOf } from './story.ts';
import { recordTruth, type Truth } from './truth.ts';

export interface Stage {
  readonly cluster: Cluster;
  readonly operator: OperatorUnderTest;
  readonly truth: Truth;
  /** The volume of each claim. */
  readonly volumes: ReadonlyMap<string, string>;
  /** The version of the fleet when it was Ready for the first time. */
  readonly since: number;
}

/** A Ready fleet `web` of the image `web:1` at rest, with the operator and the ground truth watching. */
export async function readyFleet(
  options: FleetOptions,
  prepared?: Cluster,
  operatorOptions: OperatorOptions = {},
): Promise<Stage> {
  const cluster = prepared ?? (await newCluster());
  const operator = await startOperator(cluster, operatorOptions);
  const truth = await recordTruth(cluster);
  await cluster.apply(fleet(options));
  await untilReady(cluster);
  await operator.quiet();
  const { metadata } = await cluster.nd('web');
  operator.recording.clear();
  return { cluster, operator, truth, volumes: await volumesOf(cluster), since: Number(metadata.resourceVersion) };
}

/** The volume of each claim that there is now. */
export async function volumesOf({ client, namespace }: Cluster): Promise<ReadonlyMap<string, string>> {
  const claims = await client.list(CLAIM, { namespace });
  return new Map(claims.map((claim) => [claim.metadata.name, claim.spec?.volumeName ?? '']));
}

export async function untilReady(
  cluster: Cluster,
  name = 'web',
  options: EventuallyOptions = {},
): Promise<StoredNodeDeployment> {
  return eventually(async () => expectReady(await cluster.nd(name)), options);
}

/** The names of the kind's objects, sorted. */
export async function namesOf({ client, namespace }: Cluster, kind: Kind): Promise<readonly string[]> {
  return (await client.list(kind, { namespace })).map(({ metadata }) => metadata.name).toSorted();
}

/** The claims that are there to stay: their uids by name. */
export async function claimUids({ client, namespace }: Cluster): Promise<Readonly<Record<string, string>>> {
  const claims = (await client.list(CLAIM, { namespace })).filter((claim) => !isTerminating(claim));
  return Object.fromEntries(claims.map(({ metadata }) => [metadata.name, metadata.uid]));
}

/** The phase of each member, by ordinal. */
export async function phasesOf(cluster: Cluster): Promise<readonly string[]> {
  return (await cluster.nd('web')).status?.members?.map(({ phase }) => phase) ?? [];
}

/** The image of each StatefulSet, by its name. */
export async function imagesOf({ client, namespace }: Cluster): Promise<readonly string[]> {
  const sets = await client.list(STATEFUL_SET, { namespace });
  return sets.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).map(imageOf);
}

/** The fleet is Ready, and every member runs the image. */
export async function untilAllRun(
  cluster: Cluster,
  image: string,
  options: EventuallyOptions = {},
): Promise<StoredNodeDeployment> {
  const allRun = async (): Promise<StoredNodeDeployment> => {
    const deployment = expectReady(await cluster.nd('web'));
    expect([...new Set(await imagesOf(cluster))]).toEqual([image]);
    return deployment;
  };
  return eventually(allRun, options);
}

/** How a member with a volume of its own moves: never a pod before its volume is detached. */
export const handOff = (member: string, image: string): readonly string[] => [
  `${member} stop`,
  `${member} pod gone`,
  `${member} detached`,
  `${member} start ${image}`,
  `${member} pod made`,
  `${member} attached`,
  `${member} ready`,
];
