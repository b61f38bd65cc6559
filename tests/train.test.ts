// Whole runs through run.ts: real processes, real run folders, the ways in which a run ends, and what stands in its way.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkCode, type GonogoError, type RunEvent } from '../src/contract/index.ts'
import { experimentText, writeExperiment } from '../src/engine/experiment.fixture.ts'
import { effective, readJournal } from '../src/record/index.ts'
import { resume, type TrainResult, train } from '../src/run.ts'

const skip = new Map(checkCode.options.map((check) => [check, 'on trial elsewhere']))
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const home = process.cwd()
afterEach(() => process.chdir(home))

/** A project in a folder of its own; returns the path of its run file. */
const project = (run: string, text = experimentText(), name = 'small'): string => {
  const folder = dirname(writeExperiment(text))
  writeFileSync(join(folder, 'package.json'), '{}')
  const file = join(folder, `${name}.run.yaml`)
  writeFileSync(file, `gonogo: 1\nname: ${name}\nexperiment: ./experiment.ts\nthreads: 1\n${run}`)
  process.chdir(folder)
  return file
}

const short = `train: { length: { steps: 60 }, batch_size: 8 }
evaluate: { every: { steps: 20 } }
checkpoint: { every: { steps: 10 } }
`

const eventsOf = async (result: { folder: string }): Promise<RunEvent[]> =>
  effective((await readJournal(join(result.folder, 'journal.jsonl'))).entries.map(({ event }) => event))

const lossesOf = (events: readonly RunEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'steps' ? event.records.map(({ loss }) => loss) : []))

const weightsOf = (result: TrainResult): string => {
  const latest = readFileSync(join(result.folder, 'checkpoints', 'latest'), 'utf8').trim()
  return readFileSync(join(result.folder, 'checkpoints', latest, 'model.safetensors')).toString('base64')
}

const failure = async (work: Promise<unknown>): Promise<GonogoError> => {
  try {
    await work
  } catch (error) {
    return error as GonogoError
  }
  throw new Error('it did not fail')
}

