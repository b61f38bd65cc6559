// Run folders: made whole, found by name, refused when newer or hostile, and summarised from journal and lock.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Disk, nodeDisk } from '../checkpoint/index.ts'
import { fromJson, type Plan, type ReasonCode, type RunEvent } from '../contract/index.ts'
import { openJournal } from './journal.ts'
import { listRuns, type RunState, summariseRun } from './listRuns.ts'
import { acquireLock } from './lock.ts'
import { collectProvenance, type Provenance } from './provenance.ts'
import { createRun, findRun, openRun, type RunFolder, runNames } from './runFolder.ts'

let root = ''
let provenance: Provenance
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-run-'))
  provenance = await collectProvenance({ folder: root, seed: 3, threads: 2, packages: { gonogo: '0.1.0' } })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

// Only its JSON form matters here.
const plan = { gonogo: 1, steps: 100, odd: Number.NaN } as unknown as Plan
const create = (name = 'mnist') =>
  createRun(root, { name, runFile: 'gonogo: 1 # as given\r\n', plan, provenance, version: '0.1.0' })

describe('createRun', () => {
  test('a disk that fills up is told, and leaves no run behind', async () => {
    let writes = 0
    const full: Disk = {
      ...nodeDisk,
      open: async (path, how) => {
        if (how === 'replace' && ++writes === 3) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
        return nodeDisk.open(path, how)
      },
    }
    const about = { name: 'mnist', runFile: 'gonogo: 1', plan, provenance, version: '0.1.0' }
    await expect(createRun(root, about, full)).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(readdirSync(join(root, 'runs'))).toEqual([])
  })

  test('writes everything, byte for byte as given', async () => {
    const run = await create()
    expect(run.run).toMatch(/^mnist-[0-9a-f]{4}$/)
    expect(run.path).toBe(join(root, 'runs', run.run))
    expect(readdirSync(run.path).sort()).toEqual(['plan.json', 'provenance.json', 'run.json', 'run.yaml'])
    expect(readFileSync(run.runFile, 'utf8')).toBe('gonogo: 1 # as given\r\n')
    expect(fromJson(readFileSync(run.plan, 'utf8'))).toEqual(plan)
    expect(fromJson(readFileSync(run.provenance, 'utf8'))).toEqual(provenance)
    expect(JSON.parse(readFileSync(join(run.path, 'run.json'), 'utf8'))).toMatchObject({
      gonogo: 1,
      version: '0.1.0',
      name: 'mnist',
    })
    expect(await openRun(root, run.run)).toEqual(run)
  })
  test('runs of one name never share a folder', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, () => create()))
    expect(new Set(runs.map((r) => r.path)).size).toBe(20)
  })
  test.each(['../escape', '/etc', 'a/b', 'a\\b', '', '.hidden', 'a b', 'x\0', 'a'.repeat(90)])(
    'refuses the name %j',
    async (name) => {
      await expect(create(name)).rejects.toMatchObject({ code: 'RUN_NAME' })
      await expect(findRun(root, name)).rejects.toMatchObject({ code: 'RUN_NAME' })
    },
  )
})

describe('openRun', () => {
  test('by full name, by a prefix of one run, by path', async () => {
    const a = await create('mnist-cnn')
    const b = await create('mnist-mlp')
    expect((await openRun(root, a.run)).path).toBe(a.path)
    expect((await openRun(root, 'mnist-m')).path).toBe(b.path)
    expect((await openRun('/', a.path)).run).toBe(a.run)
    await expect(openRun(root, 'mnist')).rejects.toMatchObject({
      code: 'RUN_AMBIGUOUS',
      expected: expect.stringContaining(a.run),
    })
  })
  test('a name that is also the beginning of another is found', async () => {
    const a = await create('x')
    const path = join(root, 'runs', `${a.run}-more`)
    cpSync(a.path, path, { recursive: true })
    expect((await openRun(root, a.run)).path).toBe(a.path)
  })
  test('otherwise the nearest name is suggested', async () => {
    await expect(openRun(root, 'mnist')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', try: 'gonogo train FILE' })
    const run = await create('mnist-cnn')
    await create('transformer')
    await expect(openRun(root, run.run.replace('mnist', 'mnits'))).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      try: run.run,
    })
    await expect(openRun(root, join(root, 'runs', 'gone'))).rejects.toMatchObject({ seen: 'no such folder' })
    await expect(openRun(root, root)).rejects.toMatchObject({ seen: 'no run.json in it' })
  })
  test('names in a run file never reach outside', async () => {
    const run = await create()
    mkdirSync(join(root, 'secret'))
    cpSync(run.path, join(root, 'secret', 'run'), { recursive: true })
    for (const name of ['../secret/run', join(root, 'secret', 'run'), '..', 'runs/../..']) {
      await expect(findRun(root, name)).rejects.toMatchObject({ code: 'RUN_NAME' })
    }
  })
  test('a run of a newer gonogo is refused with both versions', async () => {
    const run = await create()
    writeFileSync(join(run.path, 'run.json'), '{"gonogo": 3, "version": "2.1.0", "shape": "unknown"}')
    await expect(openRun(root, run.run)).rejects.toMatchObject({
      code: 'RUN_NEWER',
      seen: 'run format 3, written by gonogo 2.1.0',
      expected: 'run format 1 or older',
    })
  })
  test('a torn run.json is damage, not absence', async () => {
    const run = await create()
    truncateSync(join(run.path, 'run.json'), 9)
    await expect(openRun(root, run.run)).rejects.toMatchObject({ code: 'RUN_DAMAGED' })
  })
  test('a folder that was being made when the power went is no run', async () => {
    const run = await create()
    rmSync(join(run.path, 'run.json'))
    expect(await runNames(root)).toEqual([])
  })
})

