// Events as people read them with kubectl: what is told, in which order, and never before the status.
import { describe, expect, test } from 'vitest';

import type { NodeDeploymentStatus } from '../../src/api/v1alpha1/node-deployment.ts';
import type { Exchange } from '../../src/runtime/testing/recording-transport.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { isStatusWrite } from './support/exchanges.ts';
import { condition, fleet, toImage } from './support/fleets.ts';
import { startOperator, type OperatorUnderTest } from './support/operator.ts';
import { readyFleet, untilAllRun, untilReady } from './support/stage.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser } from './support/users.ts';

interface KubectlEvent {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly series?: { readonly count: number };
  readonly related?: { readonly kind: string; readonly name: string };
}

/** The fleet's Events, as `kubectl get events` lists them. */
async function eventsOf({ kubectl }: Cluster): Promise<readonly KubectlEvent[]> {
  const selector = 'involvedObject.kind=NodeDeployment,involvedObject.name=web';
  const { items }: { items: KubectlEvent[] } = JSON.parse(
    await kubectl(['get', 'events', `--field-selector=${selector}`, '--output=json']),
  );
  return items;
}

async function reasonsOf(cluster: Cluster): Promise<readonly string[]> {
  return (await eventsOf(cluster)).map(({ reason }) => reason);
}

const HAND_OFF = ['HandoffStarted', 'OldPodTerminated', 'VolumeDetached', 'HandoffCompleted'];
const ROLLOUT = ['RolloutStarted', ...HAND_OFF, 'RolloutCompleted'];

/** The reasons of a rollout in a table of kubectl, in the order of its lines. */
function reasonsIn(table: string): readonly string[] {
  return table.split('\n').flatMap((line) => ROLLOUT.filter((reason) => line.includes(` ${reason} `)));
}

describe('the Events of a hand-off', () => {
  test('tell its steps in order, with what each is about, in kubectl get events and in kubectl describe', async () => {
    const { cluster } = await readyFleet({ storage: {} });
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    const events = await eventually(async () => {
      expect(await reasonsOf(cluster)).toEqual(['ClaimCreated', ...ROLLOUT]);
      return eventsOf(cluster);
    });
    expect(events.filter(({ type }) => type !== 'Normal')).toEqual([]);
    expect(events.map(({ related }) => related && `${related.kind} ${related.name}`)).toEqual([
      'PersistentVolumeClaim web-0',
      undefined,
      'Pod web-0-0',
      'Pod web-0-0',
      'PersistentVolumeClaim web-0',
      'Pod web-0-0',
      undefined,
    ]);
    expect(events.map(({ message }) => message)).toEqual([
      'web-0: claim web-0 (1Gi) is made',
      expect.stringMatching(/^moving to revision \w+: web-0$/),
      expect.stringMatching(/^web-0: stops, to move from revision \w+ to \w+$/),
      expect.stringMatching(/^web-0: its pod is gone from machine \S+, \d+ s after it was told to stop$/),
      expect.stringMatching(/^web-0: its volume is detached from machine \S+, \d+ s after its pod was gone$/),
      expect.stringMatching(/^web-0: available on machine \S+ with revision \w+, \d+ s after it was told to stop, /),
      expect.stringMatching(/^every member that is to move runs revision \w+, \d+ s after the rollout began$/),
    ]);
    const described = await cluster.kubectl(['describe', 'nd', 'web']);
    expect(reasonsIn(described.slice(described.indexOf('\nEvents:')))).toEqual(ROLLOUT);
    expect(reasonsIn(await cluster.kubectl(['events', '--for=nodedeployment/web']))).toEqual(ROLLOUT);
  });

  test('are told once: not again by a resync, nor by the next operator', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster, { resyncMs: 300 });
    await cluster.apply(fleet({ storage: {} }));
    await untilReady(cluster);
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    await eventually(async () => expect(await reasonsOf(cluster)).toEqual(['ClaimCreated', ...ROLLOUT]));
    const before = operator.tally.count();
    await eventually(() => expect(operator.tally.count()).toBeGreaterThan(before + 2));
    await operator.stop();

    const next = await startOperator(cluster);
    await eventually(() => expect(next.tally.count('done')).toBeGreaterThan(0));
    await next.quiet();
    await next.stop();
    expect(next.recording.events()).toEqual([]);
    expect(await reasonsOf(cluster)).toEqual(['ClaimCreated', ...ROLLOUT]);
  });
});

