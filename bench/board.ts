// How fast the board reads journals: 100 runs × 10,000 steps, cold, idle, and with one run that grows; then charts of them.
// Not a test: figures depend on the machine. `--json` prints one document; `--runs N --steps N`.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { curvesOf } from '../src/board/curves.ts'
import { openProject } from '../src/board/project.ts'
import type { StepRecord } from '../src/contract/index.ts'
import { collectProvenance, createRun, openJournal, type RunFolder } from '../src/record/index.ts'
import { plan } from '../src/report/report.fixture.ts'

const flag = (name: string, otherwise: number) =>
  Number(process.argv[process.argv.indexOf(`--${name}`) + 1]) || otherwise
const runs = flag('runs', 100)
const steps = flag('steps', 10_000)
const group = 50
const root = mkdtempSync(join(tmpdir(), 'gonogo-bench-board-'))

const recordAt = (step: number, run: number): StepRecord => ({
  step,
  epoch: 1 + Math.floor(step / 1000),
  loss: 2 / (1 + step / 500) + 0.1 * Math.sin(step * 12.9898 + run),
  terms: { loss: 1.2345678901 + 1 / step },
  updates: [
    {
      optimizer: 'main',
      outcome: 'applied',
      learningRates: [0.001 * (1 - step / steps)],
      gradientNorm: 1.5 + Math.sin(step),
      clippedNorm: 1.5 + Math.sin(step),
    },
  ],
  samples: { count: 128, digest: '128:b92a3a36' },
  seconds: 0.0234567890123 + 1e-6 * run,
  wait: 0.0001234567,
})

const write = async (folder: RunFolder, run: number, from: number, to: number): Promise<void> => {
  await using journal = await openJournal(folder.journal)
  if (from === 1)
    journal.append({
      type: 'started',
      name: folder.name,
      fingerprint: 'f',
      steps: 2 * steps,
      epochs: 20,
      objective: 'val_accuracy',
      direction: 'max',
      seed: run,
    })
  for (let step = from; step <= to; step += group) {
    const records = Array.from({ length: Math.min(group, to - step + 1) }, (_, i) => recordAt(step + i, run))
    journal.append({ type: 'steps', records })
    if (step % 1000 === 1)
      journal.append({
        type: 'evaluated',
        step: step + group - 1,
        epoch: 1,
        metrics: { val_loss: 1 / step, val_accuracy: 1 - 1 / step },
        samples: 5000,
        seconds: 1,
      })
  }
}

const timed = async <T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> => {
  const start = performance.now()
  const result = await work()
  return { seconds: (performance.now() - start) / 1000, result }
}

try {
  const provenance = await collectProvenance({ folder: root, seed: 0, threads: 1, packages: {} })
  const folders: RunFolder[] = []
  for (let run = 0; run < runs; run++) {
    const folder = await createRun(root, { name: 'bench', runFile: 'gonogo: 1\n', plan, provenance, version: '0' })
    await write(folder, run, 1, steps)
    folders.push(folder)
  }
  const bytes = folders.reduce((sum, { journal }) => sum + statSync(journal).size, 0)
  const names = folders.map(({ run }) => run)
  const project = openProject(root)
  const asked = {
    metric: 'loss',
    axis: 'step',
    from: -Infinity,
    to: Infinity,
    width: 800,
    weight: 0.9,
    pinned: null,
  } as const
  const cold = await timed(() => project.refresh())
  const idle = await timed(() => project.refresh())
  await write(folders[0]!, 0, steps + 1, steps + 500)
  const grown = await timed(() => project.refresh())
  const one = await timed(() => curvesOf(project, { ...asked, runs: names.slice(0, 1) }))
  const again = await timed(() => curvesOf(project, { ...asked, runs: names.slice(0, 1) }))
  const several = names.slice(0, 50)
  const manyCold = await timed(() => curvesOf(project, { ...asked, runs: several }))
  const many = await timed(() => curvesOf(project, { ...asked, runs: several }))
  const milliseconds = (seconds: number) => Math.round(1e5 * seconds) / 100
  const figures = {
    cpu: cpus()[0]?.model ?? '',
    cores: availableParallelism(),
    node: process.version,
    runs,
    steps,
    journals: bytes,
    milliseconds: {
      tableCold: milliseconds(cold.seconds),
      tableIdle: milliseconds(idle.seconds),
      tableOneRunGrew: milliseconds(grown.seconds),
      chartOneRunCold: milliseconds(one.seconds),
      chartOneRun: milliseconds(again.seconds),
      chartFiftyRunsCold: milliseconds(manyCold.seconds),
      chartFiftyRuns: milliseconds(many.seconds),
    },
    chartFiftyRunsBytes: JSON.stringify(many.result).length,
    residentMegabytes: Math.round(process.memoryUsage().rss / 1e6),
  }
  console.log(process.argv.includes('--json') ? JSON.stringify(figures, null, 1) : figures)
} finally {
  rmSync(root, { recursive: true, force: true })
}
