// How the demo ends: by itself, by a failure, or because somebody wants it to.
import { constants } from 'node:os';

/** Why the demo was interrupted. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** As a shell reports a process that a signal ended: 130 for Ctrl-C. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(signal);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** npm and make may pass on a Ctrl-C that the terminal has sent to all of us already. */
const SAME_PRESS_MS = 300;

/**
 * A signal that aborts with `Interrupted` at the first Ctrl-C, SIGTERM or SIGHUP. A second one exits at once: the
 * watchdogs then end what was started.
 */
export function interruptSignal(onInterrupt: () => void): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interrupted = new Interrupted(name);
      if (firstAt !== undefined && performance.now() - firstAt > SAME_PRESS_MS) process.exit(interrupted.exitCode);
      if (firstAt !== undefined) return;
      firstAt = performance.now();
      onInterrupt();
      controller.abort(interrupted);
    });
  }
  return controller.signal;
}
