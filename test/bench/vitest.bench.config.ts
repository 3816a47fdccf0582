// `make bench-micro`: vitest's benchmarks, one file at a time, for they measure each other where they share a core.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [],
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    benchmark: { include: ['test/bench/**/*.bench.ts'] },
  },
});
