import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { GonogoError, StateReport, StepRecord, TrainProbe } from '../contract/index.ts'
import type { Subject } from './engine.ts'
import { experimentText, requestFor, writeExperiment } from './experiment.fixture.ts'
import { engineFor } from './index.ts'

const open: Subject[] = []
afterEach(async () => {
  for (const subject of open.splice(0)) await subject[Symbol.asyncDispose]()
})

const engineOf = (path: string, options: Record<string, unknown> = {}) =>
  engineFor(path, { engine: { embedded: options } }, { folder: dirname(path), log: null })

const opened = async (text?: string, changed: Parameters<typeof requestFor>[1] = {}): Promise<Subject> => {
  const path = writeExperiment(text)
  const subject = await engineOf(path).open(requestFor(path, changed))
  open.push(subject)
  return subject
}

const stepsOf = async (
  subject: Subject,
  steps: number,
  probe: Omit<TrainProbe, 'steps'> = {},
): Promise<StepRecord[]> => {
  const all: StepRecord[] = []
  for await (const records of subject.train({ steps, ...probe })) all.push(...records)
  return all
}

const digests = async (subject: Subject): Promise<Map<string, string>> => {
  const { sections }: StateReport = await subject.state({ op: 'digest' })
  return new Map(sections.map(({ section, digest }) => [section, digest]))
}

const failure = async (work: Promise<unknown>): Promise<GonogoError> => {
  try {
    await work
  } catch (error) {
    return error as GonogoError
  }
  throw new Error('it did not fail')
}

describe('a described experiment', () => {
  it('is opened by the process that described it, where the request is the one that was announced', async () => {
    const text = `import { appendFileSync } from 'node:fs'\nappendFileSync(new URL('imports', import.meta.url), 'x')\n${experimentText()}`
    for (const [seed, imports] of [
      [0, 'x'],
      [1, 'xx'],
    ] as const) {
      const path = writeExperiment(text)
      await using engine = engineOf(path)
      const next = requestFor(path, { seed: 0 })
      expect((await engine.describe({ experiment: path, config: next.config }, next)).schema).not.toBeNull()
      await using subject = await engine.open({ ...next, seed })
      expect(subject.facts.steps).toBe(28)
      expect(readFileSync(join(dirname(path), 'imports'), 'utf8')).toBe(imports)
    }
  })
})

