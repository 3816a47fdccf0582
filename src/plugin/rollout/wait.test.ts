import { expect, test } from 'vitest';

import type { Condition, NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { at, deployment, type SpecInput } from '../../domain/testing/build.ts';
import { createObjectClient } from '../../runtime/client/object-client.ts';
import { FakeClock } from '../../runtime/testing/fake-clock.ts';
import { createScriptedTransport } from '../../runtime/testing/scripted-transport.ts';
import { createEdits } from '../edits.ts';
import { kubectlWith } from '../kubectl.ts';
import type { Session } from '../session.ts';
import { progressOf } from './progress.ts';
import { waitForRollout } from './wait.ts';

const condition = (type: string, status: Condition['status'], reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(0),
});
const ready = condition('Ready', 'True', 'AllMembersReady', '2 of 2 members are available');
const moving = condition('Ready', 'False', 'RollingOut', '1 of 2');
const overdue = condition('Stalled', 'True', 'ProgressDeadlineExceeded', 'web-1: not available');
const blocked = condition('Stalled', 'True', 'BlockedByConsumer', 'web-1: pod x mounts claim web-1');

const fleet = (status: NodeDeploymentStatus = {}, spec: SpecInput = {}): StoredNodeDeployment =>
  deployment(
    { replicas: 2, ...spec },
    {},
    { observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1, ...status },
  );

test.for([
  ['every member available is complete', fleet({ conditions: [ready] }), 'Complete', '2 of 2 members are available'],
  [
    'a status of an older spec is not believed',
    fleet({ conditions: [ready], observedGeneration: 0 }),
    'Waiting',
    'Waiting for the operator',
  ],
  ['a member on its way is waited for', fleet({ conditions: [moving] }), 'Waiting', '1 of 2 members are on the new'],
  ['a missed deadline fails', fleet({ conditions: [moving, overdue] }), 'Failed', 'has stopped: web-1: not available'],
  [
    'what somebody can mend is told and waited for',
    fleet({ conditions: [moving, blocked] }),
    'Waiting',
    'pod x mounts',
  ],
  [
    'a pause is told',
    fleet({ conditions: [moving] }, { rollout: { paused: true } }),
    'Waiting',
    'the rollout is paused',
  ],
  ['a suspended fleet will not get there', fleet({ conditions: [moving] }, { suspend: true }), 'Failed', 'suspended'],
  [
    'a spec that is not accepted will not get there',
    fleet({ conditions: [condition('Accepted', 'False', 'InvalidSpec', 'spec.x: wrong')] }),
    'Failed',
    'is not accepted: spec.x: wrong',
  ],
] as const)('%s', ([, of, state, says]) => {
  expect(progressOf(of)).toEqual({ state, says: expect.stringContaining(says) });
});

/** A session in which each read of the fleet finds the next of these states; the last one stays. */
function sessionOf(states: readonly StoredNodeDeployment[], clock: FakeClock): Session {
  let next = 0;
  const transport = createScriptedTransport({ request: () => ({ body: states[Math.min(next++, states.length - 1)] }) });
  return {
    reader: createObjectClient(transport),
    edits: createEdits(transport),
    namespace: 'default',
    contextName: 'c',
    clock,
    kubectl: kubectlWith({ namespace: 'default' }),
  };
}

test('each step is printed once, and the end ends the wait', async () => {
  const clock = new FakeClock();
  const printed: string[] = [];
  const states = [fleet({ conditions: [moving] }), fleet({ conditions: [moving] }), fleet({ conditions: [ready] })];
  const ended = waitForRollout(sessionOf(states, clock), 'web', 0, (line) => printed.push(line));
  await clock.advance(10_000);
  expect((await ended).json).toMatchObject({ state: 'Complete' });
  expect(printed).toHaveLength(1);
});

test('the timeout ends the wait with an error that names the next command', async () => {
  const clock = new FakeClock();
  const ended = waitForRollout(sessionOf([fleet({ conditions: [moving] })], clock), 'web', 5_000, () => {});
  const failure = expect(ended).rejects.toThrow(
    'the rollout of web is not complete after 5s; see kubectl nodefleet status web -n default',
  );
  await clock.advance(5_000);
  await failure;
});
