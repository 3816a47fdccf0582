// Says what is going on while something takes long: a line when a step begins, with what the one before it took.

export interface Steps {
  /** Begins a step. */
  next(step: string): void;
  /** Ends the last one. */
  done(): void;
}

export function createSteps(print: (line: string) => void): Steps {
  let current: string | undefined;
  let startedAt = 0;
  const done = (): void => {
    if (current !== undefined) print(`  ${current}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    current = undefined;
  };
  return {
    next: (step) => {
      done();
      [current, startedAt] = [step, performance.now()];
      print(`• ${step} …`);
    },
    done,
  };
}
