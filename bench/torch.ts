// What the harness costs a PyTorch loop: gonogo managed and manual, and Lightning's Trainer, against bare loops on the same model,
// data and seed, interleaved. Not a test: figures depend on the machine. `--json` prints one document; `--rounds N`; the Python is
// that of GONOGO_PYTHON. Lightning runs without progress bar, logger, model summary and checkpointing.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkCode } from '../src/contract/index.ts'
import { train } from '../src/run.ts'
import { cpuBelow } from './processes.ts'
import { interval, median } from './statistics.ts'

type Bare = { readonly wall: number; readonly cpu: number; readonly first: number; readonly loss?: number }
type Ours = { readonly wall: number; readonly worker: number; readonly node: number; readonly first: number }
type Size = { readonly name: string; readonly microseconds: number; readonly warmUp: number; readonly steps: number }

const asJson = process.argv.includes('--json')
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 5
const python = process.env.GONOGO_PYTHON ?? 'python3'
const here = fileURLToPath(new URL('.', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'gonogo-bench-'))
for (const name of readdirSync(join(here, 'torch'))) cpSync(join(here, 'torch', name), join(scratch, name))
writeFileSync(join(scratch, 'package.json'), '{}')

const sizes: readonly Size[] = [
  { name: '5 ms', microseconds: 5000, warmUp: 50, steps: 400 },
  { name: '0.5 ms', microseconds: 500, warmUp: 400, steps: 4000 },
]
const skip = new Map(checkCode.options.map((code) => [code, 'benchmark']))
const env = { ...process.env, PYTHONPATH: `${join(here, '../python')}:${scratch}`, PYTHONDONTWRITEBYTECODE: '1' }

const inPython = async <T>(args: readonly (string | number)[], width?: number): Promise<T & { started: number }> => {
  const started = Date.now() / 1000
  const { stdout } = await promisify(execFile)(python, [join(scratch, 'bare.py'), ...args.map(String)], {
    env: { ...env, ...(width === undefined ? {} : { BENCH_WIDTH: String(width) }) },
  })
  return { ...(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T), started }
}

/** One run of `gonogo train` in this process; its worker is the only process below it. */
const ours = async (kind: 'managed' | 'manual', { warmUp, steps }: Size, width: number): Promise<Ours> => {
  const total = warmUp + 2 * steps
  const file = join(scratch, `${kind}.run.yaml`)
  writeFileSync(
    file,
    `gonogo: 1
name: bench
experiment: ./${kind}.py
threads: 1
train: { length: { steps: ${total} }, batch_size: 64 }
evaluate: { every: { steps: ${total} } }
checkpoint: { every: { steps: ${total} } }
`,
  )
  process.env.BENCH_WIDTH = String(width)
  process.env.PYTHONPATH = scratch
  type Mark = { step: number; wall: number; worker: number; node: number }
  const marks: Mark[] = []
  let first = 0
  const started = Date.now() / 1000
  const now = (step: number): Mark => {
    const { user, system } = process.cpuUsage()
    return { step, wall: performance.now() / 1000, worker: cpuBelow(process.pid), node: (user + system) / 1e6 }
  }
  await train(file, {
    skip,
    on: (progress) => {
      if (progress.type !== 'event' || progress.event.type !== 'steps') return
      const step = progress.event.records.at(-1)?.step ?? 0
      if (first === 0) first = Date.now() / 1000 - started
      if (marks.length === 0 ? step >= warmUp : marks.length === 1 && step >= warmUp + steps) marks.push(now(step))
    },
  })
  const [from, to] = marks
  if (!from || !to) throw new Error('the run was too short to be measured')
  const each = steps / (to.step - from.step)
  return {
    wall: (to.wall - from.wall) * each,
    worker: (to.worker - from.worker) * each,
    node: (to.node - from.node) * each,
    first,
  }
}

const told = (values: readonly number[]) => ({ median: median(values), interval95: interval(values) })

/** Packages that were compared, and what of the machine the figures depend on. */
const versions = async (): Promise<Record<string, string>> => {
  const script =
    'import json,platform,torch,lightning; print(json.dumps({"python": platform.python_version(), "torch": torch.__version__, "lightning": lightning.__version__}))'
  return JSON.parse((await promisify(execFile)(python, ['-c', script], { env })).stdout) as Record<string, string>
}

const report: Record<string, unknown> = {
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  load: loadavg()[0],
  threads: 1,
  node: process.versions.node,
  ...(await versions()),
  rounds,
}

try {
  mkdirSync(join(scratch, 'runs'))
  process.env.GONOGO_PYTHON = python
  for (const size of sizes) {
    const { width, microseconds } = await inPython<{ width: number; microseconds: number }>([
      'size',
      size.microseconds,
      0,
    ])
    const measured: Record<'slices' | 'loader' | 'lightning', (Bare & { started: number })[]> = {
      slices: [],
      loader: [],
      lightning: [],
    }
    const runs: Record<'managed' | 'manual', Ours[]> = { managed: [], manual: [] }
    for (let round = 0; round < rounds; round++) {
      const outside = async (kind: 'slices' | 'loader' | 'lightning') =>
        measured[kind].push(await inPython<Bare>([kind, size.warmUp, size.steps], width))
      await outside('slices')
      runs.managed.push(await ours('managed', size, width))
      await outside('loader')
      runs.manual.push(await ours('manual', size, width))
      await outside('lightning')
    }
    const perStep = (seconds: readonly number[]) => told(seconds.map((value) => (value / size.steps) * 1e6))
    const paired = (kind: 'managed' | 'manual', bare: 'slices' | 'loader') => {
      const pairs = runs[kind].map((one, i) => ({ one, bare: measured[bare][i] as Bare & { started: number } }))
      return {
        harnessCpuMicrosecondsPerStep: {
          worker: perStep(pairs.map(({ one, bare }) => one.worker - bare.cpu)),
          node: perStep(pairs.map(({ one }) => one.node)),
          together: perStep(pairs.map(({ one, bare }) => one.worker + one.node - bare.cpu)),
        },
        wallRatio: told(pairs.map(({ one, bare }) => one.wall / bare.wall)),
        firstStepSeconds: told(pairs.map(({ one }) => one.first)),
        firstStepSecondsBare: told(pairs.map(({ bare }) => bare.first - bare.started)),
        firstStepSecondsBeyondBare: told(pairs.map(({ one, bare }) => one.first - (bare.first - bare.started))),
      }
    }
    const beside = measured.lightning.map((one, i) => ({ one, bare: measured.loader[i] as Bare }))
    report[size.name] = {
      width,
      calibratedMicroseconds: microseconds,
      steps: size.steps,
      bareMicrosecondsPerStep: {
        slices: perStep(measured.slices.map(({ wall }) => wall)),
        loader: perStep(measured.loader.map(({ wall }) => wall)),
      },
      managed: paired('managed', 'slices'),
      manual: paired('manual', 'loader'),
      lightning: {
        cpuMicrosecondsPerStep: perStep(beside.map(({ one, bare }) => one.cpu - bare.cpu)),
        wallRatio: told(beside.map(({ one, bare }) => one.wall / bare.wall)),
        firstStepSecondsBeyondBare: told(
          measured.lightning.map(
            (one, i) =>
              one.first - one.started - ((measured.loader[i]?.first ?? 0) - (measured.loader[i]?.started ?? 0)),
          ),
        ),
      },
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
if (asJson) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
else for (const [key, value] of Object.entries(report)) process.stdout.write(`${key}: ${JSON.stringify(value)}\n`)
// libuv may still hold a worker's pipe
process.exit(0)
