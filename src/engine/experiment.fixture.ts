// Small experiments written into a folder of their own, as a user's project would lie, and requests to open them.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenRequest } from '../contract/index.ts'

const parts = {
  head: `import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
`,
  config: 'config: { width: z.int().min(1).default(8), dropout: z.number().min(0).max(0.9).default(0.2) },',
  task: 'task: classification({ classes: 3 }),',
  data: `data: () => {
    const make = (n: number, from: number) => {
      const label = Int32Array.from({ length: n }, (_, i) => (i * 7 + from) % 3)
      const input = Float32Array.from({ length: n * 4 }, (_, i) => Math.sin(i * 12.9898 + from) + (label[Math.floor(i / 4)] ?? 0))
      return arrays({ input, label }, { input: { shape: [4] } })
    }
    return { train: make(50, 1), val: make(21, 2) }
  },`,
  model: `model: (c) => nn.module(
    { fc: nn.linear(4, c.width), norm: nn.batchNorm1d(c.width), drop: nn.dropout(c.dropout), head: nn.linear(c.width, 3) },
    (m, x: Tensor<2>) => m.head(m.drop(nn.relu(m.norm(m.fc(x)))))),`,
  optimizer: 'optimizer: () => optim.adamw({ learningRate: 1e-2 }),',
}

/** Text of a small healthy classification experiment; any part may be replaced by a broken one. */
export const experimentText = (changed: Partial<typeof parts> = {}): string => {
  const p = { ...parts, ...changed }
  return `${p.head}export default defineExperiment({\n  ${[p.config, p.task, p.data, p.model, p.optimizer].join('\n  ')}\n})\n`
}

/** Writes a project of one file; returns the file's path. */
export const writeExperiment = (text: string = experimentText()): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'gonogo-project-')), 'experiment.ts')
  writeFileSync(path, text)
  return path
}

export const requestFor = (experiment: string, changed: Partial<OpenRequest> = {}): OpenRequest => ({
  experiment,
  config: {},
  seed: 0,
  threads: 1,
  length: { epochs: 4 },
  batchSize: 8,
  evaluateBatchSize: 16,
  accumulate: 1,
  clipNorm: null,
  precision: 'float32',
  device: 'cpu',
  limit: { trainBatches: null, valSamples: null },
  ...changed,
})
