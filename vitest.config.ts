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
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
});
