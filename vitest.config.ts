import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['gonogo-source'] },
  ssr: { resolve: { conditions: ['gonogo-source', 'node', 'import', 'default'] } },
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'corpus/*.test.ts'],
    exclude: ['tests/torch/**', 'tests/slow/**', '**/node_modules/**'],
    globalSetup: ['tests/scratch.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // by default one core is left alone; the tests wait for processes more than they compute
    maxWorkers: 2,
  },
})
