// `make run`: the operator at work, from nothing to a rolling fleet, on a control plane of its own.
// Usage: node hack/demo.ts [--once]
//
// Guarantees: whatever it has started is gone when it ends, however it ends; nothing outside temporary folders and the
// cache of tools is written. Exit code 0 after all acts (without --once: after the Ctrl-C that ends the stay), 1 when an
// act fails (the logs are kept then), 2 for a wrong command line, 130 for a Ctrl-C before the end.
import { readArguments } from './arguments.ts';
import type { StartedControlPlane } from './control-plane/control-plane.ts';
import { applySamples, doubleReconcile, handOff, installOperator, startPlane } from './demo/acts.ts';
import { Interrupted, interruptSignal } from './demo/ending.ts';
import { explainFailure } from './demo/failure.ts';
import { aborted } from './demo/fleets.ts';
import { since } from './demo/narration.ts';
import { paletteFor } from '../src/plugin/palette.ts';
import { createScreen, type Screen } from './demo/screen.ts';
import { openStage, type Stage } from './demo/stage.ts';
import { stay } from './demo/stay.ts';

async function main(): Promise<number> {
  const { once: isOnce = false } = readArguments('make run', 'ONCE=1', { once: { type: 'boolean' } });
  const isTerminal = process.stdout.isTTY;
  const isLive = isTerminal && !process.env['CI'] && process.env['TERM'] !== 'dumb';
  const screen = createScreen(process.stdout, paletteFor(isTerminal, process.env), isLive);
  const signal = interruptSignal(() => screen.end('stopping …'));
  // Whoever read us has gone away, as `head` does, or the terminal has.
  process.stdout.on('error', () => process.exit(1));
  return run(screen, signal, isOnce);
}

async function run(screen: Screen, signal: AbortSignal, isOnce: boolean): Promise<number> {
  const startedAt = performance.now();
  let plane: StartedControlPlane | undefined;
  let stage: Stage | undefined;
  let isStaying = false;
  try {
    // Its start cannot be interrupted; if we end meanwhile, its watchdog clears up.
    plane = await Promise.race([startPlane(screen), aborted(signal)]);
    stage = openStage(plane, screen, signal);
    for (const act of [installOperator, applySamples, handOff, doubleReconcile]) {
      signal.throwIfAborted();
      await act(stage);
    }
    screen.print();
    screen.print(screen.palette.bold(screen.palette.good(`All five acts in ${since(startedAt)}.`)));
    if (isOnce) return 0;
    isStaying = true;
    return await stay(stage);
  } catch (error) {
    screen.settle();
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (reason instanceof Interrupted) return isStaying ? 0 : reason.exitCode;
    explainFailure(screen, reason, plane, stage);
    return 1;
  } finally {
    await stage?.close();
    await plane?.stop();
  }
}

// A control plane that is still starting when we are interrupted would keep us here.
process.exit(await main());
