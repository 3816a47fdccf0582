// What really happened in a namespace, in the order in which the API server stored it: the ground truth that the
// operator's own view is judged by.
import { onTestFinished } from 'vitest';

import {
  ATTACHMENT,
  CLAIM,
  POD,
  STATEFUL_SET,
  type Attachment,
  type Claim,
  type Kind,
  type Pod,
  type StatefulSet,
} from '../../../src/kube/kinds.ts';
import type { KubeObject, Stored } from '../../../src/kube/object.ts';
import { claimsOf, isTerminal } from '../../../src/kube/pods.ts';
import { createObjectClient } from '../../../src/runtime/client/object-client.ts';
import { connectTo, type Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';

/** One change of one object. */
export interface Moment<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored<T>;
  /** Its version, comparable across kinds: all of them are in one etcd. */
  readonly at: number;
}

export interface History<T extends KubeObject> {
  /** From the start of the recording, what was there first. */
  readonly moments: readonly Moment<T>[];
  /** Resolves once everything that is stored now has been recorded. */
  caughtUp(): Promise<void>;
}

export interface Truth {
  readonly pods: History<Pod>;
  /** Those of all namespaces: attachments have none. */
  readonly attachments: History<Attachment>;
  readonly statefulSets: History<StatefulSet>;
  readonly claims: History<Claim>;
  caughtUp(): Promise<void>;
}

/** Records from now on, until the test is over. */
export async function recordTruth(cluster: Cluster): Promise<Truth> {
  const [pods, attachments, statefulSets, claims] = await Promise.all([
    recordHistory(cluster, POD),
    recordHistory(cluster, ATTACHMENT),
    recordHistory(cluster, STATEFUL_SET),
    recordHistory(cluster, CLAIM),
  ]);
  const caughtUp = async (): Promise<void> => {
    await Promise.all([pods, attachments, statefulSets, claims].map((history) => history.caughtUp()));
  };
  return { pods, attachments, statefulSets, claims, caughtUp };
}

export async function recordHistory<T extends KubeObject>(cluster: Cluster, kind: Kind<T>): Promise<History<T>> {
  const client = createObjectClient(await connectTo(cluster.plane));
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const scope = kind.isNamespaced ? { namespace: cluster.namespace } : {};
  const moments: Moment<T>[] = [];
  const started = Promise.withResolvers<void>();
  const follow = async (): Promise<void> => {
    const events = client.watch(kind, { ...scope, timeoutSeconds: 600, signal: stopping.signal });
    for await (const event of events) {
      if (event.type === 'BOOKMARK') started.resolve();
      else moments.push({ ...event, at: Number(event.object.metadata.resourceVersion) });
    }
  };
  follow().catch((error: unknown) => started.reject(error));
  await started.promise;
  const caughtUp = async (): Promise<void> => {
    const stored = new Map(
      (await client.list(kind, scope)).map(({ metadata }) => [metadata.uid, Number(metadata.resourceVersion)]),
    );
    await eventually(() => {
      const known = lastOf(moments);
      const isBehind = [...stored].some(([uid, at]) => (known.get(uid)?.at ?? 0) < at);
      if (isBehind) throw new Error(`the recording of ${kind.plural} lags behind`);
    });
  };
  return { moments, caughtUp };
}

function lastOf<T extends KubeObject>(moments: readonly Moment<T>[]): ReadonlyMap<string, Moment<T>> {
  return new Map(moments.map((moment) => [moment.object.metadata.uid, moment]));
}

/**
 * The broken promises of I7, one line each: two non-terminal pods on one claim, two attachments of one volume, a pod that
 * was made while the volume of its claim was attached. `volumes` names the volume of each claim.
 */
export function findDoubleUse({ pods, attachments }: Truth, volumes: ReadonlyMap<string, string>): readonly string[] {
  const podsNow = new Map<string, Stored<Pod>>();
  const attachmentsNow = new Map<string, Stored<Attachment>>();
  const attachedTo = (claim: string): readonly string[] => {
    const all = [...attachmentsNow.values()];
    return all
      .filter(({ spec }) => spec.source.persistentVolumeName === volumes.get(claim))
      .map(({ spec }) => spec.nodeName);
  };
  const found: string[] = [];
  const steps = [
    ...pods.moments.map((moment) => ({ at: moment.at, take: () => takePod(moment) })),
    ...attachments.moments.map((moment) => ({ at: moment.at, take: () => takeAttachment(moment) })),
  ].toSorted((a, b) => a.at - b.at);
  for (const { take } of steps) take();
  return found;

  function takePod({ type, object, at }: Moment<Pod>): void {
    const { uid, name } = object.metadata;
    const isNew = !podsNow.has(uid);
    if (type === 'DELETED' || isTerminal(object)) podsNow.delete(uid);
    else podsNow.set(uid, object);
    for (const claim of claimsOf(object)) {
      const users = [...podsNow.values()].filter((pod) => claimsOf(pod).includes(claim));
      if (users.length > 1) found.push(`${at}: ${users.length} pods on claim ${claim}`);
      const machines = attachedTo(claim);
      if (isNew && type === 'ADDED' && machines.length > 0) {
        found.push(`${at}: pod ${name} made while claim ${claim} is attached to ${machines.join()}`);
      }
    }
  }

  function takeAttachment({ type, object, at }: Moment<Attachment>): void {
    const { uid } = object.metadata;
    if (type === 'DELETED') attachmentsNow.delete(uid);
    else attachmentsNow.set(uid, object);
    for (const claim of volumes.keys()) {
      const machines = attachedTo(claim);
      if (machines.length > 1) found.push(`${at}: claim ${claim} attached to ${machines.join()}`);
    }
  }
}
