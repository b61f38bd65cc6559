// The suites that tests/testing.test.ts runs as a project would: some of them must fail.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['gonogo-source'] },
  ssr: { resolve: { conditions: ['gonogo-source', 'node', 'import', 'default'] } },
  test: { root: import.meta.dirname, include: ['*.suite.ts'], pool: 'forks', fileParallelism: false },
})
