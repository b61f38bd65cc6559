// What is asked of the large model itself, where a proxy stands for it in all other checks: judged from one load of it (full.ts).
// A check here has the code of the one whose question it answers; its finding says `full`, the other's `proxy`.
import { totalmem } from 'node:os'
import type { FindingCode, HeadersReport, TensorFact } from '../contract/index.ts'
import { c1 } from './c1-strict-config.ts'
import { type Check, define, go, list, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import { f1 } from './f1-forecast.ts'
import { fullRun } from './full.ts'
import { climbing, growth, leastSlope } from './m1-memory-slope.ts'
import { m2 } from './m2-data-wait.ts'
import { o6 } from './o6-schedule.ts'
import { notFinite } from './o8-finite-numbers.ts'
import { o10 } from './o10-weight-decay-groups.ts'
import { t1 } from './t1-monitors.ts'

/** The same question of the same measurements, which were made on the way. */
const onFull = (check: Check): Check => ({
  ...check,
  after: [],
  run: async (context) => {
    await fullRun(context)
    return check.run(context)
  },
})

const o8: Check = define({
  code: 'O8',
  needs: ['gradients'],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const { observed } = await fullRun(context)
    const applied = observed.filter(({ updates }) => updates.some(({ outcome }) => outcome === 'applied')).length
    if (applied === 0) return skipped('no update was made in the first steps')
    return (
      notFinite(context.facts, observed) ??
      go(`gradients and optimizer state are finite in ${plural(applied, 'update')}`, {
        seen: `0 values that are no numbers; loss ${observed.map(({ loss }) => number(loss)).join(', ')}`,
        expected: 'finite gradients, optimizer state and loss',
        evidence: { updates: applied, losses: observed.map(({ loss }) => loss) },
      })
    )
  },
})

/** Fewer than this, and a rise of the resident set is an allocator that settles. */
const settled = 6

const m1: Check = define({
  code: 'M1',
  needs: [],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const counts = (await fullRun(context)).counts
    const last = counts.at(-1)
    if (last === undefined || (last.rss === null && last.allocated === null))
      return skipped('the system tells nothing about the memory of a process')
    const evidence = {
      steps: counts.length,
      graphs: counts.map(({ graphs }) => graphs),
      rss: counts.map(({ rss }) => rss),
      allocated: counts.map(({ allocated }) => allocated),
    }
    const where = placeOf(context.facts, 'train_step', 'loss', 'setup')
    const held = growth(counts.map(({ graphs }) => graphs))
    if (held !== null && counts.length >= 3)
      return warn('graph-retained', `graphs stay alive after their step, ${number(held)} operations of each`, {
        seen: `${evidence.graphs.join(', ')} operations held after each of ${counts.length} steps`,
        expected: 'a step’s graph ends with the step',
        where,
        evidence,
        advice: 'keep loss.item() or loss.detach(), not the loss itself',
      })
    const slope = counts.length >= settled ? climbing(counts, 1) : 0
    const free = context.facts.memory?.free ?? totalmem()
    const would = slope * context.plan.steps
    if (slope > leastSlope && would > free)
      return warn('memory-grows', 'memory grows with every step', {
        seen: `${number(slope / 2 ** 20)} MiB a step, ${number(would / 2 ** 30)} GiB over the run`,
        expected: `less than the ${number(free / 2 ** 30)} GiB that are free`,
        where,
        evidence: { ...evidence, slope },
        advice: 'look for a list that every step appends to',
      })
    const size = last.allocated ?? last.rss ?? 0
    return go(`${number(Number((size / 2 ** 30).toPrecision(3)))} GiB, and no step keeps its graph`, {
      seen: `${plural(counts.length, 'step')}: ${list(evidence.graphs.map(String), 6)} operations held`,
      expected: 'no graph outlives its step',
      evidence,
    })
  },
})

/** Tensors of the model that a checkpoint must hold to go on: trained, and not another's second name. */
const needed = (tensors: readonly TensorFact[]): readonly TensorFact[] =>
  tensors.filter(({ kind, trainable, tiedTo, optimizers }) => {
    return kind === 'parameter' && trainable && tiedTo === null && optimizers.length > 0
  })

const key = (shape: readonly number[]): string => shape.join('×')

/** Share of the names that must be found for a file to be said to use the model's names. */
const most = 0.5

const ofOptimizer = /optim|exp_avg|moment|square_avg|master/i

