// How a test tells what it has measured: the figures go with its result to the report in the end.
import { onTestFinished } from 'vitest';

import type { Figures } from './report.ts';

declare module 'vitest' {
  interface TaskMeta {
    figures?: Figures;
  }
}

/** Adds to the figures of the test that runs; a figure that is measured again replaces the one before. */
export function measure(figures: Figures): void {
  onTestFinished(({ task }) => {
    task.meta.figures = { ...task.meta.figures, ...figures };
  });
}
