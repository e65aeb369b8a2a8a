import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What was tuned on this machine must not decide which engine is tested.
    env: { XDG_CACHE_HOME: join(tmpdir(), 'impulse-runtime-tests-cache') },
    // Two at a time: several suites start worker threads and child processes of their own.
    maxWorkers: 2,
  },
});
