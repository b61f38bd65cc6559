// Stopping from end to end: seeds become a baseline, a lost run is stopped by it and its stop undone, and what that saved.
// Not the rules themselves: decide/ and replay/ hold those.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gonogoHere } from '../src/cli/gonogo-here.fixture.ts'
import { checkCode, type RunEvent } from '../src/contract/index.ts'
import { experimentText, writeExperiment } from '../src/engine/experiment.fixture.ts'
import { effective, readJournal } from '../src/record/index.ts'
import { resume, type TrainResult, train } from '../src/run.ts'

const skip = new Map(checkCode.options.map((check) => [check, 'on trial elsewhere']))
const home = process.cwd()
let root = ''

const text = experimentText({
  head: `import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
`,
  config: 'config: { rate: z.number().positive().default(1e-2), cosine: z.boolean().default(false) },',
  model: `model: () => nn.module({ fc: nn.linear(4, 8), head: nn.linear(8, 3) }, (m, x: Tensor<2>) => m.head(nn.relu(m.fc(x)))),`,
  optimizer: 'optimizer: (c) => optim.adamw({ learningRate: c.cosine ? schedule.cosine({ peak: c.rate }) : c.rate }),',
})

const write = (name: string, seed: number, more = ''): string => {
  const file = join(root, `${name}-${seed}.run.yaml`)
  writeFileSync(
    file,
    `gonogo: 1\nname: ${name}\nexperiment: ./experiment.ts\nthreads: 1\nobjective: val_loss\nseed: ${seed}
train: { length: { steps: 100 }, batch_size: 8 }
evaluate: { every: { steps: 5 } }
checkpoint: { every: { steps: 50 } }
${more}`,
  )
  return file
}
const run = (name: string, seed: number, more = '') => train(write(name, seed, more), { skip })
const cli = (...args: string[]) => gonogoHere(root, ...args)
const verdicts = async (result: TrainResult): Promise<Extract<RunEvent, { type: 'decided' }>[]> =>
  effective((await readJournal(join(result.folder, 'journal.jsonl'))).entries.map(({ event }) => event)).filter(
    (event) => event.type === 'decided' && event.decision.reason === 'benchmark',
  ) as never

const seeds: TrainResult[] = []
beforeAll(async () => {
  root = dirname(writeExperiment(text))
  writeFileSync(join(root, 'package.json'), '{}')
  process.chdir(root)
  for (const seed of [0, 1, 2]) seeds.push(await run('good', seed))
})
afterAll(() => process.chdir(home))

describe('a baseline', () => {
  it('is made of seeds of one experiment, and lies in the project', async () => {
    const { code, out } = await cli('baseline', 'set', 'good', ...seeds.map((s) => s.run))
    expect(out).toContain('good@1')
    expect(code).toBe(0)
    expect(existsSync(join(root, 'gonogo.baselines.json'))).toBe(true)
    const shown = JSON.parse((await cli('baseline', 'show', 'good', '--json')).out)
    expect(shown.seeds.map((s: { seed: number }) => s.seed)).toEqual([0, 1, 2])
    expect(shown.seeds[0].curve).toHaveLength(20)
  })
  it('is not replaced by seeds that do not beat it, unless somebody says why', async () => {
    const again = await cli('baseline', 'set', 'good', ...seeds.map((s) => s.run))
    expect(again.code).toBe(2)
    expect(again.err).toContain('BASELINE_NOT_BETTER')
    const why = await cli('baseline', 'set', 'good', ...seeds.map((s) => s.run), '--reason', 'the same, to try it')
    expect(why.out).toContain('good@2')
    expect((await cli('baseline', 'list')).out).toMatch(/good@1[\s\S]*good@2/)
  })
  it('refuses one seed twice', async () => {
    const twice = await run('good', 0)
    expect((await cli('baseline', 'set', 'x', seeds[0]!.run, twice.run)).err).toContain('SEEDS_TWICE')
  })
})

