// Runs of two processes that end early: a lost rank, an interruption, another number of processes. Real commands, real kills.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkCode, type RunEvent } from '../../src/contract/index.ts'
import { effective, readJournal } from '../../src/record/index.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const ranks = fileURLToPath(new URL('ranks', import.meta.url))
const shared = fileURLToPath(new URL('../../corpus/shared/torch', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gonogo-world-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
  writeFileSync(join(folder, 'pyproject.toml'), '')
  const own = `import sys\nsys.path[:0] = [${JSON.stringify(shared)}, ${JSON.stringify(join(ranks, 'managed'))}]\n`
  const fault = (name: string, what: string) => `
    def on_epoch_end(self):
        if self.rank == 1 and self.progress.epoch == 20 and not os.path.exists("${name}.done"):
            open("${name}.done", "w").close()
            ${what}
`
  const managed = `${own}import os, signal\nimport importlib.util\nspec = importlib.util.spec_from_file_location("digits", ${JSON.stringify(join(ranks, 'managed/experiment.py'))})\nmodule = importlib.util.module_from_spec(spec)\nsys.modules["digits"] = module\nspec.loader.exec_module(module)\n\nclass Mine(module.Digits):\n`
  writeFileSync(join(folder, 'managed.py'), `${managed}    pass\n`)
  writeFileSync(join(folder, 'killed.py'), managed + fault('killed', 'os.kill(os.getpid(), signal.SIGKILL)'))
  writeFileSync(join(folder, 'raises.py'), managed + fault('raises', 'raise ValueError("only here")'))
  writeFileSync(join(folder, 'manual.py'), `${own}from ranks_base import Program\n\nclass Mine(Program):\n    pass\n`)
  for (const name of ['managed', 'interrupted', 'resized', 'killed', 'raises', 'manual'])
    writeFileSync(
      join(folder, `${name}.yaml`),
      `gonogo: 1
name: ${name}
experiment: ./${experimentOf(name)}.py
world: 2
threads: 1
train: { length: { epochs: 50 }, batch_size: 16 }
evaluate: { every: { epochs: 10 } }
checkpoint: { every: { steps: 45 } }
`,
    )
})

const experimentOf = (name: string): string => (['interrupted', 'resized'].includes(name) ? 'managed' : name)

/** Runs are named after their run file and what they depend on. */
const runOf = (name: string): string =>
  readdirSync(join(folder, 'runs')).find((run) => run === name || run.startsWith(`${name}-`)) ?? name

const skipAll = checkCode.options.flatMap((check) => ['--skip', `${check}=on trial elsewhere`])

type Outcome = { readonly code: number | null; readonly text: string }

/** Runs a command; `interruptAt`: sends Ctrl-C once the run's journal has this many steps. */
const gonogo = async (args: readonly string[], interrupt?: { run: string; at: number }): Promise<Outcome> => {
  const typed = args[0] === 'resume' ? ['resume', runOf(args[1] ?? ''), ...args.slice(2)] : args
  const child = spawn(process.execPath, ['--conditions=gonogo-source', main, ...typed], { cwd: folder })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const timer = setInterval(async () => {
    if (!interrupt || (await stepsOf(interrupt.run)) < interrupt.at) return
    clearInterval(timer)
    child.kill('SIGINT')
  }, 100)
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  clearInterval(timer)
  return { code, text }
}

const eventsOf = async (run: string): Promise<RunEvent[]> => {
  const { entries } = await readJournal(join(folder, 'runs', runOf(run), 'journal.jsonl'))
  return effective(entries.map(({ event }) => event))
}

const lossesOf = async (run: string): Promise<number[]> =>
  (await eventsOf(run)).flatMap((event) => (event.type === 'steps' ? event.records.map(({ loss }) => loss) : []))

const stepsOf = async (run: string): Promise<number> => {
  try {
    return (await lossesOf(run)).length
  } catch {
    return 0
  }
}

