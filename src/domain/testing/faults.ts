// What people and power do to the tiny cluster. The processes on a machine do not end because nobody hears of it.
import { isTerminating } from '../../kube/object.ts';
import { OUT_OF_SERVICE, isReadyMachine } from '../machines.ts';
import { machine } from './build.ts';
import { KUBELET_MS, type Move, type Process, type World, drop, isOnline, put, removePod, timeOf } from './world.ts';

/** Everything that could go wrong next, and what people do about it. */
export function faults(world: World): readonly Move[] {
  return [
    ...world.machines.flatMap((one) => {
      const { name } = one.metadata;
      if (isReadyMachine(one)) return [(now: World) => setReady(now, name, 'Unknown')];
      const isOff = one.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false;
      return isOff ? [] : [(now: World) => setReady(now, name, 'True'), (now: World) => takeOut(now, name)];
    }),
    ...world.pods.map(
      (pod): Move =>
        (now) =>
          removePod(now, pod),
    ), // kubectl delete --force
    ...orphans(world).map((pod): Move => (now) => ({
      ...now,
      processes: now.processes.filter((one) => one.pod !== pod),
    })),
    (now) => ({ ...now, removedPods: new Map() }), // the operator is restarted
  ];
}

/** A kubelet that is heard of ends the processes of pods that are gone: in its time. */
function orphans(world: World): readonly string[] {
  return world.processes
    .filter(({ pod, machine: on }) => isOnline(world, on) && !world.pods.some(({ metadata }) => metadata.uid === pod))
    .map(({ pod }) => pod);
}

/** Its kubelet is heard of again, `True`, or not. */
export function setReady(world: World, name: string, ready: string): World {
  const next = put(world, 'machines', machine(name, ready, false, timeOf(world)));
  const again = ({ endsByMs }: Process): object => (endsByMs === undefined ? {} : { endsByMs: world.now + KUBELET_MS });
  const processes = next.processes.map((one) => (one.machine === name ? { ...one, ...again(one) } : one));
  return { ...next, processes };
}

/** Somebody switches the machine off and says so: its processes end, Kubernetes frees its pods and volumes (KEP-2268). */
function takeOut(world: World, name: string): World {
  let next = put(world, 'machines', machine(name, 'Unknown', true, timeOf(world)));
  next = { ...next, processes: next.processes.filter(({ machine: on }) => on !== name) };
  for (const pod of next.pods.filter(({ spec, metadata }) => spec?.nodeName === name && isTerminating({ metadata }))) {
    next = removePod(next, pod);
  }
  for (const { metadata } of next.attachments.filter(({ spec }) => spec.nodeName === name)) {
    next = drop(next, 'attachments', metadata.name);
  }
  return next;
}