/** What the heads of the files say against the model; null where nothing does. */
export const judgeHeaders = (tensors: readonly TensorFact[], { tensors: saved }: HeadersReport): string[] | null => {
  const wanted = needed(tensors)
  const own = wanted.map(({ name }) => name)
  // an optimizer's state has the shapes of the weights, and often their names within its own
  const names = new Set(own)
  const weights = saved.filter(({ name }) => names.has(name) || !ofOptimizer.test(name))
  const of = new Set<string>()
  for (const { name } of weights) {
    // a file may hold them under a key of its own, or of a wrapper: model.head.weight, module.head.weight
    const parts = name.split('.')
    for (let i = 0; i < parts.length; i++) of.add(parts.slice(i).join('.'))
  }
  const named = wanted.filter(({ name }) => of.has(name))
  if (named.length < most * wanted.length) return null
  const others = weights.filter(({ name }) => !own.some((one) => name.includes(one)))
  const shapes = Map.groupBy(others, ({ shape }) => key(shape))
  return wanted
    .filter(({ name, shape }) => {
      if (of.has(name)) return false
      // under another name, perhaps
      return !shapes.has(key(shape))
    })
    .map(({ name }) => name)
}

const k4: Check = define({
  code: 'K4',
  needs: ['persist'],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const { headers, saveCrash, whole } = await fullRun(context)
    if (saveCrash) throw saveCrash
    if (headers === null || whole.save === null) return skipped('nothing was saved')
    const unread = headers.files.filter(({ error, format }) => error !== null || format === 'other')
    if (headers.tensors.length === 0 || unread.length > 0)
      return skipped(`the tensors of ${list(unread.map(({ path }) => path))} cannot be told without reading them`)
    const wanted = needed(context.facts.tensors)
    const absent = judgeHeaders(context.facts.tensors, headers)
    if (absent === null)
      return skipped('the files name their tensors otherwise than the model: what they hold, the proxy shows')
    const gigabytes = whole.save.bytes / 1e9
    const evidence = {
      tensors: wanted.length,
      saved: headers.tensors.length,
      bytes: whole.save.bytes,
      seconds: whole.save.seconds,
      absent,
    }
    const seen = `${headers.tensors.length} tensors in ${list(headers.files.map(({ path }) => path))}, ${number(Number(gigabytes.toPrecision(3)))} GB saved in ${number(Number(whole.save.seconds.toPrecision(3)))} s`
    if (absent.length > 0)
      return noGo('section-not-saved', `${plural(absent.length, 'trained tensor')} of the full model are not saved`, {
        seen: `${seen}; not among them: ${list(absent)}`,
        expected: `all ${wanted.length} that an optimizer trains, as most of them are, by name`,
        where: placeOf(context.facts, 'save', 'setup'),
        evidence,
        alternatives: ['names-mismatched'],
        advice: 'save model.state_dict() whole: no list of layers, and no number of them that is written down',
      })
    return go(`all ${wanted.length} trained tensors are in the file’s head; no value was read`, {
      seen,
      expected: 'every parameter that an optimizer trains',
      evidence,
    })
  },
})

const k5: Check = define({
  code: 'K5',
  needs: ['persist'],
  guarantee: 'weightsArePlain',
  after: [],
  costClass: 'fresh',
  async run(context): Promise<Outcome> {
    const { headers, saveCrash } = await fullRun(context)
    if (saveCrash) return skipped('nothing was saved: K4 says why')
    if (headers === null) return skipped('nothing was saved')
    const failed = headers.files.filter(({ error }) => error !== null)
    const formats = [...new Set(headers.files.map(({ format }) => format))]
    if (failed.length > 0 || headers.tensors.length === 0)
      return skipped(
        `${failed[0]?.path ?? 'no file'} does not open by its head alone: ${failed[0]?.error ?? 'no tensors'}`,
      )
    return go(`${plural(headers.tensors.length, 'tensor')} open on a CPU without the experiment’s code`, {
      seen: `by their heads, in ${list(headers.files.map(({ path }) => path))} (${formats.join(', ')})`,
      expected: 'files that open without the experiment',
      evidence: { tensors: headers.tensors.length, formats },
    })
  },
})

const t3: Check = define({
  code: 'T3',
  needs: [],
  after: [],
  costClass: 'none',
  async run({ plan }) {
    return skipped(
      plan.run.stop.baseline === null
        ? 'the run file names no baseline (stop.baseline)'
        : 'the baseline’s first steps are the large model’s, which makes only a few here',
    )
  },
})

/** In the order of the poll. */
export const fullChecks: readonly Check[] = [c1, o10, t1, onFull(o6), o8, m1, onFull(f1), onFull(m2), t3, k4, k5]

/** Asked of the large model alone: of a small one they would say nothing of the run. */
export const onlyFull: ReadonlySet<FindingCode> = new Set(['C1', 'O10', 'T1', 'O6', 'F1', 'M2', 'T3'])
