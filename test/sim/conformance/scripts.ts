// The corpus. It runs against the model and against a real API server, and both have to answer the same.
import { BASICS } from './scripts/basics.ts';
import { DELETES } from './scripts/deletes.ts';
import { LOCKS } from './scripts/locks.ts';
import { MANAGERS } from './scripts/managers.ts';
import { PATCHES } from './scripts/patches.ts';
import { REFUSALS } from './scripts/refusals.ts';
import type { Script } from './steps.ts';

export const SCRIPTS: readonly Script[] = [BASICS, LOCKS, PATCHES, MANAGERS, DELETES, REFUSALS].flatMap((corpus) =>
  Object.entries(corpus).map(([name, steps]) => ({ name, steps })),
);