describe('summaries', () => {
  const started: RunEvent = {
    type: 'started',
    name: 'mnist',
    fingerprint: 'f',
    steps: 100,
    epochs: 10,
    objective: 'val_accuracy',
    direction: 'max',
    seed: 0,
  }
  const evaluated = (step: number, val_accuracy: number): RunEvent => ({
    type: 'evaluated',
    step,
    epoch: step / 10,
    metrics: { val_accuracy },
    samples: 1,
    seconds: 0,
  })
  const ended = (reason: ReasonCode): RunEvent => ({
    type: 'ended',
    reason,
    sentence: `because of ${reason}`,
    step: 40,
    epoch: 4,
    best: { metric: 'val_accuracy', value: 0.9, step: 30, checkpoint: null },
    metrics: {},
    seconds: 1,
  })
  const record = async (run: RunFolder, ...events: RunEvent[]) => {
    await using journal = await openJournal(run.journal)
    for (const event of events) await journal.record(event)
  }

  test.each<[ReasonCode, RunState]>([
    ['length-reached', 'done'],
    ['patience', 'stopped'],
    ['not-finite', 'stopped'],
    ['divergence', 'stopped'],
    ['interrupted', 'interrupted'],
    ['crashed', 'crashed'],
    ['no-go', 'no-go'],
  ])('a run that ended with %s is %s', async (reason, state) => {
    const run = await create()
    await record(run, started, evaluated(10, 0.8), ended(reason))
    expect(await summariseRun(run)).toEqual({
      run: run.run,
      path: run.path,
      created: run.created,
      state,
      epoch: 4,
      step: 40,
      epochs: 10,
      steps: 100,
      objective: { name: 'val_accuracy', direction: 'max', value: 0.9 },
      why: `because of ${reason}`,
    })
  })

  test('a run without an end: crashed when nobody holds it, running while somebody does', async () => {
    const run = await create()
    await record(run, started, evaluated(10, 0.8), evaluated(20, Number.NaN), evaluated(30, 0.7))
    const expected = { epoch: 3, step: 30, objective: { value: 0.8 } }
    expect(await summariseRun(run)).toMatchObject({
      ...expected,
      state: 'crashed',
      why: 'ended without saying why; last recorded at step 30',
    })
    {
      await using _lock = await acquireLock(run.path)
      expect(await summariseRun(run)).toMatchObject({
        ...expected,
        state: 'running',
        why: expect.stringContaining(`pid ${process.pid}`),
      })
    }
    expect(await summariseRun(run)).toMatchObject({ state: 'crashed' })
  })

  test('a process that was killed leaves a crashed run, not a running one', async () => {
    const run = await create()
    const code = `import { acquireLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
      await acquireLock(${JSON.stringify(run.path)}); console.log('held'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((done) => child.stdout.once('data', done))
    expect((await summariseRun(run)).state).toBe('running')
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGKILL')
    await gone
    expect(await summariseRun(run)).toMatchObject({
      state: 'crashed',
      why: 'ended before its first evaluation, without saying why',
    })
  })

  test('a resume after an end goes on, and voids what it trains again', async () => {
    const run = await create()
    const resumed: RunEvent = {
      type: 'resumed',
      fromStep: 10,
      fromEpoch: 1,
      checkpoint: 'step-00000010',
      passedOver: [],
    }
    await record(
      run,
      started,
      evaluated(10, 0.8),
      evaluated(20, 0.99),
      ended('interrupted'),
      resumed,
      evaluated(20, 0.85),
    )
    expect(await summariseRun(run)).toMatchObject({ state: 'crashed', step: 20, objective: { value: 0.85 } })
  })

  test('the list holds every run, also those that cannot be read', async () => {
    const a = await create('a')
    const b = await create('b')
    for (const run of [a, b, await create('c')])
      await record(run, started, evaluated(10, 0.8), evaluated(20, 0.9), evaluated(30, 0.9), ended('length-reached'))
    writeFileSync(join(a.path, 'run.json'), '{"gonogo": 2}')
    const journal = readFileSync(b.journal, 'utf8').split('\n')
    writeFileSync(b.journal, [journal[0], 'rubbish', ...journal.slice(2, -2), ''].join('\n'))
    mkdirSync(join(root, 'runs', 'not-a-run'))
    writeFileSync(join(root, 'runs', 'file'), '')
    const list = (await listRuns(root)).toSorted((x, y) => x.run.localeCompare(y.run))
    expect(list.map((s) => [s.run.slice(0, 1), s.state, s.why.slice(0, 40)])).toEqual([
      ['a', 'unreadable', 'a newer gonogo made this run: run format'],
      ['b', 'unreadable', 'the journal is damaged: this is no torn '],
      ['c', 'done', 'because of length-reached'],
    ])
  })
})
