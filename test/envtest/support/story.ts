// The ground truth as a story: one line for each thing that happened to a member, in the order in which it was stored.
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import type { Pod, StatefulSet } from '../../../src/kube/kinds.ts';
import type { KubeObject, Stored } from '../../../src/kube/object.ts';
import { isTerminal, readySinceMs } from '../../../src/kube/pods.ts';
import type { Moment, Truth } from './truth.ts';

interface Line {
  readonly at: number;
  readonly text: string;
}

/**
 * Lines such as `web-0 stop`, `web-0 pod gone`, `web-0 detached`, `web-0 start web:2`, `web-0 pod made`, `web-0 attached`,
 * `web-0 ready`, of what was stored after version `since`. `template web:2` is a change of the template alone. A consumer also
 * says `web-0-worker ended`: its processes have, which is what its member waits for; its pod goes a moment later.
 */
export function storyOf(truth: Truth, volumes: ReadonlyMap<string, string>, since: number): readonly string[] {
  const claimOf = new Map([...volumes].map(([claim, volume]) => [volume, claim]));
  const lines: Line[] = [
    ...changesOf(truth.statefulSets.moments).flatMap(({ at, before, after }) => tellSet(at, before, after)),
    ...changesOf(truth.pods.moments).flatMap(({ at, before, after }) => tellPod(at, before, after)),
    ...changesOf(truth.attachments.moments).flatMap(({ at, before, after }) => {
      const member = claimOf.get((after ?? before)?.spec.source.persistentVolumeName ?? '');
      if (member === undefined || (before !== undefined && after !== undefined)) return [];
      return { at, text: `${member} ${after === undefined ? 'detached' : 'attached'}` };
    }),
  ];
  return lines
    .filter(({ at }) => at > since)
    .toSorted((a, b) => a.at - b.at)
    .map(({ text }) => text);
}

interface Change<T extends KubeObject> {
  readonly at: number;
  readonly before: Stored<T> | undefined;
  readonly after: Stored<T> | undefined;
}

/** Each version of an object beside the one before it. */
function changesOf<T extends KubeObject>(moments: readonly Moment<T>[]): readonly Change<T>[] {
  const known = new Map<string, Stored<T>>();
  return moments.map(({ type, object, at }) => {
    const { uid } = object.metadata;
    const before = known.get(uid);
    const after = type === 'DELETED' ? undefined : object;
    if (after === undefined) known.delete(uid);
    else known.set(uid, after);
    return { at, before, after };
  });
}

export function imageOf(statefulSet: StatefulSet | undefined): string {
  return statefulSet?.spec?.template.spec?.containers[0]?.image ?? '';
}

function tellSet(at: number, before: StatefulSet | undefined, after: StatefulSet | undefined): Line[] {
  if (before === undefined || after === undefined) return [];
  const name = after.metadata?.name;
  const [from, to] = [before.spec?.replicas, after.spec?.replicas];
  if (from !== to) return [{ at, text: to === 0 ? `${name} stop` : `${name} start ${imageOf(after)}` }];
  return imageOf(before) === imageOf(after) ? [] : [{ at, text: `${name} template ${imageOf(after)}` }];
}

function tellPod(at: number, before: Stored<Pod> | undefined, after: Stored<Pod> | undefined): Line[] {
  const labels = (after ?? before)?.metadata.labels ?? {};
  const member = labels[LABEL.member] ?? `${labels[LABEL.consumerOf]}-${labels[LABEL.consumer]}`;
  if (after === undefined) return [{ at, text: `${member} pod gone` }];
  if (before === undefined) return [{ at, text: `${member} pod made` }];
  const isReadyNow = readySinceMs(before) === undefined && readySinceMs(after) !== undefined;
  if (isReadyNow) return [{ at, text: `${member} ready` }];
  const isEndedConsumer = labels[LABEL.consumer] !== undefined && !isTerminal(before) && isTerminal(after);
  return isEndedConsumer ? [{ at, text: `${member} ended` }] : [];
}

/** The fewest members that had a Ready pod at any moment after version `since`. */
export function fewestReady({ pods }: Truth, since: number): number {
  const ready = new Map<string, string>();
  let fewest = Infinity;
  for (const { at, before, after } of changesOf(pods.moments)) {
    const { uid = '', labels = {} } = (after ?? before)?.metadata ?? {};
    if (after !== undefined && readySinceMs(after) !== undefined) ready.set(uid, labels[LABEL.member] ?? '');
    else ready.delete(uid);
    if (at > since) fewest = Math.min(fewest, new Set(ready.values()).size);
  }
  return fewest;
}

/**
 * The broken promises of I16, one line each: a member with a Ready pod was told to stop while that left more than
 * `maxUnavailable` of the `replicas` members without a Ready pod. Of what was stored after version `since`.
 */
export function findOverdrafts(
  truth: Truth,
  since: number,
  { replicas, maxUnavailable }: { readonly replicas: number; readonly maxUnavailable: number },
): readonly string[] {
  const readyPods = new Map<string, string>();
  const stopped = new Set<string>();
  const found: string[] = [];
  const steps = [
    ...changesOf(truth.pods.moments).map(({ at, before, after }) => ({ at, take: () => takePod(before, after) })),
    ...changesOf(truth.statefulSets.moments).map(({ at, after }) => ({ at, take: () => takeSet(at, after) })),
  ].toSorted((a, b) => a.at - b.at);
  for (const { take } of steps) take();
  return found;

  function takePod(before: Stored<Pod> | undefined, after: Stored<Pod> | undefined): void {
    const { uid = '', labels = {} } = (after ?? before)?.metadata ?? {};
    if (after !== undefined && readySinceMs(after) !== undefined) readyPods.set(uid, labels[LABEL.member] ?? '');
    else readyPods.delete(uid);
  }

  function takeSet(at: number, set: Stored<StatefulSet> | undefined): void {
    const { name = '' } = set?.metadata ?? {};
    const serving = (): Set<string> => new Set([...readyPods.values()].filter((member) => !stopped.has(member)));
    const isStop = set?.spec?.replicas === 0 && serving().has(name);
    if (set?.spec?.replicas === 0) stopped.add(name);
    else stopped.delete(name);
    const left = serving().size;
    if (isStop && at > since && left < replicas - maxUnavailable) found.push(`${at}: ${name} stopped, ${left} left`);
  }
}