describe('a run', () => {
  it('validates first, trains to its length, keeps the best, and leaves a complete folder', async () => {
    const file = project(short)
    const result = await train(file, { skip })
    expect(result).toMatchObject({ verdict: 'GO', steps: 60, exit: 0, stop: { reason: 'length-reached' } })
    const events = await eventsOf(result)
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual(['started', 'preflight', 'evaluated'])
    expect(events.filter((event) => event.type === 'evaluated').map(({ step }) => step)).toEqual([0, 20, 40, 60])
    expect(lossesOf(events)).toHaveLength(60)
    expect(result.best?.metric).toBe('val_accuracy')
    expect(result.checkpoints.map(({ name }) => name)).toContain(result.best?.checkpoint)
    expect(readFileSync(join(result.folder, 'run.yaml'), 'utf8')).toBe(readFileSync(file, 'utf8'))
    expect(readdirSync(result.folder).sort()).toEqual(
      expect.arrayContaining([
        'checkpoints',
        'journal.jsonl',
        'log.txt',
        'plan.json',
        'preflight.html',
        'preflight.json',
        'provenance.json',
        'run.json',
        'run.yaml',
        'tensorboard',
      ]),
    )
    const plan = JSON.parse(readFileSync(join(result.folder, 'plan.json'), 'utf8'))
    expect(plan.run.config).toEqual({ width: 8, dropout: 0.2 })
    expect(plan.run.checkpoint.keep).toEqual({ latest: 2, best: 1, top: 0 })
  })

  it('stops when its loss is not a number, and keeps the checkpoints from before', async () => {
    const result = await train(
      project(short, experimentText({ optimizer: 'optimizer: () => optim.sgd({ learningRate: 1e30 }),' })),
      { skip },
    )
    expect(result).toMatchObject({ exit: 4, stop: { reason: 'not-finite' } })
    expect(result.steps).toBeLessThan(10)
    expect(result.checkpoints).toEqual([])
  })

  it('stops by patience where the run file says so, and can be resumed', async () => {
    const still = experimentText({ optimizer: 'optimizer: () => optim.sgd({ learningRate: 1e-12 }),' })
    const file = project(`${short}stop: { mode: stop, patience: { evaluations: 2, min_delta: 0.001 } }\n`, still)
    const result = await train(file, { skip })
    expect(result).toMatchObject({ exit: 4, stop: { reason: 'patience' } })
    expect(result.steps).toBeLessThan(60)
    const further = await resume(result.run, { skip })
    expect(further.steps).toBeGreaterThan(result.steps)
  })

  it('only advises by default', async () => {
    const still = experimentText({ optimizer: 'optimizer: () => optim.sgd({ learningRate: 1e-12 }),' })
    const result = await train(project(`${short}stop: { patience: { evaluations: 1, min_delta: 0.001 } }\n`, still), {
      skip,
    })
    expect(result).toMatchObject({ exit: 0, steps: 60 })
    const advice = (await eventsOf(result)).filter((event) => event.type === 'decided')
    expect(advice.map(({ decision }) => decision.action)).toContain('advise')
  })

  it('shows how it stands against an earlier run, and does not stop for it', async () => {
    const file = project(short)
    const first = await train(file, { skip })
    writeFileSync(
      join(dirname(file), 'worse.run.yaml'),
      `gonogo: 1\nname: worse\nextends: ./small.run.yaml\nseed: 3\nstop: { mode: stop, baseline: ${first.run} }\n`,
    )
    const second = await train(join(dirname(file), 'worse.run.yaml'), { skip })
    expect(second).toMatchObject({ exit: 0, steps: 60 })
    const said = (await eventsOf(second)).filter((event) => event.type === 'decided')
    expect(said.map(({ decision }) => decision.reason)).toContain('baseline')
    expect(said.map(({ decision }) => decision.action)).not.toContain('stop')
    expect(said[0]?.decision.sentence).toContain(first.run)
  })

  it('puts a NO-GO on record and trains nothing', async () => {
    const text = experimentText({
      model:
        'model: (c) => nn.module({ head: nn.linear(4, 3) }, (m, x: Tensor<2>) => nn.softmax(m.head(x).mul(1e-9).detach().add(m.head.bias.mul(0)))),',
    })
    const result = await train(project(short, text), {})
    expect(result).toMatchObject({ verdict: 'NO-GO', exit: 3, steps: 0, stop: { reason: 'no-go' } })
    expect(lossesOf(await eventsOf(result))).toEqual([])
  })

  it('refuses a device that the engine does not have', async () => {
    expect(await failure(train(project(`${short}device: cuda\n`), { skip }))).toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      seen: 'cuda',
    })
  })
})