describe('an opened experiment', () => {
  it('trains with partial last batches and reports where it stands', async () => {
    const subject = await opened()
    expect(subject.facts).toMatchObject({ stepsPerEpoch: 7, steps: 28, samples: { train: 50, val: 21 } })
    const records = await stepsOf(subject, 9)
    expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(records.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1, 1, 1, 1, 2, 2])
    expect(records.map(({ samples }) => samples.count)).toEqual([8, 8, 8, 8, 8, 8, 2, 8, 8])
    expect(new Set(records.map(({ samples }) => samples.digest)).size).toBe(9)
    expect(records[0]?.loss).toBeGreaterThan(0.5)
  })

  it('names tensors as PyTorch does, and the line that made each', async () => {
    const { facts } = await opened()
    expect(facts.tensors.map(({ name }) => name)).toContain('norm.running_var')
    expect(facts.tensors.find(({ name }) => name === 'norm.running_var')).toMatchObject({
      kind: 'buffer',
      trainable: false,
    })
    expect(facts.tensors.find(({ name }) => name === 'fc.weight')?.where).toMatch(/^experiment\.ts:\d+:\d+$/)
    expect(facts.code.map(({ path }) => path)).toEqual(['experiment.ts'])
  })

  it('goes on bitwise after a save and a load into a fresh process, in mid-epoch and at its end', async () => {
    for (const at of [3, 7, 10]) {
      const dir = mkdtempSync(join(tmpdir(), 'gonogo-persist-'))
      const straight = await opened()
      await stepsOf(straight, at)
      await straight.persist({ op: 'save', dir, harness: { note: Number.NaN } })
      const wanted = await stepsOf(straight, 9)
      const fresh = await opened()
      expect((await fresh.persist({ op: 'load', dir })).harness).toEqual({ note: Number.NaN })
      const got = await stepsOf(fresh, 9)
      const plain = (records: StepRecord[]) => records.map(({ seconds: _, wait: __, memory: ___, ...rest }) => rest)
      expect(plain(got)).toEqual(plain(wanted))
      expect(await digests(fresh)).toEqual(await digests(straight))
    }
  })

  it('restores what it captured, and scrambling a section changes that section alone', async () => {
    const subject = await opened()
    await stepsOf(subject, 3)
    const before = await digests(subject)
    expect([...before.keys()]).toEqual(['parameters', 'buffers', 'optimizer', 'rng', 'position', 'counters'])
    await subject.state({ op: 'capture', slot: 'a' })
    for (const section of before.keys()) {
      await subject.state({ op: 'scramble', section: section as 'buffers' })
      const after = await digests(subject)
      expect([...before.keys()].filter((name) => after.get(name) !== before.get(name))).toEqual([section])
      await subject.state({ op: 'restore', slot: 'a' })
      expect(await digests(subject)).toEqual(before)
    }
  })

  it('puts position and seed of one process into another, and nothing else', async () => {
    const there = await opened()
    await stepsOf(there, 3)
    const dir = mkdtempSync(join(tmpdir(), 'gonogo-place-'))
    await there.state({ op: 'export', dir })
    const here = await opened(undefined, { seed: 9 })
    const before = await digests(here)
    await here.state({ op: 'import', dir })
    const after = await digests(here)
    for (const section of ['rng', 'position']) expect(after.get(section)).toBe((await digests(there)).get(section))
    for (const section of ['parameters', 'buffers', 'optimizer', 'counters'])
      expect(after.get(section)).toBe(before.get(section))
  })

  it('evaluates the same at every batch size and leaves no trace', async () => {
    const subject = await opened()
    await stepsOf(subject, 5)
    const before = await digests(subject)
    const whole = await subject.evaluate({ batchSize: 21, perSample: true })
    const pieces = await subject.evaluate({ batchSize: 4 })
    expect(pieces.batches).toBe(6)
    expect(pieces.metrics.loss).toBeCloseTo(whole.metrics.loss ?? 0, 6)
    expect(pieces.metrics.accuracy).toBe(whole.metrics.accuracy)
    expect(whole.perSample).toMatchObject({ count: 21, outputs: { shape: [3] }, targets: { shape: [] } })
    expect(await digests(subject)).toEqual(before)
  })

  it('repeats a frozen batch without moving the data position, and learns it', async () => {
    const subject = await opened()
    const before = await digests(subject)
    let last: StepRecord | undefined
    for await (const records of subject.train({
      steps: 200,
      batch: { frozen: 8 },
      regularisation: false,
      learningRate: 0.03,
      observe: true,
    }))
      last = records.at(-1)
    expect(last?.loss).toBeLessThan(0.05)
    expect(Object.keys(last?.parameters ?? {})).toContain('head.weight')
    expect((await digests(subject)).get('position')).toBe(before.get('position'))
  })

  it('evaluates the samples that a batch was made of, where a limit leaves some of them', async () => {
    const model = 'model: () => nn.module({ fc: nn.linear(4, 3) }, (m, x: Tensor<2>) => m.fc(x)),'
    const subject = await opened(experimentText({ model }), { limit: { trainBatches: 2, valSamples: null } })
    const ids = (await subject.data({ frozen: 8 })).map(({ id }) => id)
    const [batch] = await stepsOf(subject, 1, {
      batch: { ids: [ids] },
      regularisation: false,
      learningRate: 0,
    })
    const { metrics, samples } = await subject.evaluate({ split: 'train', ids })
    expect(samples).toBe(8)
    expect(metrics.loss).toBeCloseTo(batch?.loss ?? Number.NaN, 5)
  })

  it('ends after the step it is in when the reader leaves', async () => {
    const subject = await opened(undefined, { length: { steps: 100_000 } })
    for await (const records of subject.train({ steps: 100_000 })) if ((records.at(-1)?.step ?? 0) >= 5) break
    const [record] = await stepsOf(subject, 1)
    expect(record?.step).toBeGreaterThan(5)
    expect(record?.step).toBeLessThan(50_000)
  })

  it('runs a TypeScript enum', async () => {
    const subject = await opened(
      experimentText({
        head: `import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
enum Size { Small = 'small', Large = 'large' }
`,
        config:
          'config: { width: z.int().default(4), dropout: z.number().default(0), size: z.enum(Size).default(Size.Large) },',
      }),
    )
    expect(await stepsOf(subject, 1)).toHaveLength(1)
  })
})

