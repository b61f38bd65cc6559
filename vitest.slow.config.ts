// The slow suite: real processes, real installs, the packed tarball, the commands of the README.
// Not for every day: `npm run test:slow`, and in CI.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['gonogo-source'] },
  ssr: { resolve: { conditions: ['gonogo-source', 'node', 'import', 'default'] } },
  test: {
    include: ['tests/slow/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    // most of them wait for processes that compute on one thread
    maxWorkers: 2,
  },
})