describe('an interrupted run', () => {
  const interrupted = async (file: string): Promise<TrainResult> => {
    const controller = new AbortController()
    return train(file, {
      skip,
      signal: controller.signal,
      on: (progress) => {
        if (progress.type === 'event' && progress.event.type === 'steps') controller.abort()
      },
    })
  }

  it('checkpoints, ends with 130, and goes on to where the unbroken run ends', async () => {
    const file = project(short)
    const whole = await train(file, { skip })
    const part = await interrupted(file)
    expect(part).toMatchObject({ exit: 130, stop: { reason: 'interrupted' } })
    expect(part.steps).toBeLessThan(60)
    const rest = await resume(part.run, { skip })
    expect(rest).toMatchObject({ exit: 0, steps: 60 })
    expect(rest.metrics).toEqual(whole.metrics)
    expect(weightsOf(rest)).toBe(weightsOf(whole))
    expect(lossesOf(await eventsOf(rest))).toEqual(lossesOf(await eventsOf(whole)))
  })

  it('does not wait for a long evaluation to end, and makes up for it first when it goes on', async () => {
    const data = `data: () => {
    const make = (n: number, from: number) => {
      const label = Int32Array.from({ length: n }, (_, i) => (i * 7 + from) % 3)
      const input = Float32Array.from({ length: n * 4 }, (_, i) => Math.sin(i * 12.9898 + from) + (label[Math.floor(i / 4)] ?? 0))
      return arrays({ input, label }, { input: { shape: [4] } })
    }
    return { train: make(50, 1), val: make(2000, 2) }
  },`
    const file = project(short.replace('{ steps: 20 }', '{ steps: 20 }, batch_size: 1'), experimentText({ data }))
    const whole = await train(file, { skip })
    const controller = new AbortController()
    const part = await train(file, {
      skip,
      signal: controller.signal,
      on: ({ type, ...progress }) => {
        const event = type === 'event' && 'event' in progress ? (progress.event as RunEvent) : null
        if (event?.type === 'steps' && event.records.at(-1)?.step === 20) controller.abort()
      },
    })
    expect(part).toMatchObject({ exit: 130, steps: 20 })
    const evaluated = (events: readonly RunEvent[]) =>
      events.flatMap((event) => (event.type === 'evaluated' ? [[event.step, event.metrics]] : []))
    expect(evaluated(await eventsOf(part)).map(([step]) => step)).toEqual([0])
    const rest = await resume(part.run, { skip })
    expect(evaluated(await eventsOf(rest))).toEqual(evaluated(await eventsOf(whole)))
    expect(rest.metrics).toEqual(whole.metrics)
    expect(weightsOf(rest)).toBe(weightsOf(whole))
  })

  it('falls back to the checkpoint before a damaged one, says so, and still ends at the same bits', async () => {
    const file = project(short)
    const whole = await train(file, { skip })
    const part = await interrupted(file)
    const further = new AbortController()
    const more = await resume(part.run, {
      skip,
      signal: further.signal,
      on: (progress) => {
        if (progress.type === 'event' && progress.event.type === 'checkpointed') further.abort()
      },
    })
    const newest = readFileSync(join(more.folder, 'checkpoints', 'latest'), 'utf8').trim()
    const damaged = join(more.folder, 'checkpoints', newest, 'training.safetensors')
    const bytes = readFileSync(damaged)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(damaged, bytes)
    const rest = await resume(more.run, { skip })
    const resumed = (await readJournal(join(rest.folder, 'journal.jsonl'))).entries.map(({ event }) => event)
    expect(resumed.findLast((event) => event.type === 'resumed')?.passedOver).toEqual([
      { name: newest, reason: expect.stringContaining('training.safetensors') },
    ])
    expect(weightsOf(rest)).toBe(weightsOf(whole))
    expect(rest.metrics).toEqual(whole.metrics)
  })

  it('is told when the code has changed since', async () => {
    const file = project(short)
    const part = await interrupted(file)
    writeFileSync(join(dirname(file), 'experiment.ts'), `${experimentText()}// a remark\n`)
    const notes: string[] = []
    await resume(part.run, { skip, on: (progress) => progress.type === 'note' && notes.push(progress.text) })
    expect(notes).toEqual(['code changed since the run began: experiment.ts'])
  })
})

describe('what stands in the way of a run', () => {
  let file: string
  beforeEach(() => {
    file = project(short)
  })

  it('another live process has it', async () => {
    const long = file.replace('small', 'long')
    writeFileSync(long, `gonogo: 1\nname: long\nextends: ./small.run.yaml\ntrain: { length: { steps: 1000000 } }\n`)
    const flags = [
      '--conditions=gonogo-source',
      main,
      'train',
      long,
      ...checkCode.options.flatMap((c) => ['--skip', `${c}=x`]),
    ]
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
    try {
      let run: string | undefined
      for (let waited = 0; run === undefined && waited < 40_000; waited += 100) {
        await new Promise((done) => setTimeout(done, 100))
        run = runsIn(dirname(file)).find(
          (name) => name.startsWith('long') && journalHas(dirname(file), name, '"steps"'),
        )
      }
      const error = await failure(resume(run ?? 'long', { skip }))
      expect(error).toMatchObject({ code: 'RUN_IN_USE', seen: expect.stringContaining(`pid ${child.pid}`) })
    } finally {
      child.kill('SIGINT')
      await once(child, 'exit')
    }
    expect(child.exitCode).toBe(130)
  })

  it('a newer gonogo made it', async () => {
    const { run, folder } = await train(file, { skip })
    writeFileSync(
      join(folder, 'run.json'),
      JSON.stringify({ gonogo: 7, version: '9.1.0', name: 'small', id: '1', created: '' }),
    )
    expect(await failure(resume(run, { skip }))).toMatchObject({
      code: 'RUN_NEWER',
      seen: expect.stringContaining('9.1.0'),
    })
  })

  it('it has ended', async () => {
    const { run } = await train(file, { skip })
    expect(await failure(resume(run, { skip }))).toMatchObject({ code: 'RUN_ENDED' })
  })

  it('it came from another project', async () => {
    const { run, folder } = await train(file, { skip })
    const other = dirname(project(short))
    mkdirSync(join(other, 'runs'))
    spawnSync('cp', ['-r', folder, join(other, 'runs')])
    const journal = join(other, 'runs', run, 'journal.jsonl')
    writeFileSync(journal, `${readFileSync(journal, 'utf8').trimEnd().split('\n').slice(0, -1).join('\n')}\n`)
    expect(await failure(resume(run, { skip }))).toMatchObject({ code: 'RUN_FOREIGN' })
  })
})

