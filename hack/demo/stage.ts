// What every act works with: the control plane, the operator's process, the live view of the fleets, and the screen.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { createApiClient } from '../control-plane/api-client.ts';
import { startWatchdog } from '../control-plane/child-process.ts';
import type { StartedControlPlane } from '../control-plane/control-plane.ts';
import { watchFleets, type Fleets } from './fleets.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { startOperator, type Operator } from './operator.ts';
import { INDENT } from './narration.ts';
import type { Screen } from './screen.ts';
import { tableLines } from './table.ts';

export interface Stage {
  readonly screen: Screen;
  /** Aborts when the demo is to end. */
  readonly signal: AbortSignal;
  readonly plane: StartedControlPlane;
  readonly kubectl: Kubectl;
  /** The newest operator process. Undefined before the first. */
  readonly operator: Operator | undefined;
  /** All fleets; to be asked for only once the CRD is installed. */
  readonly fleets: Fleets;
  readonly hasFleets: boolean;
  /** Starts the operator, again after it was stopped. */
  startOperator(): Operator;
  /** As `Fleets.until`; fails also when the demo is interrupted or the operator ends by itself. */
  until(isDone: () => boolean, what: string, timeoutMs: number): Promise<void>;
  /** Ends everything but the control plane, the operator first. Idempotent. */
  close(): Promise<void>;
}

export function openStage(plane: StartedControlPlane, screen: Screen, signal: AbortSignal): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-demo-'));
  const watchdog = startWatchdog(folder);
  const authority = Buffer.from(plane.caData, 'base64').toString();
  const client = createApiClient({ server: plane.server, authority, token: plane.token });
  const kubectl = createKubectl({ path: plane.kubectl, kubeconfigPath: plane.kubeconfigPath, folder, signal });
  let operator: Operator | undefined;
  let fleets: Fleets | undefined;
  const close = async (): Promise<void> => {
    await operator?.stop();
    fleets?.close();
    client.close();
    await watchdog.close();
  };
  let closing: Promise<void> | undefined;
  const watched = (): Fleets => (fleets ??= watchFleets(client));
  return {
    screen,
    signal,
    plane,
    kubectl,
    get operator() {
      return operator;
    },
    get fleets() {
      return watched();
    },
    get hasFleets() {
      return fleets !== undefined;
    },
    startOperator: () => (operator = startOperator(watchdog, plane.kubeconfigPath, join(folder, 'operator.log'))),
    until: (isDone, what, timeoutMs) =>
      watched().until(isDone, { what, timeoutMs, signal, ...(operator && { failed: operator.failed }) }),
    close: () => (closing ??= close()),
  };
}

/** The table as it is now, in the look of the screen. */
export function tableOf({ fleets, screen }: Stage): readonly string[] {
  const look = { palette: screen.palette, width: screen.width - INDENT.length, members: screen.isLive };
  return tableLines(fleets.all(), look).map((line) => `${INDENT}${line}`);
}

/** Draws the table after each change, until the returned function is called. */
export function showTable(stage: Stage): () => void {
  const draw = (): void => stage.screen.live(tableOf(stage));
  const stop = stage.fleets.onChange(draw);
  draw();
  return () => {
    stop();
    draw();
    stage.screen.settle();
  };
}

/** The fleet with the longest hand-off: a volume that one machine at a time may hold, and most members. */
export function largestGated(fleets: readonly StoredNodeDeployment[]): StoredNodeDeployment {
  const gated = fleets.filter(({ spec }) => spec.storage !== undefined && spec.storage.accessMode !== 'ReadWriteMany');
  const [largest] = (gated.length > 0 ? gated : fleets).toSorted((a, b) => b.spec.replicas - a.spec.replicas);
  if (largest === undefined) throw new Error('there is no NodeDeployment any more');
  return largest;
}