const endOf = async (run: string) => {
  const path = join(folder, 'runs', runOf(run))
  const last = (await eventsOf(run)).at(-1)
  if (last?.type !== 'ended' || last.reason !== 'length-reached')
    throw new Error(`no good end: ${JSON.stringify(last)}`)
  const latest = readFileSync(join(path, 'checkpoints', 'latest'), 'utf8').trim()
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(path, 'checkpoints', latest, name)))
      .digest('hex')
  return {
    files: ['model.safetensors', 'training.safetensors', 'rank1.safetensors'].map(hash),
    losses: await lossesOf(run),
    metrics: last.metrics,
  }
}

let unbroken: Awaited<ReturnType<typeof endOf>>
const steps = 50 * 13

it('trains to the end, twice the same', async () => {
  expect((await gonogo(['train', 'managed.yaml', ...skipAll])).code).toBe(0)
  unbroken = await endOf('managed')
  expect(unbroken.losses).toHaveLength(steps)
})

it('a rank killed with -9: one error that names it, checkpoints intact, and the resumed run ends bitwise the same', async () => {
  const { code, text } = await gonogo(['train', 'killed.yaml', ...skipAll])
  expect(code, text).toBe(1)
  expect(text).toContain('rank 1:')
  expect(text).toContain('SIGKILL')
  expect(text.match(/RANK_DIED/g)?.length ?? 0, text).toBeLessThanOrEqual(1)
  const resumed = await gonogo(['resume', 'killed'])
  expect(resumed.code, resumed.text).toBe(0)
  expect(await endOf('killed')).toEqual(unbroken)
})

it('a rank that raises: its own traceback, the others are ended', async () => {
  const { code, text } = await gonogo(['train', 'raises.yaml', ...skipAll])
  expect(code, text).not.toBe(0)
  expect(text).toContain('rank 1: ValueError: only here')
  expect(text).toContain('raises.py')
})

it('Ctrl-C: every rank ends after the same step, and the resumed run ends bitwise the same', async () => {
  const { code, text } = await gonogo(['train', 'interrupted.yaml', ...skipAll], { run: 'interrupted', at: 100 })
  expect(code, text).toBe(130)
  expect(await stepsOf('interrupted')).toBeLessThan(steps)
  const resumed = await gonogo(['resume', 'interrupted'])
  expect(resumed.code, resumed.text).toBe(0)
  expect(await endOf('interrupted')).toEqual(unbroken)
})

it('managed: goes on in one process, and in two again', async () => {
  expect((await gonogo(['train', 'resized.yaml', ...skipAll], { run: 'resized', at: 100 })).code).toBe(130)
  const one = await gonogo(['resume', 'resized', '--world', '1'], { run: 'resized', at: 300 })
  expect(one.code, one.text).toBe(130)
  expect(one.text).toContain('world')
  const two = await gonogo(['resume', 'resized'])
  expect(two.code, two.text).toBe(0)
  const { losses } = await endOf('resized')
  expect(losses).toHaveLength(steps)
  // dropout draws other noise; the course of the training is the same
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  expect(Math.abs(mean(losses.slice(-100)) - mean(unbroken.losses.slice(-100)))).toBeLessThan(0.1)
})

it('manual: its loader deals out samples by rank, so another number of processes is refused with that reason', async () => {
  expect((await gonogo(['train', 'manual.yaml', ...skipAll], { run: 'manual', at: 100 })).code).toBe(130)
  const one = await gonogo(['resume', 'manual', '--world', '1'])
  expect(one.code, one.text).not.toBe(0)
  expect(one.text).toContain('deals out the samples by rank')
  expect((await gonogo(['resume', 'manual'])).code).toBe(0)
})

it('a batch that the ranks cannot share evenly is refused', async () => {
  writeFileSync(
    join(folder, 'odd.yaml'),
    readFileSync(join(folder, 'managed.yaml'), 'utf8').replace('batch_size: 16', 'batch_size: 15'),
  )
  const { code, text } = await gonogo(['check', 'odd.yaml'])
  expect(code, text).toBe(2)
  expect(text).toContain('train.batch_size: 15, world: 2')
})
