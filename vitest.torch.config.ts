// The half of the tests that needs PyTorch: run by scripts/test-torch.ts, which sets GONOGO_TEST_PYTHON.
// Not part of `npm test`: that one needs no Python.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['gonogo-source'] },
  ssr: { resolve: { conditions: ['gonogo-source', 'node', 'import', 'default'] } },
  test: {
    include: ['tests/torch/**/*.test.ts'],
    globalSetup: ['tests/torch/needs-python.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    // most programs here compute on one thread
    maxWorkers: 2,
  },
})
