// The cluster that global-setup.ts has started, as the tests of the project `e2e` reach it.
import { inject } from 'vitest';

import { newCluster, type Cluster, type Plane } from '../envtest/support/cluster.ts';

/** What can be handed to the processes of the tests. */
export interface Site extends Plane {
  /** Containers and machines alike; the first one has the control plane. */
  readonly machines: readonly string[];
  readonly cluster: string;
  /** The operator's image. Members run it too: it has a Node.js. */
  readonly image: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    site: Site;
  }
}

export function site(): Site {
  return inject('site');
}

/** A namespace of the test's own, gone when the test is over. */
export function openCluster(): Promise<Cluster> {
  return newCluster(site());
}

/** The machine that is not the control plane's. */
export function worker(): string {
  const [, name] = site().machines;
  if (name === undefined) throw new Error('the cluster has one machine only');
  return name;
}
