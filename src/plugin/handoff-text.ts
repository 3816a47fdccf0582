// A hand-off in one line: when it was, and what each of its steps took. Pure.
import type { Handoff } from '../api/v1alpha1/node-deployment.ts';
import { age, duration } from './text.ts';

const REMOVERS = { Kubelet: 'its kubelet', Other: 'force' } as const;

/** `3m ago, 12s down: pod gone after 2s, detached after 7s, …`; while it is under way, what comes next. */
export function handoffText(handoff: Handoff, now: number): string | undefined {
  const { stoppedAt, podGoneAt, detachedAt, startedAt, completedAt, removedBy, nodeName } = handoff;
  if (stoppedAt === undefined) return undefined;
  const after = (time: string): string => duration(Date.parse(time) - Date.parse(stoppedAt));
  const where = nodeName === undefined ? '' : ` from ${nodeName}`;
  const by = removedBy === undefined ? '' : `, by ${REMOVERS[removedBy]}`;
  const steps = [
    podGoneAt && `pod gone${where} after ${after(podGoneAt)}${by}`,
    detachedAt && `detached after ${after(detachedAt)}`,
    startedAt && `next pod after ${after(startedAt)}`,
    completedAt && `available after ${after(completedAt)}`,
  ].filter((step) => step !== undefined);
  const since = age(stoppedAt, now);
  if (completedAt !== undefined) return `${since} ago: ${steps.join(', ')}`;
  return [`under way for ${since}:`, [...steps, `now ${nextStep(handoff)}`].join(', ')].join(' ');
}

function nextStep({ podGoneAt, detachedAt, startedAt }: Handoff): string {
  if (startedAt !== undefined) return 'waiting until the next pod is available';
  if (detachedAt !== undefined) return 'starting the next pod';
  return podGoneAt === undefined ? 'waiting for the end of the pod' : 'waiting for the detachment of its volume';
}
