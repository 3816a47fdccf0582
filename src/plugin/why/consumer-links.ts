// What shares the member's volume from pods of its own: whether it holds the member up, and whether it is well itself.
// Pure.
import { consumersOf } from '../../domain/consumers/consumers.ts';
import { consumersStatus } from '../../domain/consumers/status.ts';
import { consumerName } from '../../domain/member-name.ts';
import { isControlledBy } from '../../domain/observed.ts';
import type { ConsumerStatus } from '../../api/v1alpha1/node-deployment.ts';
import { STATEFUL_SET } from '../../kube/kinds.ts';
import { isUp, type Facts, type Link } from './facts.ts';

const KIND = 'Consumer';
const WELL: ReadonlySet<ConsumerStatus['phase']> = new Set(['Running', 'Scheduled']);

/** Each one that is well, or on its way: a member stops only after them. */
export function consumerLinks(facts: Facts): readonly Link[] {
  const { unreadable } = facts;
  if (consumersOf(facts.observed.deployment.spec).length > 0 && unreadable.has(STATEFUL_SET.kind)) {
    return [{ kind: KIND, name: '', state: 'Unreadable', says: 'you may not read what consumers are made of' }];
  }
  return statusesOf(facts)
    .filter((consumer) => !isBroken(facts, consumer))
    .map((consumer) => {
      const { name, phase } = consumer;
      const isAtRest = WELL.has(phase) || phase === 'Stopped';
      return { kind: KIND, name, state: isAtRest ? 'Clear' : 'Waiting', says: textOf(consumer) };
    });
}

/** Last, for nothing of the member waits for them: those that do not run although their member does. */
export function brokenConsumerLinks(facts: Facts): readonly Link[] {
  const { member, kubectl } = facts;
  return statusesOf(facts)
    .filter((consumer) => isUp(facts) && isBroken(facts, consumer))
    .map((consumer) => {
      const { name, podUID } = consumer;
      const full = consumerName(member.name, name);
      const found = member.consumers.find((one) => one.name === name);
      const pod = found?.pods.find(({ metadata }) => metadata.uid === podUID)?.metadata.name;
      const what = consumer.kind === 'CronJob' ? `cronjob ${full}` : `statefulset ${full}`;
      const foreign = isForeign(facts, name);
      const says = foreign
        ? `${what} is not this fleet's: rename the consumer, or delete that object`
        : textOf(consumer);
      const look = pod === undefined || foreign ? `describe ${what}` : `describe pod ${pod}`;
      const next = { says: 'The member is not held up by it. See what is wrong', commands: [kubectl(look)] };
      return { kind: KIND, name, state: 'Blocked', says, next };
    });
}

function statusesOf({ observed, member }: Facts): readonly ConsumerStatus[] {
  const { spec } = observed.deployment;
  return consumersStatus(consumersOf(spec), member, observed.now) ?? [];
}

function isBroken(facts: Facts, { name, phase }: ConsumerStatus): boolean {
  return phase === 'Failed' || isForeign(facts, name);
}

function isForeign({ observed, member }: Facts, consumer: string): boolean {
  const found = member.consumers.find(({ name }) => name === consumer);
  const parts = [found?.statefulSet, found?.cronJob];
  return parts.some((part) => part !== undefined && !isControlledBy(observed.deployment, part));
}

function textOf({ kind, phase, nodeName, message, skippedRunAt }: ConsumerStatus): string {
  return [
    `${kind}, ${phase}${nodeName === undefined ? '' : ` on machine ${nodeName}`}`,
    ...(message === undefined ? [] : [message]),
    ...(skippedRunAt === undefined ? [] : [`the run that was due at ${skippedRunAt} was skipped`]),
  ].join('; ');
}
