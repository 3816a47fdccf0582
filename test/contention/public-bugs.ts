// Bugs that other operators had, each with the scenario that mirrors it, the mutant that plants it here, and why this
// operator does not have it. The copy in docs/contention.md is compared with this.

export interface PublicBug {
  /** `owner/name#number` on GitHub. */
  readonly issue: string;
  readonly what: string;
  /** A scenario of the suite, an operation of the crash points, or `scenario 2`: test/envtest/scenarios/leaders.test.ts. */
  readonly scenario: string;
  /** The name of a mutant in test/sim/mutants. */
  readonly mutant: string;
  readonly immuneBecause: string;
}

export const PUBLIC_BUGS: readonly PublicBug[] = [
  {
    issue: 'pravega/zookeeper-operator#312',
    what: 'a deletion that is over, seen again through a stale server, deletes the claims of the fleet that was made anew under the name',
    scenario: 'scenario 2',
    mutant: 'claims told by their labels alone',
    immuneBecause: 'a claim belongs to a uid, and is read live before it is deleted by uid and version',
  },
  {
    issue: 'instaclustr/cassandra-operator#402',
    what: 'the same, after a restart',
    scenario: 'scenario 2',
    mutant: 'claims told by their labels alone',
    immuneBecause: 'the same',
  },
  {
    issue: 'Orange-OpenSource/casskop#316',
    what: 'the same',
    scenario: 'scenario 2',
    mutant: 'claims told by their labels alone',
    immuneBecause: 'the same',
  },
  {
    issue: 'datastax/cass-operator#412',
    what: 'the same',
    scenario: 'scenario 2',
    mutant: 'claims told by their labels alone',
    immuneBecause: 'the same',
  },
  {
    issue: 'pravega/zookeeper-operator#314',
    what: 'an old, smaller size of the fleet removes a member that is wanted again, and its claim',
    scenario: 'C13',
    mutant: 'a write to children on what the cache shows of the fleet',
    immuneBecause:
      'the fleet is read live before the first write of a plan, and has to be the version that was planned from',
  },
  {
    issue: 'instaclustr/cassandra-operator#407',
    what: 'the same, from old pods',
    scenario: 'C13',
    mutant: 'a write to children on what the cache shows of the fleet',
    immuneBecause: 'the same; a claim in use is found by a live read',
  },
  {
    issue: 'rabbitmq/cluster-operator#653',
    what: 'an old size of the storage deletes the StatefulSet',
    scenario: 'C13',
    mutant: 'a write to children on what the cache shows of the fleet',
    immuneBecause: 'the same; a StatefulSet is never deleted to grow a volume',
  },
  {
    issue: 'rabbitmq/cluster-operator#782',
    what: 'killed between two steps of a resize, the claims never grow',
    scenario: 'resize',
    mutant: 'the first child exists, so the second is skipped',
    immuneBecause: 'each child is compared on its own, in every reconcile',
  },
  {
    issue: 'Orange-OpenSource/casskop#370',
    what: 'killed before progress was stored, it is stuck for ever',
    scenario: 'rollout',
    mutant: 'a plan kept in memory only',
    immuneBecause: 'the plan is stored before its first effect, and progress is read from the children',
  },
];
