// `unit` runs beside the code, without any server; `envtest` talks to a real etcd and API server that its global setup
// starts once (`make tools` has downloaded or built them); `contention` does so too, with races and outages; `docs`
// runs what the docs say on one of its own; `e2e` runs on real machines in containers.
import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Not one on two cores, as by default.
    maxWorkers: Math.min(4, Math.max(2, availableParallelism() - 1)),
    slowTestThreshold: 10_000,
    teardownTimeout: 60_000,
    // One after the other (`groupOrder`): vitest mixes no projects that differ in their number of workers.
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['{src,hack,test}/**/*.test.ts'],
          exclude: [
            'test/envtest/**',
            'test/contention/*.test.ts',
            'test/crash-points/*.test.ts',
            'test/walker/real/**',
            'test/docs/docs.test.ts',
            'test/e2e/**',
          ],
          // Ends a hang; on a busy machine some need longer than vitest's 5 s.
          testTimeout: 60_000,
          // Half of the time went into loading the same modules for each of 216 files: none of them keeps anything.
          isolate: false,
        },
      },
      {
        test: {
          name: 'envtest',
          sequence: { groupOrder: 1 },
          include: ['test/envtest/**/*.test.ts'],
          globalSetup: 'test/envtest/global-setup.ts',
          // They wait for a third of their time: on two cores, three files at a time take a fifth less than two. No more:
          // all of them share the servers.
          maxWorkers: 3,
          // Real servers on few cores: these limits only end a hang, they measure nothing.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'contention',
          sequence: { groupOrder: 2 },
          include: ['test/contention/*.test.ts'],
          globalSetup: 'test/contention/global-setup.ts',
          // One file is long, and starts servers again and again; the others wait most of their time.
          maxWorkers: 3,
          // Ends a hang; a minute of writes has to fit, also on a busy machine.
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'crash-points',
          sequence: { groupOrder: 3 },
          include: ['test/crash-points/*.test.ts'],
          globalSetup: 'test/crash-points/global-setup.ts',
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'walk',
          sequence: { groupOrder: 4 },
          include: ['test/walker/real/*.test.ts'],
          globalSetup: 'test/walker/real/global-setup.ts',
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'docs',
          sequence: { groupOrder: 5 },
          include: ['test/docs/docs.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 6 },
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/e2e/global-setup.ts',
          // One operator for all: a file that kills it disturbs every other.
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