describe('T3, the first steps beside the baseline’s', () => {
  const found = async (file: string) => {
    const { out } = await cli('check', file, '--only', 'T3', '--json')
    return JSON.parse(out).findings[0]
  }

  it('are the same, bitwise, where nothing has changed', async () => {
    const same = await found(write('good', 1, 'stop: { baseline: good }\n'))
    expect(same, JSON.stringify(same)).toMatchObject({ status: 'GO' })
    expect(same.title).toContain('bitwise')
  })

  it('a changed experiment is told where it hardly moves, and only there', async () => {
    const stop = 'stop: { baseline: good }\n'
    const slow = await found(write('slow', 0, `${stop}config: { rate: 1e-7 }\n`))
    expect(slow, JSON.stringify(slow)).toMatchObject({ status: 'WARN', cause: 'starts-worse-than-baseline' })
    const other = await found(write('other', 0, `${stop}config: { rate: 5e-3 }\n`))
    expect(other, JSON.stringify(other)).toMatchObject({ status: 'GO' })
  })

  it('the same experiment that begins otherwise is told, with the step', async () => {
    const path = join(root, 'gonogo.baselines.json')
    const before = readFileSync(path, 'utf8')
    const file = JSON.parse(before)
    // as if another library had computed it
    for (const { start } of file.baselines.at(-1).seeds) start[6][0] += 1e-3
    writeFileSync(path, JSON.stringify(file))
    const moved = await found(write('good', 1, 'stop: { baseline: good }\n'))
    writeFileSync(path, before)
    expect(moved, JSON.stringify(moved)).toMatchObject({ status: 'WARN', cause: 'baseline-not-reproduced' })
    expect(moved.evidence.step).toBe(7)
  })

  it('without a baseline, or against one of another question, there is nothing to say', async () => {
    expect(await found(write('good', 1))).toMatchObject({ status: 'SKIPPED' })
    const longer = write('good', 1, 'stop: { baseline: good }\n')
    writeFileSync(longer, readFileSync(longer, 'utf8').replace('steps: 100', 'steps: 300'))
    expect((await found(longer)).title).toContain('budget')
  })
})

describe('a lost run', () => {
  const lost = 'config: { rate: 1e-7 }\nstop: { mode: stop, baseline: good, benchmark: { audit: 0 } }\n'
  let on: TrainResult | undefined
  it('is stopped with numbers, goes on when resumed, and then only gets advice', async () => {
    const result = await run('lost', 0, lost)
    expect(result).toMatchObject({ exit: 4, stop: { reason: 'benchmark' } })
    expect(result.steps).toBeLessThan(60)
    expect(result.stop.sentence).toMatch(/good@2.*× noise.*so for \d+ evaluations/)
    on = await resume(result.run)
    expect(on).toMatchObject({ exit: 0, steps: 100 })
    const said = await verdicts(on)
    expect(said.filter(({ decision }) => decision.action === 'stop')).toHaveLength(1)
    expect(said.at(-1)?.decision.sentence).toContain('a stop was undone before')
  })
  it('ends at the same bits as if it had never been stopped', async () => {
    const straight = await run('lost-straight', 0, lost.replace('mode: stop', 'mode: "off"'))
    const weights = (result: TrainResult) => {
      const latest = readFileSync(join(result.folder, 'checkpoints', 'latest'), 'utf8').trim()
      return readFileSync(join(result.folder, 'checkpoints', latest, 'model.safetensors')).toString('base64')
    }
    expect(weights(on!)).toBe(weights(straight))
    // another experiment's run is no seed of this one
    expect((await cli('baseline', 'set', 'x', seeds[0]!.run, straight.run)).err).toContain('SEEDS_MIXED')
  })
  it('only gets advice where the two may not be compared', async () => {
    const longer = write('lost-long', 1, lost)
    writeFileSync(longer, readFileSync(longer, 'utf8').replace('steps: 100', 'steps: 120'))
    const result = await train(longer, { skip })
    expect(result.stop.reason).toBe('length-reached')
    expect((await verdicts(result))[0]?.decision).toMatchObject({ action: 'advise' })
    expect((await verdicts(result))[0]?.decision.sentence).toContain('not comparable in budget')
  })
  it('only gets advice where the learning rate goes another way', async () => {
    const file = write('lost-cosine', 1, lost.replace('rate: 1e-7', 'rate: 1e-7, cosine: true'))
    const result = await train(file, { skip })
    expect(result.stop.reason).toBe('length-reached')
    expect((await verdicts(result))[0]?.decision.sentence).toContain('not comparable in kind of learning-rate schedule')
  })
  it('a good run of another seed is left alone', async () => {
    const result = await run('fine', 7, lost.replace('1e-7', '1e-2'))
    expect(result).toMatchObject({ exit: 0, stop: { reason: 'length-reached' } })
  })
})

