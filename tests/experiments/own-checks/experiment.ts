// Four clouds of points and a linear layer, with checks of its own. `bug` plants what each of them is there for.
import { classification, defineExperiment, go, noGo, skipped, warn } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const clouds = (samples: number, turn: number, oneClass: boolean) => {
  const input = new Float32Array(2 * samples)
  const label = new Int32Array(samples)
  for (let i = 0; i < samples; i++) {
    const angle = turn + 0.7 * i
    const radius = 0.3 * ((i % 16) / 16)
    label[i] = oneClass && i % 8 > 0 ? 0 : i % 4
    input[2 * i] = (i % 2 === 0 ? 1 : -1) + radius * Math.cos(angle)
    input[2 * i + 1] = (i % 4 < 2 ? 1 : -1) + radius * Math.sin(angle)
  }
  return arrays({ input, label }, { input: { shape: [2] } })
}

export default defineExperiment({
  config: {
    bug: z.enum(['none', 'one-class', 'crash', 'no-answer', 'hang']).default('none'),
  },
  task: classification({ classes: 4 }),
  data: (c) => ({ train: clouds(512, 0, c.bug === 'one-class'), val: clouds(128, 0.3, false) }),
  model: () => nn.module({ head: nn.linear(2, 4) }, (m, x: Tensor<2>) => m.head(x)),
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
  checks: {
    'classes-balanced': {
      run: async (subject) => {
        const samples = await subject.data({ split: 'train', limit: 500, spread: true })
        const counts = Map.groupBy(samples, ({ target }) => target)
        const largest = Math.max(...[...counts.values()].map((members) => members.length)) / samples.length
        const said = { seen: { classes: counts.size, 'largest share': largest }, expected: 'at most 0.5 in one class' }
        return largest > 0.5 ? noGo('one class has most of the samples', said) : go('no class dominates', said)
      },
    },
    'learns-early': {
      at: 'trained',
      after: ['O1'],
      run: async (subject, { config }) => {
        if (config.bug === 'crash') throw new Error('a mistake in the check')
        if (config.bug === 'no-answer') return undefined as never
        if (config.bug === 'hang') for (;;) await new Promise((later) => setTimeout(later, 1000))
        const { metrics } = await subject.evaluate()
        const said = { seen: `val_accuracy ${metrics.accuracy} after the first steps`, expected: 'above chance, 0.25' }
        return (metrics.accuracy ?? 0) > 0.25 ? go('above chance after a few steps', said) : warn('slow to start', said)
      },
    },
    'needs-a-gpu': { run: () => skipped('this project has no GPU here') },
  },
})