describe('the Events of claims', () => {
  test('tell which were made, left behind and used again, and which were deleted', async () => {
    const { cluster } = await readyFleet({ replicas: 2, storage: {} });
    const scale = async (replicas: number): Promise<void> => {
      await cluster.kubectl(['scale', 'nd/web', `--replicas=${replicas}`]);
      await untilReady(cluster);
    };
    await scale(1);
    await eventually(async () => expect(await reasonsOf(cluster)).toContain('ClaimRetained'));
    await scale(2);
    await eventually(async () => expect(await reasonsOf(cluster)).toContain('ClaimAdopted'));
    await cluster.patch('web', { spec: { storage: { retention: { onScaleDown: 'Delete' } } } });
    await scale(1);
    await eventually(async () => {
      expect((await eventsOf(cluster)).map(({ reason, related }) => `${reason} ${related?.name}`)).toEqual([
        'ClaimCreated web-0',
        'ClaimCreated web-1',
        'ClaimRetained web-1',
        'ClaimAdopted web-1',
        'ClaimDeleted web-1',
      ]);
    });
  });

  test('tell of a claim of somebody else, as a Warning, once', async () => {
    const cluster = await newCluster();
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await cluster.apply({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'web-0' }, spec });
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await eventually(async () => expect(await eventsOf(cluster)).toHaveLength(1));
    await operator.quiet();
    expect(await eventsOf(cluster)).toMatchObject([
      {
        type: 'Warning',
        reason: 'ClaimRejected',
        message: expect.stringMatching(/^web-0: claim web-0 exists and is not this fleet's; .*AdoptAny$/),
        related: { kind: 'PersistentVolumeClaim', name: 'web-0' },
      },
    ]);
  });
});

describe('a cause that comes back', () => {
  test('is one Event, which counts', async () => {
    const { cluster, operator } = await readyFleet({});
    for (const paused of [true, false, true, false, true]) {
      await cluster.patch('web', { spec: { rollout: { paused } } });
      await eventually(async () => {
        expect(condition(await cluster.nd('web'), 'Paused')).toMatchObject({ status: paused ? 'True' : 'False' });
      });
      await operator.quiet();
    }
    expect(await eventsOf(cluster)).toMatchObject([{ reason: 'RolloutPaused', series: { count: 2 } }]);
    // The third is only counted: the operator tells the count from time to time, and when it ends.
    await operator.stop();
    expect(await eventsOf(cluster)).toMatchObject([{ reason: 'RolloutPaused', series: { count: 3 } }]);
    expect(operator.recording.events().map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 201',
      'PATCH 200',
      'PATCH 200',
    ]);
  });
});

/** What the status says once the cause of an Event is in it. */
const CAUSES: Readonly<Record<string, (status: NodeDeploymentStatus) => boolean>> = {
  ClaimCreated: ({ members }) => members?.[0]?.claim !== undefined,
  RolloutStarted: ({ plan }) => plan?.phase === 'Active',
  HandoffStarted: ({ members }) => members?.[0]?.handoff?.stoppedAt !== undefined,
  OldPodTerminated: ({ members }) => members?.[0]?.handoff?.podGoneAt !== undefined,
  VolumeDetached: ({ members }) => members?.[0]?.handoff?.detachedAt !== undefined,
  HandoffCompleted: ({ members }) => members?.[0]?.handoff?.completedAt !== undefined,
  RolloutCompleted: ({ plan }) => plan?.phase === 'Completed',
};

