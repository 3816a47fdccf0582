// Bugs that other operators had, each with the scenario that mirrors it, the mutant that plants it here, and why this
// operator does not have it. The copy in docs/contention.md is compared with this.

export interface PublicBug {
  /** `owner/name#number` or `owner/name@commit` on GitHub, or a key of jira.percona.com. */
  readonly issue: string;
  readonly what: string;
  /** A scenario of the suite, an operation of the crash points, or `scenario 2` (test/envtest/scenarios/leaders.test.ts). */
  readonly mirroredBy: string;
  /** The name of a mutant in test/sim/mutants. */
  readonly mutant?: string;
  readonly immuneBecause: string;
}

const BY_LABELS = 'claims told by their labels alone';
const BY_CACHE = 'a write to children on what the cache shows of the fleet';
const FIRST_EXISTS = 'the first child exists, so the second is skipped';

export const PUBLIC_BUGS: readonly PublicBug[] = [
  {
    issue: 'pravega/zookeeper-operator#312',
    what: 'a deletion that is over, seen again through a stale server, deletes the claims of the fleet that was made anew under the name',
    mirroredBy: 'C14, scenario 2',
    mutant: BY_LABELS,
    immuneBecause: 'a claim belongs to a uid, and is read live before it is deleted by uid and version',
  },
  {
    issue: 'instaclustr/cassandra-operator#402',
    what: 'the same, after a restart',
    mirroredBy: 'C14, scenario 2',
    mutant: BY_LABELS,
    immuneBecause: 'the same',
  },
  {
    issue: 'Orange-OpenSource/casskop#316',
    what: 'the same',
    mirroredBy: 'C14, scenario 2',
    mutant: BY_LABELS,
    immuneBecause: 'the same',
  },
  {
    issue: 'datastax/cass-operator#412',
    what: 'the same',
    mirroredBy: 'C14, scenario 2',
    mutant: BY_LABELS,
    immuneBecause: 'the same',
  },
  {
    issue: 'K8SPXC-716',
    what: 'the same (by what Sieve recorded: a claim of the new cluster deleted and made again)',
    mirroredBy: 'C14, scenario 2',
    mutant: BY_LABELS,
    immuneBecause: 'the same',
  },
  {
    issue: 'K8SPSMDB-430',
    what: 'the same (by what Sieve recorded)',
    mirroredBy: 'C14, scenario 2',
    mutant: BY_LABELS,
    immuneBecause: 'the same',
  },
  {
    issue: 'rabbitmq/cluster-operator#648',
    what: 'the same with the StatefulSet of the cluster that was made anew',
    mirroredBy: 'C14',
    mutant: 'a delete by name',
    immuneBecause:
      'every delete names the uid that was acted on, and children of a deleted fleet are left to the garbage collector',
  },
  {
    issue: 'pravega/zookeeper-operator#314',
    what: 'an old, smaller size of the fleet removes a member that is wanted again, and its claim',
    mirroredBy: 'C13',
    mutant: BY_CACHE,
    immuneBecause:
      'the fleet is read live before the first write of a plan, and has to be the version that was planned from',
  },
  {
    issue: 'instaclustr/cassandra-operator#407',
    what: 'the same, from old pods',
    mirroredBy: 'C13',
    mutant: BY_CACHE,
    immuneBecause: 'the same; a claim in use is found by a live read',
  },
  {
    issue: 'rabbitmq/cluster-operator#653',
    what: 'an old size of the storage deletes the StatefulSet',
    mirroredBy: 'C13',
    mutant: BY_CACHE,
    immuneBecause: 'the same; a StatefulSet is never deleted to grow a volume',
  },
  {
    issue: 'Orange-OpenSource/casskop#321',
    what: 'an old spec sets the disruption budget back, and with it nothing goes on',
    mirroredBy: 'C13',
    mutant: BY_CACHE,
    immuneBecause: 'the same; the budget is a child like the others',
  },
  {
    issue: 'pravega/zookeeper-operator#410',
    what: 'the reconcile goes on after it has removed the finalizer, and makes the children of a deleted cluster again',
    mirroredBy: 'C8',
    mutant: 'the work goes on after the finalizer is gone',
    immuneBecause:
      'the removal of the finalizer is the last write of a reconcile, and nothing is planned for a fleet that is deleted',
  },
  {
    issue: 'pravega/zookeeper-operator#453',
    what: 'a size that is changed before all members were ready once is never carried out: a step waits for what only another makes',
    mirroredBy: 'C3',
    immuneBecause: 'each child is compared on its own with the spec as it is now; no step waits for an earlier size',
  },
  {
    issue: 'rabbitmq/cluster-operator#758',
    what: 'a state between two edits is missed, and a server too few is there in the end (by what Sieve recorded)',
    mirroredBy: 'C30',
    mutant: 'no list after an expired version',
    immuneBecause: 'the last spec decides, not the way to it; a watch with a gap is followed by a list',
  },
  {
    issue: 'Orange-OpenSource/casskop#342',
    what: 'a state on the way to no members is missed, and one stays (by what Sieve recorded)',
    mirroredBy: 'C30',
    mutant: 'no list after an expired version',
    immuneBecause: 'the same',
  },
  {
    issue: 'rabbitmq/cluster-operator#782',
    what: 'killed between two steps of a resize, the claims never grow',
    mirroredBy: 'resize',
    mutant: FIRST_EXISTS,
    immuneBecause: 'each child is compared on its own, in every reconcile',
  },
  {
    issue: 'K8SPXC-896',
    what: 'killed between the first and the second Secret, the second is never made (by what Sieve recorded)',
    mirroredBy: 'create',
    mutant: FIRST_EXISTS,
    immuneBecause: 'the same',
  },
  {
    issue: 'K8SPXC-897',
    what: 'the same with certificates of cert-manager (by what Sieve recorded)',
    mirroredBy: 'create',
    mutant: FIRST_EXISTS,
    immuneBecause: 'the same',
  },
  {
    issue: 'K8SPSMDB-578',
    what: 'the same (by what Sieve recorded)',
    mirroredBy: 'create',
    mutant: FIRST_EXISTS,
    immuneBecause: 'the same',
  },
  {
    issue: 'Orange-OpenSource/casskop#370',
    what: 'killed before progress was stored, it is stuck for ever',
    mirroredBy: 'rollout',
    mutant: 'a plan kept in memory only',
    immuneBecause: 'the plan is stored before its first effect, and progress is read from the children',
  },
  {
    issue: 'k0sproject/k0smotron#1535',
    what: 'a cache that lags shows no machine yet, so more are made, under names by chance: six for a size of one',
    mirroredBy: 'create',
    mutant: 'a plan id by chance',
    immuneBecause:
      'names and plan ids are functions of the fleet, so making it twice is a conflict; a cache that lags behind the own writes is not acted on',
  },
  {
    issue: 'opensearch-project/opensearch-k8s-operator#1471',
    what: 'the guard of the quorum counts members in a cache that does not show the last deletion yet: two are down at a time',
    mirroredBy: 'C31',
    mutant: 'a member taken for broken on what the cache shows',
    immuneBecause:
      'a reconcile waits until the cache shows its own writes; a member is read live before it is stopped beyond the budget',
  },
  {
    issue: 'sei-protocol/sei-k8s-controller@09cd670',
    what: 'a second status patch of a reconcile, on the version before the first, always conflicts: stuck in the upgrade',
    mirroredBy: 'rollout',
    mutant: 'a base used for a second patch',
    immuneBecause:
      'each status patch is computed from the version that it names; what a reconcile does after one rests on what that one stored',
  },
  {
    issue: 'sei-protocol/sei-k8s-controller@b6ed0ce',
    what: 'the hash of the template is recorded as rolled out before the plan is made, so none ever is',
    mirroredBy: 'C1',
    mutant: 'effects before the plan is stored',
    immuneBecause:
      'whether there is work is read from the children, and the plan is stored with the status that it was computed with',
  },
];

/** In the list of the design, and nowhere that we could read: neither mirrored nor described. */
export const NOT_FOUND: readonly string[] = [
  'strimzi/strimzi-kafka-operator#6542',
  'strimzi/strimzi-kafka-operator#10127',
  'strimzi/strimzi-kafka-operator#13079',
  'Altinity/clickhouse-operator#2056',
];

/** Where it can be read. */
export function urlOf(issue: string): string {
  if (/^K8S\w+-\d+$/.test(issue)) return `https://jira.percona.com/browse/${issue}`;
  const [, repository, kind, name] = /^([^#@]+)([#@])(.+)$/.exec(issue) ?? [];
  return `https://github.com/${repository}/${kind === '@' ? 'commit' : 'issues'}/${name}`;
}
