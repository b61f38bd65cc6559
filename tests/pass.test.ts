// A pass of `gonogo check` and `gonogo train` after it: reused while nothing that it hangs on has changed, polled again otherwise.
// Real commands' own functions on a project in a folder of its own; each case changes one thing.
import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { checkCode, type FindingCode } from '../src/contract/index.ts'
import { keepPass, readPass } from '../src/record/index.ts'
import { check, type Options, type Progress, train } from '../src/run.ts'

const root = path.resolve(import.meta.dirname, '..')
// a whole poll all the same, of which five checks are made
const made: readonly FindingCode[] = ['C1', 'O6', 'T1', 'D3', 'I1']
const skip: ReadonlyMap<FindingCode, string> = new Map(
  checkCode.options.filter((code) => !made.includes(code)).map((code) => [code, 'on trial elsewhere']),
)

const experiment = `
import { readFileSync } from 'node:fs'
import { classification, defineExperiment, go } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { gain } from './model.ts'
import { scale } from 'some-package'

const read = (part: string) => {
  const bytes = readFileSync(new URL('./' + part + '.bin', import.meta.url))
  const input = Float32Array.from(bytes, (byte) => byte / 64)
  const label = Int32Array.from({ length: bytes.length / 2 }, (_, i) => (bytes[2 * i] ?? 0) % 4)
  return arrays({ input, label }, { input: { shape: [2] } })
}

export default defineExperiment({
  config: { width: z.number().default(1) },
  task: classification({ classes: 4 }),
  data: () => ({ train: read('train'), val: read('val') }),
  model: (c) => nn.module({ head: nn.linear(2, 4) }, (m, x: Tensor<2>) => m.head(x).mul(c.width * gain * scale)),
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
  checks: {
    late: {
      run: async () => {
        const { limit } = await import('./late.ts')
        const words = readFileSync(new URL('./words.json', import.meta.url), 'utf8')
        return go('late', { seen: words, expected: String(limit) })
      },
    },
  },
})
`
const runFile = (more = '', threads = 1) =>
  `gonogo: 1\nname: bound\nexperiment: ./experiment.ts\nthreads: ${threads}\ntrain: { length: { steps: 4 }, batch_size: 16 }\n${more}`

let template = ''
let project = ''
const at = (name: string) => path.join(project, name)
const file = () => at('a.run.yaml')
const write = (name: string, text: string | Uint8Array) => writeFile(at(name), text)
const passes = () => readdir(at('.gonogo/passes')).catch(() => [])

type Trained = {
  readonly reused: readonly FindingCode[] | null
  readonly notes: readonly string[]
  readonly verdict: string
}

/** Trains, and tells whether it rested on the pass: the checks that were asked again, or null where all were. */
const trained = async (options: Options = { skip }): Promise<Trained> => {
  const told: Progress[] = []
  const result = await train(file(), { ...options, on: (progress) => told.push(progress) })
  const polls = told.flatMap((each) => (each.type === 'event' && each.event.type === 'preflight' ? [each.event] : []))
  expect(polls).toHaveLength(1)
  expect(polls[0]?.findings).toHaveLength(checkCode.options.length + 1)
  return {
    reused: polls[0]?.reused?.again ?? null,
    notes: told.flatMap((each) => (each.type === 'note' ? [each.text] : [])),
    verdict: result.verdict,
  }
}

beforeAll(async () => {
  template = project = await mkdtemp(path.join(tmpdir(), 'gonogo-pass-'))
  await mkdir(at('node_modules/some-package'), { recursive: true })
  for (const name of ['zod', 'gonogo'])
    await symlink(name === 'gonogo' ? root : path.join(root, 'node_modules', name), at(`node_modules/${name}`))
  await write(
    'node_modules/some-package/package.json',
    '{"name":"some-package","version":"1.0.0","type":"module","main":"index.js"}',
  )
  await write('node_modules/some-package/index.js', 'export const scale = 1\n')
  await write('package.json', '{"name":"bound","type":"module"}')
  await write('experiment.ts', experiment)
  await write('model.ts', 'export const gain = 1\n')
  await write('late.ts', 'export const limit = 1\n')
  await write('words.json', '["a"]')
  const bytes = (seed: number) => Uint8Array.from({ length: 256 }, (_, i) => (i * 37 + seed * (i % 11)) % 128)
  await write('train.bin', bytes(1))
  await write('val.bin', bytes(2))
  await write('a.run.yaml', runFile())
  // what was written after the poll began is not what was polled
  await new Promise((later) => setTimeout(later, 20))
  const { verdict } = await check(file(), { skip })
  expect(verdict).toBe('GO')
  expect(await passes()).toHaveLength(1)
})
afterAll(() => rm(template, { recursive: true, force: true }))

beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'gonogo-pass-'))
  // times stay, to the nanosecond: a pass knows files by them
  execFileSync('cp', ['-a', `${template}/.`, project])
  const copied = await readPass(project, file())
  // files are known by absolute paths: here they are those of the copy
  const text = JSON.stringify(copied).replaceAll(template, project)
  await keepPass(project, file(), JSON.parse(text))
})
afterEach(async () => {
  await rm(project, { recursive: true, force: true })
  delete process.env.DATA_DIR
})

