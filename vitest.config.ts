import { defineConfig } from 'vitest/config';

// Tests are priced by their suffix: .spec runs in memory, .int.spec needs a real log or Postgres,
// .e2e.spec goes through HTTP or a child process.
export default defineConfig({
  ssr: { resolve: { conditions: ['development', 'node'] } },
  resolve: { conditions: ['development', 'node'] },
  test: {
    include: ['{apps,libs,test}/**/*.spec.ts'],
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['test/draw-as-written.ts'],
    // Bounds, not promises: a machine that is busy with something else makes no test fail.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 240_000, interval: 20 } },
    reporters: ['default'],
  },
});