describe('afterwards', () => {
  it('two experiments are compared over their seeds', async () => {
    const bad = 'config: { rate: 1e-7 }\n'
    for (const seed of [0, 1]) await run('bad', seed, bad)
    const { out } = await cli('compare', 'bad', 'good')
    expect(out).toContain('BETTER  good@2')
    expect((await cli('compare', 'bad', 'fine')).out).toContain('config.rate: 1e-7 | 0.01')
    const found = JSON.parse((await cli('compare', 'good', 'bad', '--json')).out)
    expect(found).toMatchObject({ verdict: 'worse', method: 'Welch', superiority: 0 })
  })
  it('what was saved is told, and what the verdicts were worth', async () => {
    await run(
      'lost-again',
      3,
      `config: { rate: 1e-7 }
budget: { carbon: { kilograms: 1, grams_per_kilowatt_hour: 250 } }
stop:
  mode: stop
  baseline: good
  benchmark: { audit: 0 }
  budget: { cost: { limit: 10, per_hour: 7.2 }, energy: { kilowatt_hours: 1, watts: 500 } }
`,
    )
    const found = JSON.parse((await cli('savings', '--json')).out)
    expect(found.stops).toMatchObject({ count: 1, reasons: { benchmark: 1 } })
    const { seconds, money, kilowattHours, carbon } = found.stops.saved
    expect(seconds).toBeGreaterThan(0)
    expect(money).toBeCloseTo(seconds * 0.002, 10)
    expect(kilowattHours).toBeCloseTo(seconds / 7200, 10)
    expect(carbon).toBeCloseTo(kilowattHours / 4, 10)
    // an undone stop and two that were advice: none of them was a winner
    expect(found.audit).toMatchObject({ verdicts: 3, wrong: 0 })
    expect((await cli('savings')).out).toContain('0 of 3 stop verdicts that were not obeyed were wrong')
  })
  it('a run that goes on as an audit is told what its verdict was worth', async () => {
    const audited = 'config: { rate: 1e-7 }\nstop: { mode: stop, baseline: good, benchmark: { audit: 1 } }\n'
    const file = write('audited', 4, audited)
    const skips = checkCode.options.flatMap((code) => ['--skip', `${code}=on trial elsewhere`])
    const { out } = await cli('train', file, ...skips)
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(
      /audit to stop at step \d+ would have been right: best [\d.]+, [\d.]+ needed; 0 of 4 stop verdicts/,
    )
  })
  it('the project’s own runs can be replayed', async () => {
    const { out, err } = await cli('replay', 'plain', '--curves', '.', '--seeds', '2', '--reference', 'good')
    expect(err).toBe('')
    expect(out).toContain('worse than baseline now, from 10%')
  })
  it('so can TensorBoard logs and CSV', async () => {
    const logs = join(root, 'logs')
    for (const [i, { folder }] of seeds.entries())
      cpSync(join(folder, 'tensorboard'), join(logs, 'good', `seed-${i}`), { recursive: true })
    const asked = ['--objective', 'val/loss', '--direction', 'min', '--seeds', '2', '--json']
    const board = JSON.parse((await cli('replay', 'patience', '--curves', 'logs', ...asked)).out)
    // three reruns of one configuration, each against its twins
    expect(board.rules.map((r: { falseStops: { runs: number } }) => r.falseStops.runs)).toEqual([3, 3, 3])
    // each by workload, those of reruns alone too: a folder of logs is one
    expect(board.rules[0].workloads).toMatchObject([{ name: 'logs', runs: 0, falseStops: { runs: 3 } }])
    const untold = await cli('replay', 'patience', '--curves', 'logs', '--objective', 'val/los', '--direction', 'min')
    expect(untold.err).toContain('val/loss')
    const rows = [1, 2, 3, 4].flatMap((step) => ['a,0', 'a,1', 'a,2', 'b,0'].map((run) => `${run},${step},${step}`))
    writeFileSync(join(root, 'c.csv'), `config,run,step,acc\n${rows.join('\n')}\n`)
    const csv = await cli('replay', 'all', '--curves', 'c.csv', '--objective', 'acc', '--direction', 'max')
    expect(csv.out).toContain('4 runs of')
    expect((await cli('replay', 'benchmrk', '--curves', 'c.csv')).err).toContain('benchmark')
  })
})