interface Recorded {
  readonly reason?: string;
  readonly status?: NodeDeploymentStatus;
  readonly metadata: { readonly resourceVersion: string };
}

/** For each Event, whether the API server stored it after the first status that has its cause. */
function orderOf({ recording }: OperatorUnderTest): readonly string[] {
  const parse = ({ responseBody }: Exchange): Recorded => JSON.parse(responseBody);
  const statuses = recording.exchanges.filter((one) => isStatusWrite(one) && one.status === 200).map(parse);
  return recording.events().map((exchange) => {
    const { reason = '', metadata } = parse(exchange);
    const cause = statuses.find(({ status }) => status !== undefined && CAUSES[reason]?.(status));
    const isAfter = cause !== undefined && Number(cause.metadata.resourceVersion) < Number(metadata.resourceVersion);
    return `${reason} ${isAfter ? 'after' : 'before'} its status`;
  });
}

describe('no Event precedes its status:', () => {
  test('each has a later resourceVersion than the first status that has its cause', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await untilReady(cluster);
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    await eventually(async () => expect(await reasonsOf(cluster)).toContain('RolloutCompleted'));
    await operator.stop();
    expect(orderOf(operator)).toEqual(['ClaimCreated', ...ROLLOUT].map((reason) => `${reason} after its status`));
  });

  test('while a status is on its way nothing is told, and after a conflict nothing of what was discarded', async () => {
    const { cluster, operator } = await readyFleet({ rollout: { strategy: 'Recreate' } });
    await operator.quiet();
    operator.recording.clear();
    const held = operator.hold((request) => isStatusWrite(request), 'before-send');
    await cluster.patch('web', toImage('web:2'));
    const { body = '' } = await held.reached;
    expect(JSON.parse(body).status.plan).toMatchObject({ phase: 'Active' });
    // Somebody else writes first: the status that is on its way is refused.
    await cluster.kubectl(['label', 'nd', 'web', 'team=a']);
    expect(operator.recording.events()).toEqual([]);
    held.release();
    await untilAllRun(cluster, 'web:2');
    await eventually(async () => expect(await reasonsOf(cluster)).toContain('RolloutCompleted'));
    await operator.stop();
    expect(operator.recording.writes().find((write) => isStatusWrite(write))?.status).toBe(409);
    expect((await reasonsOf(cluster)).filter((reason) => reason === 'RolloutStarted')).toHaveLength(1);
    expect(orderOf(operator).filter((line) => line.includes('before'))).toEqual([]);
  });
});

describe('an API server that refuses Events', () => {
  test('changes nothing else: a rollout ends as it does with them, and only the debug log tells', async () => {
    const cluster = await newCluster();
    const user = await newUser(cluster);
    const isForEvents = ({ resources }: { readonly resources: readonly string[] }) => resources.includes('events');
    await user.grant(
      'namespace',
      IN_NAMESPACE.filter((rule) => !isForEvents(rule)),
    );
    await user.grant('cluster', IN_CLUSTER);
    const { operator } = await readyFleet({ storage: {} }, cluster, { over: user.transport });
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    await operator.quiet();
    await operator.stop();
    expect(await eventsOf(cluster)).toEqual([]);
    expect(operator.recording.events().map(({ status }) => status)).toEqual(ROLLOUT.map(() => 403));
    expect(operator.tally.reports.flatMap(({ result }) => (result.type === 'error' ? [result] : []))).toEqual([]);
    expect([...operator.log.at('warn'), ...operator.log.at('error')]).toEqual([]);
    const dropped = operator.log.at('debug').filter(({ message }) => message.startsWith('an event is dropped'));
    expect(dropped.map(({ fields }) => fields['reason'])).toEqual(['ClaimCreated', ...ROLLOUT]);
    expect(dropped.at(-1)?.fields).toMatchObject({
      dropped: 1 + ROLLOUT.length,
      object: expect.stringContaining('/web'),
    });
  });
});