const runsIn = (folder: string): string[] => {
  try {
    return readdirSync(join(folder, 'runs'))
  } catch {
    return []
  }
}

const journalHas = (folder: string, run: string, text: string): boolean => {
  try {
    return readFileSync(join(folder, 'runs', run, 'journal.jsonl'), 'utf8').includes(text)
  } catch {
    return false
  }
}

describe('a process that fails in mid-run', () => {
  it('dies: the run says how, and resumes', async () => {
    const dying = experimentText({
      data: `data: () => {
    const all = arrays({ input: new Float32Array(200), label: new Int32Array(50) }, { input: { shape: [4] } })
    let batches = 0
    const train = { ...all, gather: (ids: ArrayLike<number>, out: never) => { if (ids.length === 8 && ++batches > 33) process.exit(9); all.gather(ids, out) } }
    return { train, val: all }
  },`,
    })
    const file = project(short, dying)
    const error = await failure(train(file, { skip }))
    expect(error).toMatchObject({ code: 'WORKER_DIED', seen: 'exit code 9' })
    const [run] = runsIn(dirname(file))
    const events = (await readJournal(join(dirname(file), 'runs', run ?? '', 'journal.jsonl'))).entries.map(
      (e) => e.event,
    )
    expect(events.at(-1)).toMatchObject({ type: 'ended', reason: 'crashed', step: expect.any(Number) })
    expect(events.findLast((e) => e.type === 'ended')?.step).toBeGreaterThan(20)
    writeFileSync(join(dirname(file), 'experiment.ts'), dying.replace('process.exit(9)', 'undefined'))
    expect(await resume(run ?? '', { skip })).toMatchObject({ exit: 0, steps: 60 })
  })

  const unshare = (command: string, cwd: string) =>
    spawnSync('unshare', ['-rm', 'sh', '-c', command], {
      encoding: 'utf8',
      cwd,
      env: { ...process.env, NO_COLOR: '1' },
    })
  const canMount = process.platform === 'linux' && unshare('mount -t tmpfs tmpfs /mnt', '/').status === 0
  it.runIf(canMount)('fills the disk: warned with what is missing, the earlier checkpoint intact', () => {
    const file = project(`${short}config: { width: 8000 }\n`)
    const folder = dirname(file)
    mkdirSync(join(folder, 'runs'))
    const skips = checkCode.options.map((check) => `--skip ${check}=x`).join(' ')
    const { stderr, stdout, status } = unshare(
      `mount -t tmpfs -o size=1800k tmpfs runs && ${process.execPath} --conditions=gonogo-source ${main} train ${basename(file)} ${skips}; code=$?; ls runs/*/checkpoints; exit $code`,
      folder,
    )
    expect(stderr).toMatch(/needed, .* free, .* missing/)
    expect(stderr).toContain('is intact')
    expect(stdout).toContain('step-00000010')
    expect(status).not.toBe(0)
  })
})
