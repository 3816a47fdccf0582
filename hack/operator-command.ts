// How the built operator is started, wherever this repository starts it as its users do: the same environment and flags
// of Node.js as in the image. What they give: docs/performance.md.
import { join, resolve } from 'node:path';

/** For glibc: the threads that compile share one arena, in place of one each that is never given back. */
export const OPERATOR_ENVIRONMENT = ['MALLOC_ARENA_MAX=1'] as const;
/** Read too early to be set by `main.ts`. */
export const OPERATOR_FLAGS = ['--max-semi-space-size=4'] as const;

/** A program and its first arguments; flags of the operator follow. `make build` first. */
export const OPERATOR_COMMAND: readonly [string, ...string[]] = [
  'env',
  ...OPERATOR_ENVIRONMENT,
  process.execPath,
  ...OPERATOR_FLAGS,
  join(resolve(import.meta.dirname, '..'), 'dist', 'main.js'),
];
