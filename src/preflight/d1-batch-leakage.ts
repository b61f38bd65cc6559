// D1: in evaluation a sample's output depends on that sample alone. One sample's input is changed; no other output may change.
// Not the size of the batch (V2), and not training, where batch norm couples a batch rightly.
//
// The floor is what the same batch does to itself when it is evaluated again, and rounding: 10⁻⁵ of the largest output in
// float32, ten times what a product of the same shape was seen to differ by. Routing with a limited capacity and quantisation
// to a shared scale couple a batch too, by jumps: a small change of one input usually moves nobody else. A mean, a softmax or a
// view over the batch answers to a change of any size. So inputs that are real numbers are changed by a two-hundredth of their
// spread as well, and only what still answers, at every sample that is tried, is called a fault.
import type { Perturbation, Trace } from '../contract/index.ts'
import { define, go, list, noGo, number, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import { tracedStep } from './traced.ts'
import { trackAdvice, withoutStatistics } from './untracked.ts'

const samples = 8
const tried = [0, 5, 3]
const small = 0.005

export const d1 = define({
  code: 'D1',
  needs: ['perturb', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    if (context.facts.declared?.couplesBatch)
      return skipped('the experiment declares that its outputs depend on the batch')
    const available = Math.min(samples, context.facts.samples.val ?? samples)
    if (available < 2) return skipped('one validation sample alone has nobody to leak to')
    let seen = await looks(context, 'initial', available, 0.5)
    // a head of zeros answers to nothing before it is trained
    if (!seen.some(({ own }) => own > 0)) seen = await looks(context, 'trained', available, 0.5)
    const [first] = seen
    if (!first || !seen.some(({ own }) => own > 0))
      return skipped('outputs do not answer to a change of their own input')
    const leaking = seen.filter(({ leak }) => leak > 0)
    const evidence = {
      samples: available,
      tried: seen.length,
      own: seen.map(({ own }) => own),
      others: seen.map(({ leak }) => leak),
      floor: first.floor,
      scale: first.scale,
    }
    const expected = `${number(first.floor)} at most, which is rounding`
    const [worst] = leaking.toSorted((a, b) => b.leak - a.leak)
    if (!worst)
      return go(`a changed sample changes its own output alone, ${seen.length} of ${seen.length} times`, {
        seen: `its own output by ${number(Math.max(...seen.map(({ own }) => own)))}, others by less than ${number(first.floor)}`,
        expected,
        evidence,
      })
    const training = await modulesInTraining(context)
    const fault = {
      seen: `a change of sample ${worst.sample} changes ${worst.others} of ${available - 1} other outputs, by up to ${number(worst.leak)}`,
      expected,
      where: placeOf(context.facts, 'model', 'evaluate', 'setup'),
      evidence: { ...evidence, training },
    }
    const [untracked] = withoutStatistics(context.facts)
    if (untracked !== undefined)
      return warn('batch-dependent-outputs', 'the output of a sample depends on the others of its batch', {
        ...fault,
        seen: `${fault.seen}; ${untracked} keeps no running statistics`,
        advice: trackAdvice,
      })
    if (training.length > 0)
      return noGo('no-eval-mode', 'evaluation runs in training mode: outputs depend on their batch', {
        ...fault,
        seen: `${fault.seen}; in training mode: ${list(training)}`,
        alternatives: ['batch-dependent-outputs'],
        advice: 'call model.eval() before the evaluation, and model.train() after it',
      })
    const common = {
      ...fault,
      alternatives: ['no-eval-mode'] as const,
      advice:
        'look for a softmax, mean, norm or view over the batch dimension; declare couples_batch where it is meant',
    }
    const [torn] = context.can('trace') ? ((await tracedStep(context))?.torn ?? []) : []
    if (torn) return noGo(tears[torn.how].cause, tears[torn.how].title, { ...common, ...tears[torn.how].rest(torn) })
    const sure = leaking.length === seen.length && (await answersToLittle(context, available)) && !routes(context)
    const title = 'the output of a sample depends on the others of its batch'
    // a task of its own may mean it: similarities, a norm, a part of the batch as the company of another
    return sure && context.task.kind !== 'custom'
      ? noGo('batch-dependent-outputs', title, common)
      : warn('batch-dependent-outputs', title, common)
  },
})

type Torn = NonNullable<Trace['torn']>[number]

/** What no task means, by the graph of the model. */
const tears = {
  reshape: {
    cause: 'batch-dependent-outputs',
    title: 'a reshape takes the axis of the batch for another one: rows hold parts of several samples',
    rest: ({ where }: Torn) => ({
      ...(where ? { where } : {}),
      alternatives: [] as const,
      advice: 'put the axis of the batch first before the reshape: permute or transpose',
    }),
  },
  softmax: {
    cause: 'softmax-over-the-batch',
    title: 'a softmax runs over the batch: samples share one sum',
    rest: ({ where }: Torn) => ({
      ...(where ? { where } : {}),
      alternatives: ['batch-dependent-outputs'] as const,
      advice: 'name the axis of the softmax: the last one, not 0',
    }),
  },
} as const

type Look = {
  readonly sample: number
  readonly own: number
  /** Largest change of another sample's output above the floor; 0 where there is none. */
  readonly leak: number
  readonly others: number
  readonly floor: number
  readonly scale: number
}

const looks = async (
  context: Context,
  slot: 'initial' | 'trained',
  count: number,
  size: number,
): Promise<readonly Look[]> => {
  const found: Look[] = []
  for (const sample of tried.filter((one) => one < count)) {
    const trial = await context.at(slot)
    const seen = await trial.perturb({ samples: count, sample, seed: sample, size })
    if (seen.changed > 0) found.push(lookOf(seen, sample, limitOf(context)))
  }
  return found
}

/** A hundredth of what outputs may differ by between batch sizes: here all shapes are the same. */
const limitOf = ({ facts }: Context): number => roundingOf(arithmeticOf(facts)).output / 100

export const lookOf = ({ change, noise, scale }: Perturbation, sample: number, limit: number): Look => {
  const floor = 10 * Math.max(0, ...noise) + limit * scale
  const others = change.filter((_, i) => i !== sample)
  const beyond = others.filter((value) => !(value <= floor))
  return {
    sample,
    own: change[sample] ?? 0,
    leak: beyond.reduce((most, value) => (value <= most ? most : value), 0),
    others: beyond.length,
    floor,
    scale,
  }
}

const modulesInTraining = async (context: Context): Promise<string[]> => {
  const couples = new Set(
    (context.facts.modules ?? []).filter(({ traits }) => traits.includes('couplesBatch')).map(({ name }) => name),
  )
  if (couples.size === 0) return []
  const trial = await context.at('initial')
  const { training = [] } = await trial.evaluate({ limit: samples, modes: true })
  return training.filter((name) => couples.has(name))
}

/** Real numbers: a change a hundred times smaller is answered by others as well. Whole numbers cannot change so little. */
const answersToLittle = async (context: Context, count: number): Promise<boolean> => {
  const input = (context.facts.data.find(({ split }) => split === 'val') ?? context.facts.data[0])?.fields[0]
  if (!input || !/float|double|half/.test(input.dtype)) return true
  const seen = await looks(context, 'initial', count, small)
  const trained = seen.some(({ own }) => own > 0) ? seen : await looks(context, 'trained', count, small)
  return trained.every(({ leak }) => leak > 0)
}

/** Experts and routers share a capacity: by their names, which is enough to doubt. */
const routes = ({ facts }: Context): boolean =>
  facts.tensors.some(({ name }) => /(^|[._])(experts?|routers?|moe)([._\d]|$)/i.test(name))
