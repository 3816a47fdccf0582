// The cluster of a run: the API server, its controllers and kubelets, machines, and a driver of volumes.
import { CSI_DRIVER, MACHINE } from '../../src/kube/kinds.ts';
import type { Actor, Cluster } from './actors/actor.ts';
import { GarbageCollector } from './actors/garbage-collector.ts';
import { Machines } from './actors/machines.ts';
import { MACHINES, Outages } from './actors/outages.ts';
import { NamespaceController } from './actors/namespace.ts';
import { Processes } from './actors/processes.ts';
import { StatefulSetController } from './actors/stateful-sets.ts';
import { AttachDetachController, ClaimController } from './actors/volumes.ts';
import type { Choices } from './choices.ts';
import { droppedInSilence, startInEndingNamespace } from './invariants/cluster-rules.ts';
import { testify, watchInvariants, type Witness } from './invariants/invariants.ts';
import { Past } from './invariants/past.ts';
import { judged } from './invariants/rule.ts';
import { startBesideWriter } from './invariants/start-rules.ts';
import { twoWriters } from './invariants/volume-rules.ts';
import { ModelServer } from './model/api-server.ts';
import { SimClock } from './sim-clock.ts';
import { Weather, type WeatherKind } from './weather.ts';

const ACTORS: readonly ((cluster: Cluster) => Actor)[] = [
  (cluster) => new StatefulSetController(cluster),
  (cluster) => new Machines(cluster),
  (cluster) => new ClaimController(cluster),
  (cluster) => new AttachDetachController(cluster),
  (cluster) => new GarbageCollector(cluster),
  (cluster) => new NamespaceController(cluster),
];

/** Fields of a status that an older CRD may lack. */
const LACKED = ['plan', 'members', 'updateRevision'] as const;

/** An empty cluster, in which every commit and every start of a process is judged. */
export function createCluster(
  choices: Choices,
  witness: Witness,
  onWeather: (kind: WeatherKind) => void = () => {},
  past: Past = new Past(),
  onOutage: (text: string) => void = () => {},
): Cluster {
  const clock = new SimClock();
  const server = new ModelServer(() => clock.now());
  const processes = new Processes();
  const weather = new Weather(clock, choices, (kind) => {
    server.lackedField = kind === 'pruned' ? choices.pick('world.lacked-field', LACKED) : undefined;
    onWeather(kind);
  });
  watchInvariants(server, () => clock.monotonic(), witness, past);
  processes.onStart((started, beside) => {
    past.tellUsed(started.volumes);
    if (started.claims.length > 0) testify(witness, 'I7', judged(twoWriters(started, beside, server.store)));
  });
  server.onCommit((commit) => {
    testify(witness, 'I7', startBesideWriter(commit, processes.all(), past, clock.monotonic(), server.store));
    testify(witness, 'pruned', droppedInSilence(commit, server.lackedField));
    testify(witness, 'namespace', startInEndingNamespace(commit, server.namespaceEndingForMs));
  });
  const outages = new Outages({ server, clock, choices, processes, onChange: onOutage });
  return { server, clock, choices, weather, processes, outages };
}

/** Its controllers, machines, and the volumes' driver. */
export function furnish(cluster: Cluster): void {
  for (const enter of ACTORS) enter(cluster);
  const { server } = cluster;
  const by = { by: 'cluster', verb: 'create' as const };
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: server.timestamp };
  for (const name of MACHINES) server.create(MACHINE, { metadata: { name }, status: { conditions: [ready] } }, by);
  server.create(CSI_DRIVER, { metadata: { name: 'csi.example.com' }, spec: { attachRequired: true } }, by);
}
