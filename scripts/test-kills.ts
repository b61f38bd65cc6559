// The kill test at full length: 50 kills of a PyTorch run with two DataLoader workers and augmentation.
// Not part of any suite: it takes a quarter of an hour and more. Another number: npm run test:kills -- 10
import { spawnSync } from 'node:child_process'
import { torchPython } from './torch-env.ts'

const python = await torchPython().catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
const env = { ...process.env, GONOGO_TEST_PYTHON: python, GONOGO_KILLS: process.argv[2] ?? '50' }
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--config',
  'vitest.torch.config.ts',
  'tests/torch/kills.test.ts',
]
process.exitCode = spawnSync(process.execPath, vitest, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1
