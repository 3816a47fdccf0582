// After the acts: the cluster is the user's, until Ctrl-C.
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { aborted } from './fleets.ts';
import { INDENT } from './narration.ts';
import { largestGated, showTable, type Stage } from './stage.ts';
import { nameOf } from './table.ts';

/** Rejects with what the signal was aborted with, or because the operator has ended. */
export async function stay(stage: Stage): Promise<never> {
  const { screen, signal, operator } = stage;
  screen.print('The cluster stays until Ctrl-C. In another terminal, in this folder:');
  screen.print();
  for (const command of commands(stage)) screen.print(`${INDENT}${command}`);
  screen.print();
  const stopShowing = showTable(stage);
  try {
    return await Promise.race([aborted(signal), ...(operator === undefined ? [] : [operator.failed])]);
  } finally {
    stopShowing();
  }
}

function commands({ plane, screen, fleets }: Stage): readonly string[] {
  const { bold } = screen.palette;
  const fleet = largestGated(fleets.all());
  return [
    bold(`export KUBECONFIG=${plane.kubeconfigPath}`),
    ...(hasKubectl() ? [] : [bold(`export PATH="${dirname(plane.kubectl)}:$PATH"`)]),
    'kubectl apply -f your-own.yaml',
    'kubectl get nodedeployments,pods,pvc,volumeattachments',
    `kubectl scale nodedeployment ${nameOf(fleet)} --replicas=${fleet.spec.replicas + 1}`,
    `kubectl get nodedeployment ${nameOf(fleet)} -o jsonpath='{.status.conditions}'`,
  ];
}

function hasKubectl(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'kubectl')));
}