test('nothing changed: no check is made, and the run says what it rests on', async () => {
  expect(await trained()).toEqual({ reused: [], notes: [], verdict: 'GO' })
})

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['a source file', () => write('model.ts', 'export const gain = 1.5\n'), /code changed: model\.ts/],
  ['a file that is imported late', () => write('late.ts', 'export const limit = 2\n'), /code changed: .*late\.ts/],
  ['a file that is read late', () => write('words.json', '["b"]'), /files that it read changed: .*words\.json/],
  [
    'the version of a package',
    () =>
      write(
        'node_modules/some-package/package.json',
        '{"name":"some-package","version":"1.0.1","type":"module","main":"index.js"}',
      ),
    /packages changed: some-package/,
  ],
  [
    'a key of the config',
    () => write('a.run.yaml', runFile('config: { width: 2 }\n')),
    /config changed: config\.width/,
  ],
  ['threads', () => write('a.run.yaml', runFile('', 2)), /changed: threads/],
  [
    'a byte of the data',
    async () => write('val.bin', (await readFile(at('val.bin'))).fill(9, 100, 101)),
    /data changed: val/,
  ],
  [
    'an environment variable',
    async () => {
      process.env.DATA_DIR = '/elsewhere'
    },
    /environment variables changed: DATA_DIR/,
  ],
  ['what a resumed run is held to', () => write('a.run.yaml', runFile('resume: epoch\n')), /config changed: resume/],
  ['the device', () => spoiled((pass) => ({ ...pass, plan: otherDevice(pass.plan) })), /environment changed: device/],
  ['gonogo', () => spoiled((pass) => ({ ...pass, own: 'another' })), /gonogo changed/],
  ['the time', () => spoiled((pass) => ({ ...pass, made: '2020-01-01T00:00:00Z' })), /older than 24 h/],
  ['the clock', () => spoiled((pass) => ({ ...pass, made: '2999-01-01T00:00:00Z' })), /from the future/],
])('%s changed: polled again, and it says why', async (_, change, why) => {
  await change()
  const { reused, notes } = await trained()
  expect(reused).toBeNull()
  expect(notes.join('\n')).toMatch(why)
})

type Pass = NonNullable<Awaited<ReturnType<typeof readPass>>>
const otherDevice = (plan: Pass['plan']): Pass['plan'] => ({
  ...plan,
  environment: { ...plan.environment, device: 'cuda' },
  fingerprint: { ...plan.fingerprint, whole: 'another' },
})
const spoiled = async (spoil: (pass: Pass) => Pass) => {
  const pass = await readPass(project, file())
  if (pass === null) throw new Error('there is no pass to spoil')
  await keepPass(project, file(), spoil(pass))
}

test('torn, empty, forged or of another form: polled again', async () => {
  const [name = ''] = await passes()
  const whole = at(`.gonogo/passes/${name}`)
  await truncate(whole, 1000)
  expect((await trained()).reused).toBeNull()
  await writeFile(whole, '')
  expect((await trained()).reused).toBeNull()
  await writeFile(whole, (await readFile(whole, 'utf8')).replace('"NO-GO"', '"GO"').replace('T', 't'))
  expect((await trained()).reused).toBeNull()
})

test('a setting that single checks look at: those are asked again, and no other', async () => {
  await write('a.run.yaml', runFile('stop: { patience: { evaluations: 3 } }\nschedule: { peak: 0.01 }\n'))
  expect((await trained()).reused?.toSorted((a, b) => a.localeCompare(b))).toEqual(['O6', 'T1'])
  await write('a.run.yaml', runFile('preflight: { overlap: 0.5 }\n'))
  expect((await trained()).reused).toEqual(['D3'])
  // lifted, a guard is made again
  const less = new Map([...skip].filter(([code]) => code !== 'O1'))
  await write('a.run.yaml', runFile())
  expect((await trained({ skip: less })).reused).toEqual(['O1'])
})

test('a broken promise among those asked again is a NO-GO, and takes the pass with it', async () => {
  await write('a.run.yaml', runFile('schedule: { peak: 0.5 }\n'))
  expect(await trained()).toMatchObject({ reused: ['O6'], verdict: 'NO-GO' })
  expect(await passes()).toEqual([])
})

test('preflight.reuse: { hours: 0 } always polls', async () => {
  await write('a.run.yaml', runFile('preflight: { reuse: { hours: 0 } }\n'))
  expect((await trained()).reused).toBeNull()
})

test('a poll that was killed, or asked for some checks only, leaves no pass', async () => {
  await rm(at('.gonogo'), { recursive: true })
  await check(file(), { only: ['C1'] })
  expect(await passes()).toEqual([])
  const main = path.join(root, 'src/cli/main.ts')
  const killed = spawn(process.execPath, ['--conditions=gonogo-source', main, 'check', file(), '--verbose'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise<void>((seen) => {
    let text = ''
    killed.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('I1')) seen()
    })
  })
  killed.kill('SIGKILL')
  expect(await passes()).toEqual([])
  expect((await trained()).reused).toBeNull()
  expect((await trained()).reused).toEqual([])
}, 60_000)
