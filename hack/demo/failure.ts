// What a failed demo says: what was waited for, how far it had come, and where the logs are.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StartedControlPlane } from '../control-plane/control-plane.ts';
import { endOf } from './operator.ts';
import type { Screen } from './screen.ts';
import { tableOf, type Stage } from './stage.ts';

/** Before anything is stopped: the logs are copied to where they stay. */
export function explainFailure(
  screen: Screen,
  error: unknown,
  plane: StartedControlPlane | undefined,
  stage: Stage | undefined,
): void {
  screen.print();
  screen.print(screen.palette.bad(`failed: ${messageOf(error)}`));
  if (stage?.hasFleets) for (const line of ['last status:', ...tableOf(stage)]) screen.print(line);
  const logPath = stage?.operator?.logPath;
  if (logPath !== undefined) screen.print(`the end of the operator's log:\n${endOf(logPath)}`);
  if (plane !== undefined) screen.print(`all logs: ${keepLogs(plane, logPath)}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Copies the logs out of the folders that are removed in the end. Returns where they are. */
function keepLogs(plane: StartedControlPlane, operatorLog: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-logs-'));
  for (const component of ['etcd', 'apiserver', 'controller-manager', 'scheduler', 'kwok', 'storage'] as const) {
    writeFileSync(join(folder, `${component}.log`), plane.log(component));
  }
  if (operatorLog !== undefined) writeFileSync(join(folder, 'operator.log'), readFileSync(operatorLog));
  return folder;
}
