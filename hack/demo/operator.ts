// The operator as a user would run it: a process of its own, with its log in a file. It never outlives the demo.
import { existsSync } from 'node:fs';

import { resolvesWithin, systemClock } from '../../src/runtime/clock.ts';
import { tail, type RunningProgram, type Watchdog } from '../control-plane/child-process.ts';
import { OPERATOR_COMMAND } from '../operator-command.ts';

/** It finishes the reconciles under way first. */
const STOP_GRACE_MS = 10_000;

export interface Operator {
  readonly pid: number;
  readonly logPath: string;
  /** Rejects when it ends without having been stopped; never resolves. */
  readonly failed: Promise<never>;
  /** SIGTERM and, where that does not end it within 10 s, SIGKILL. Resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
}

/** Its log is appended to: a restarted operator goes on where its predecessor ended. */
export function startOperator(watchdog: Watchdog, kubeconfigPath: string, logPath: string): Operator {
  // Ports of the system's choice: two demos, or one beside another operator, do not meet.
  const ports = ['--metrics-bind-address=127.0.0.1:0', '--health-probe-bind-address=127.0.0.1:0'];
  const [command, ...args] = [
    ...OPERATOR_COMMAND,
    '--kubeconfig',
    kubeconfigPath,
    '--log-format',
    'json',
    '--leader-elect=false',
    ...ports,
  ];
  const program = watchdog.start({ name: 'operator', command, args, logPath });
  let isStopped = false;
  const failed = program.ended.then((): Promise<never> => {
    if (isStopped) return new Promise(() => {});
    throw new Error(`the operator ended by itself: ${program.end}`);
  });
  // Whoever waits for something else as well hears of it; before that nobody may.
  failed.catch(() => {});
  return {
    pid: program.pid,
    logPath,
    failed,
    stop: () => {
      isStopped = true;
      return terminate(program);
    },
  };
}

/** The last lines of a log; `(empty)` for none. */
export function endOf(logPath: string): string {
  const text = existsSync(logPath) ? tail(logPath, 12) : '';
  return text === '' ? '  (empty)' : text.replaceAll(/^/gm, '  ');
}

async function terminate(program: RunningProgram): Promise<void> {
  program.signal('SIGTERM');
  if (await resolvesWithin(systemClock, STOP_GRACE_MS, program.ended)) return;
  program.signal('SIGKILL');
  await program.ended;
}
