// Two replicas of the operator, one of which leads, and a fleet that is at rest: where a change of leaders begins.
import { rulesOf } from '../../../hack/config/roles.ts';
import { LEASE, type Lease } from '../../../src/kube/kinds.ts';
import { OF_LEADER } from '../../../src/rights.ts';
import { newCluster } from './cluster.ts';
import { fleet } from './fleets.ts';
import type { Passage } from './proxy.ts';
import { startReplica, type Replica } from './replica.ts';
import { untilReady, volumesOf } from './stage.ts';
import { recordHistory, recordTruth, type History } from './truth.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser } from './users.ts';

export const isLease = ({ path }: Passage): boolean => path.includes('/leases');
export const isStatefulSetWrite = ({ method, path }: Passage): boolean =>
  method === 'PATCH' && path.includes('/statefulsets/') && !path.includes('dryRun=All');
/** The live read of the NodeDeployment just before the first write of a plan. */
export const isLiveRead = ({ method, path }: Passage): boolean =>
  method === 'GET' && path.endsWith('/nodedeployments/web');

/** A Ready fleet of one member with a volume; `a` leads, and `b` stands by. */
export async function makePair() {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', [...IN_NAMESPACE, ...rulesOf(OF_LEADER)]);
  await user.grant('cluster', IN_CLUSTER);
  const leases = await recordHistory(cluster, LEASE);
  const start = (): Promise<Replica> => startReplica(cluster, user.kubeconfigPath);
  const a = await start();
  await a.says('this replica leads');
  const b = await start();
  const truth = await recordTruth(cluster);
  await cluster.apply(fleet({ storage: {} }));
  await untilReady(cluster);
  await b.says('standing by: another replica leads');
  const { metadata } = await cluster.nd('web');
  const volumes = await volumesOf(cluster);
  return { cluster, leases, start, a, b, truth, volumes, since: Number(metadata.resourceVersion) };
}

/** Who held the lease, one after the other; `''` is nobody. */
export function holdersOf({ moments }: History<Lease>): readonly string[] {
  const holders = moments.map(({ object }) => object.spec?.holderIdentity ?? '');
  return holders.filter((holder, i) => holder !== holders[i - 1]);
}

/** The name under which it is a candidate. */
export function identityOf(replica: Replica): string {
  return String(replica.lines().find(({ identity }) => identity !== undefined)?.['identity']);
}
