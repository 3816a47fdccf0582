// Of several replicas one works: the lease they elect with, and the fence around what this one writes.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { LEASE_NAME } from './api/v1alpha1/names.ts';
import { UsageError } from './flags.ts';
import type { ObjectKey } from './kube/object.ts';
import type { Transport } from './runtime/client/transport.ts';
import { createFencedTransport } from './runtime/leader-election/fenced-transport.ts';
import { LeaderElector, type LeaderElectorOptions } from './runtime/leader-election/leader-elector.ts';
import type { LeaseTimings } from './runtime/leader-election/timings.ts';

/** Where a pod finds the name of its namespace. */
const OWN_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/**
 * Where the lease is: in `namespace`, by default in the one that the file names.
 *
 * @throws UsageError outside of a cluster, where there is no such file
 */
export function leaseKeyOf(namespace: string | undefined, file = OWN_NAMESPACE): ObjectKey {
  return { namespace: namespace ?? readNamespace(file), name: LEASE_NAME };
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
  /** Undefined: no election, this replica always works. */
  readonly leaseKey: ObjectKey | undefined;
  readonly leaseTimings: LeaseTimings;
}

export interface Election {
  /** What everything but the election goes over. */
  readonly transport: Transport;
  /** A part of the program, ready once this replica leads. Absent: it always does. */
  readonly election?: LeaderElector;
}

/** Makes this process, under a name that no other one ever had, a candidate for the lease. */
export function elect(transport: Transport, { leaseKey: key, leaseTimings: timings, ...rest }: Electorate): Election {
  if (key === undefined) return { transport };
  const identity = `${hostname()}_${randomUUID()}`;
  const election = new LeaderElector({ ...rest, transport, key, identity, timings });
  return { transport: createFencedTransport(transport, election.fence), election };
}