describe('an experiment that cannot be opened says why', () => {
  const openError = (text: string, changed = {}) => failure(opened(text, changed))

  it('throws at import', async () => {
    const path = writeExperiment(`throw new Error('no such GPU')\n${experimentText()}`)
    const error = await failure(engineOf(path).describe({ experiment: path, config: {} }))
    expect(error).toMatchObject({ code: 'EXPERIMENT_IMPORT', seen: 'Error: no such GPU', where: `${path}:1:7` })
  })

  it('exports nothing', async () => {
    const error = await openError('export const experiment = 1\n')
    expect(error).toMatchObject({ code: 'EXPERIMENT_EXPORT', seen: 'exports experiment' })
  })

  it('is no TypeScript', async () => {
    expect(await openError('export default defineExperiment({\n')).toMatchObject({ code: 'EXPERIMENT_SYNTAX' })
  })

  it('takes for ever to import', async () => {
    const path = writeExperiment(`await new Promise(() => {})\n${experimentText()}`)
    const error = await failure(engineOf(path, { import_seconds: 1 }).describe({ experiment: path, config: {} }))
    expect(error).toMatchObject({ code: 'EXPERIMENT_TIMEOUT', seen: 'still importing after 1 s' })
  })

  it('blocks its thread for ever while importing', async () => {
    const path = writeExperiment(`for (;;) {}\n${experimentText()}`)
    const error = await failure(engineOf(path, { import_seconds: 1 }).describe({ experiment: path, config: {} }))
    expect(error.code).toBe('EXPERIMENT_TIMEOUT')
  })

  it('dies while it opens, and its last words are shown', async () => {
    const error = await openError(
      experimentText({ data: "data: () => { console.log('reading the shards'); process.exit(7) }," }),
    )
    expect(error).toMatchObject({ code: 'WORKER_DIED', seen: 'exit code 7' })
    expect(error.trace).toContain('reading the shards')
  })

  it.each([
    [
      'fields of different length',
      'const input = new Float32Array(20); const label = Int32Array.of(0, 1)',
      { code: 'DATA_SHAPE', seen: 'input has 5, label has 2' },
    ],
  ])('has %s', async (_, lines, wanted) => {
    const data = `data: () => { ${lines}; const all = arrays({ input, label }, { input: { shape: [4] } }); return { train: all, val: all } },`
    expect(await openError(experimentText({ data }))).toMatchObject(wanted)
  })

  it('has an empty validation set', async () => {
    const data = `data: () => { const of = (n: number) => arrays({ input: new Float32Array(4 * n), label: new Int32Array(n) }, { input: { shape: [4] } }); return { train: of(5), val: of(0) } },`
    expect(await openError(experimentText({ data }))).toMatchObject({
      code: 'DATA_EMPTY',
      message: 'the val split is empty',
    })
  })

  it('has a layer that does not fit, and the line is shown', async () => {
    const error = await openError(
      experimentText({
        model: `model: (c) => nn.module({ fc: nn.linear(4, c.width), head: nn.linear(99, 3) },
    (m, x: Tensor<2>) => m.head(m.fc(x))),`,
      }),
    )
    expect(error).toMatchObject({ code: 'SHAPE_LINEAR', message: 'in head' })
    expect(error.where).toMatch(/experiment\.ts:\d+:28$/)
    expect(error.excerpt).toContain('m.head(m.fc(x))')
  })

  it('throws in its own data function, and the frame is its own', async () => {
    const error = await openError(experimentText({ data: "data: () => { throw new Error('disk on fire') }," }))
    expect(error).toMatchObject({ code: 'USER_CODE', message: 'Error: disk on fire' })
    expect(error.where).toMatch(/experiment\.ts:8:/)
  })
})

describe('a worker that stops answering', () => {
  it('is killed and named when its thread blocks in mid-run', async () => {
    const { WorkerProcess } = await import('./worker.ts')
    const script = join(mkdtempSync(join(tmpdir(), 'gonogo-mute-')), 'mute.mjs')
    writeFileSync(
      script,
      `import { createWriteStream } from 'node:fs'
createWriteStream('', { fd: 4 }).write('{"hello":{"protocol":1,"pid":1}}\\n', () => { for (;;) {} })`,
    )
    const worker = await WorkerProcess.start({
      command: process.execPath,
      args: [script],
      deadlines: { silence: 0.5 },
    })
    const error = await failure(worker.call('evaluate', {}))
    expect(error.code).toBe('WORKER_HUNG')
    await worker.close()
    expect(() => process.kill(worker.pid ?? 0, 0)).toThrow()
  })

  it('sends something that is no message', async () => {
    const { WorkerProcess } = await import('./worker.ts')
    const script = join(mkdtempSync(join(tmpdir(), 'gonogo-noise-')), 'noise.mjs')
    writeFileSync(
      script,
      `import { createWriteStream } from 'node:fs'\ncreateWriteStream('', { fd: 4 }).write('Loading…\\n')\nsetInterval(() => {}, 1000)`,
    )
    const error = await failure(WorkerProcess.start({ command: process.execPath, args: [script] }))
    expect(error).toMatchObject({ code: 'WORKER_PROTOCOL', seen: 'Loading…' })
  })

  it('cannot be started', async () => {
    const { WorkerProcess } = await import('./worker.ts')
    const error = await failure(WorkerProcess.start({ command: '/no/such/interpreter', args: [] }))
    expect(error.code).toBe('WORKER_NOT_STARTED')
  })
})
