// Of several replicas one works, or one for each shard: the leases they elect with, and the fences around what is
// written.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { leaseNameOf } from './api/v1alpha1/shards.ts';
import { UsageError } from './flags.ts';
import type { Transport } from './runtime/client/transport.ts';
import { createFencedTransport } from './runtime/leader-election/fenced-transport.ts';
import { FairShare } from './runtime/leader-election/fair-share.ts';
import { LeaderElector, type LeaderElectorOptions } from './runtime/leader-election/leader-elector.ts';
import type { LeaseTimings } from './runtime/leader-election/timings.ts';

/** Where a pod finds the name of its namespace. */
const OWN_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/**
 * Where the leases are: in `namespace`, by default in the one that the file names.
 *
 * @throws UsageError outside of a cluster, where there is no such file
 */
export function leaseNamespaceOf(namespace: string | undefined, file = OWN_NAMESPACE): string {
  return namespace ?? readNamespace(file);
}

function readNamespace(file: string): string {
  try {
    const namespace = readFileSync(file, 'utf8').trim();
    if (namespace !== '') return namespace;
  } catch {
    // Told below, with what to do.
  }
  throw new UsageError(
    'leader election needs a namespace for its Lease, and this is not a pod with a service account: give ' +
      '--leader-election-namespace NAMESPACE, or --leader-elect=false if no other replica runs',
  );
}

export interface Electorate extends Pick<LeaderElectorOptions, 'clock' | 'random' | 'log' | 'observer'> {
  /** What the replicas divide among themselves: a lease each. */
  readonly shards: readonly string[];
  /** Undefined: no election, this replica always works. */
  readonly leaseNamespace: string | undefined;
  readonly leaseTimings: LeaseTimings;
}

/** How this replica comes to serve a shard. */
export interface Candidacy {
  readonly shard: string;
  /** What everything that is written for the shard goes over. Reads pass at any time. */
  readonly transport: Transport;
  /** A part of the program, ready once this replica leads the shard. Absent: it always does. */
  readonly election?: LeaderElector;
}

/** Makes this process, under a name that no other one ever had, a candidate for the lease of each shard. */
export function elect(
  transport: Transport,
  { shards, leaseNamespace: namespace, leaseTimings: timings, ...rest }: Electorate,
): readonly Candidacy[] {
  if (namespace === undefined) return shards.map((shard) => ({ shard, transport }));
  const identity = `${hostname()}_${randomUUID()}`;
  const share = new FairShare(timings);
  return shards.map((shard) => {
    const key = { namespace, name: leaseNameOf(shard) };
    const election = new LeaderElector({ ...rest, transport, key, identity, timings, share });
    return { shard, transport: createFencedTransport(transport, election.fence), election };
  });
}
