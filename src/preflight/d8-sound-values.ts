// D8: every number of the data can be used: finite inputs and targets, labels within the classes, inputs that are not all one.
// Not how the splits compare (D5), nor whether labels belong to their inputs (D4).
//
// A value that is no number, or a label outside the classes, may be meant: a model that fills in what is missing, a loss that
// passes over 255. So the very sample is tried: one step on it, whose update is held back. What comes out of it as a number was
// meant; what crashes, or is NaN, is the fault. On the validation split the evaluation is tried instead, up to that sample.
import type { Cause, Evidence, Facts, SampleDigest, Split, StepRecord, Survey } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, plural, warn } from './check.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'
import { samplesOf, surveyOf } from './data.ts'
import { worksOnItsOwn } from './unusual.ts'

export const d8 = define({
  code: 'D8',
  needs: ['survey', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const surveys = new Map<Split, Survey>()
    for (const split of ['train', 'val'] as const) surveys.set(split, await surveyOf(context, split))
    for (const [split, survey] of surveys)
      for (const suspicion of suspicionsOf(context.facts, split, survey)) {
        const verdict = await tried(context, suspicion)
        if (verdict) return verdict
      }
    const train = surveys.get('train') as Survey
    const same = allAlike(context, train)
    if (same) return same
    const still = targetsAlike(context, train, surveys.get('val') as Survey) ?? (await filledInPart(context, train))
    if (still) return still
    const odd = [...surveys].flatMap(([split, survey]) => suspicionsOf(context.facts, split, survey))
    const [first] = odd
    const counts = [...surveys].map(([split, { samples }]) => `${samples} of ${split}`).join(', ')
    return go(first ? `${first.words}: the experiment makes a number of it` : `every number of ${counts} can be used`, {
      seen: `${counts}: ${describe(train)}`,
      expected: 'finite inputs and targets, labels within the classes',
      evidence: evidenceOf(train),
    })
  },
})

type Suspicion = {
  readonly split: Split
  readonly sample: number
  readonly cause: Cause
  readonly words: string
  readonly seen: string
  readonly expected: string
  /** A single label for the whole sample, which a managed loss cannot pass over. */
  readonly certain: boolean
}

/** What may be wrong with a split's numbers, most telling first. */
export const suspicionsOf = (
  facts: Pick<Facts, 'task' | 'owns' | 'where'>,
  split: Split,
  { fields, samples }: Survey,
): Suspicion[] => {
  const found: Suspicion[] = []
  for (const { name, role, nonFinite, nonFiniteAt = null, range = null, shape } of fields) {
    if (nonFiniteAt !== null)
      found.push({
        split,
        sample: nonFiniteAt,
        cause: role === 'target' ? 'target-not-finite' : 'input-not-finite',
        words: `${role === 'target' ? 'targets' : 'inputs'} of ${split} hold NaN or infinity`,
        seen: `${number(100 * nonFinite)} % of field ${name} in ${plural(samples, 'sample')} of ${split}, first in sample ${nonFiniteAt}`,
        expected: 'finite numbers, or an experiment that fills in what is missing',
        certain: false,
      })
    if (facts.task.kind !== 'classification' || role !== 'target' || range === null) continue
    const { min, max, minAt, maxAt } = range
    // PyTorch's own mark of what has no label
    const passedOver = min === -100 && max < facts.task.classes
    const most = facts.task.classes - 1
    if (min >= 0 && max <= most) continue
    const [label, sample] = max > most ? [max, maxAt] : [min, minAt]
    found.push({
      split,
      sample,
      cause: 'label-out-of-range',
      words: `a label of ${split} lies outside the classes`,
      seen: `label ${number(label)} in sample ${sample} of ${split}; labels ${number(min)} to ${number(max)}`,
      expected: `0 to ${most}: ${facts.task.classes} classes are declared`,
      certain: !passedOver && shape.length === 0 && facts.owns.step === 'managed' && facts.where.loss === undefined,
    })
  }
  return found
}

const advice: Partial<Record<Cause, string>> = {
  'label-out-of-range': 'count classes from 0, raise the number of classes, or mask what has no label',
  'input-not-finite': 'drop or repair the sample where the data is read',
  'target-not-finite': 'drop the sample, or mask what has no target in the loss',
}

/** Null where the experiment makes a number of it. */
const tried = async (context: Context, suspicion: Suspicion): Promise<Outcome | null> => {
  const { split, sample, cause, words, seen, expected, certain } = suspicion
  const fault = {
    seen,
    expected,
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence: { split, sample },
    advice: advice[cause] ?? null,
  }
  if (certain) return noGo(cause, words, fault)
  const shown = await consequence(context, split, sample)
  if (shown === 'finite') return null
  if (shown === 'unknown') return warn(cause, words, fault)
  return noGo(cause, words, { ...fault, seen: `${seen}; ${shown}` })
}

/** Furthest into the validation split that an evaluation follows a sample. */
const furthest = 20_000

const company = [0, 1, 2, 3, 4, 5, 6, 7]

/** One step on the sample whose update is held back. The ids are those of the whole data, so a preflight's limit is off. */
const stepOn = async (context: Context, sample: number | null): Promise<StepRecord | undefined> => {
  await using trial = await context.whole()
  const all = trial.facts.samples.train ?? 0
  const others = company.filter((id) => id !== sample && id < all)
  const [record] = await trial.steps({
    steps: 1,
    // in company: a mean over one sample that is passed over is a mean over nothing
    batch: { ids: [sample === null ? [...others, others[0] ?? 0] : [sample, ...others]] },
    updates: 'suppressed',
    // a batch of one has no spread of its own
    statistics: false,
    observe: true,
  })
  return record
}

/** A batch of that size, without the sample, crashes as well: an episode, a layout of its own. */
const crashesAnyway = async (context: Context, split: Split, crash: Crash): Promise<boolean> => {
  if (split !== 'train') return worksOnItsOwn(context, crash)
  try {
    return (await stepOn(context, null)) === undefined
  } catch (error) {
    if (error instanceof Crash) return !endsProcess(error)
    throw error
  }
}

/** What one step, or an evaluation, makes of the sample. */
const consequence = async (context: Context, split: Split, sample: number): Promise<string> => {
  try {
    if (split === 'train') {
      if (!context.can('batchByIds') || !context.can('suppressUpdates')) return 'unknown'
      const record = await stepOn(context, sample)
      if (!record) return 'unknown'
      if (!Number.isFinite(record.loss)) return `the loss of a batch with that sample is ${record.loss}`
      return record.nonFinite?.gradients ? 'the gradients of a batch with that sample are not finite' : 'finite'
    }
    if (sample >= furthest) return 'unknown'
    await using trial = await context.whole()
    const { metrics } = await trial.evaluate({ split, limit: sample + 1 })
    const bad = Object.entries(metrics).find(([, value]) => !Number.isFinite(value))
    return bad ? `${split}_${bad[0]} is ${bad[1]}` : 'finite'
  } catch (error) {
    if (error instanceof Crash && (await crashesAnyway(context, split, error))) return 'unknown'
    if (error instanceof Crash) return `it ends in an error: ${error.error.message}`
    throw error
  }
}

/** Inputs that are all the same number: nothing can be learnt from them. */
const allAlike = (context: Context, survey: Survey): Outcome | null => {
  const { channels, samples, fields } = survey
  const inputs = fields.filter(({ role }) => role !== 'target')
  const blank = channels.length > 0 && channels.every(isStill)
  const task = context.task.kind
  if (!blank || samples < 2 || task === 'custom' || inputs.length > 1) return null
  return noGo('inputs-constant', 'every input is the same', {
    seen: `${plural(samples, 'sample')} of train, all with mean ${number(channels[0]?.mean ?? 0)} and deviation ${number(channels[0]?.std ?? 0)}`,
    expected: 'inputs that differ from each other',
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence: evidenceOf(survey),
    advice:
      'look for an index that is not used, a division of whole numbers, a cast to bytes, or a transform that clips everything',
  })
}

/** A residual that is to vanish, or a centre to be near, is one number too: it only warns, and only where the loss is gonogo's own. */
const targetsAlike = ({ facts, task }: Context, train: Survey, val: Survey): Outcome | null => {
  const only = ({ fields }: Survey) => {
    const range = fields.find(({ role }) => role === 'target')?.range
    return range && range.min === range.max ? range.min : null
  }
  const [value, other] = [only(train), only(val)]
  const own = facts.owns.step === 'managed' && facts.where.loss === undefined
  if (task.kind !== 'regression' || !own || value === null || value !== other || train.samples < 2) return null
  return warn('nothing-supervised', `every target is ${number(value)}`, {
    seen: `${plural(train.samples, 'sample')} of train and ${val.samples} of val, all with target ${number(value)}`,
    expected: 'targets that differ from each other',
    where: placeOf(facts, 'data', 'datasets', 'setup'),
    evidence: evidenceOf(train),
    alternatives: ['target-among-inputs', 'inputs-and-labels-misaligned'],
    advice:
      'look for an index that is the same on both sides, a difference of a value with itself, or an array that is never filled',
  })
}

/** One measured input stands for two in five of the samples or more, and hardly any other comes twice: an array that was filled in part. */
const filledInPart = async (context: Context, survey: Survey): Promise<Outcome | null> => {
  const input = survey.fields.find(({ role }) => role === 'input')
  if (input?.whole !== false || survey.changing > 0) return null
  const found = oneForMany(await samplesOf(context, 'train'))
  if (!found) return null
  return warn('inputs-constant', `${number(100 * found.share)} % of training inputs are one and the same`, {
    seen: `${found.same} of ${plural(found.samples, 'sample')} have the same input, sample ${found.id} first, with ${plural(found.targets, 'different target')}; of all others ${number(100 * found.distinct)} % are like no other`,
    expected: 'measured inputs that differ, or one answer for one input',
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence: { ...found },
    alternatives: ['samples-repeated', 'inputs-and-labels-misaligned'],
    advice: 'look at the loop that fills the inputs: a stride that is too short leaves the end of an array at zero',
  })
}

/** Null where no input is so common, or where it always has the same target: a blank picture is background. */
export const oneForMany = (samples: readonly SampleDigest[]) => {
  const by = new Map<string, SampleDigest[]>()
  for (const sample of samples) {
    const alike = by.get(sample.hash)
    if (alike) alike.push(sample)
    else by.set(sample.hash, [sample])
  }
  const [most = [], ...others] = [...by.values()].toSorted((a, b) => b.length - a.length)
  const [first] = most
  const rest = samples.length - most.length
  const distinct = others.filter(({ length }) => length === 1).length / Math.max(1, rest)
  const targets = new Set(most.map(({ target, asked }) => JSON.stringify(asked ?? target))).size
  if (!first || samples.length < 100 || most.length < 0.4 * samples.length || rest < 20 || distinct < 0.9) return null
  return targets > 1
    ? {
        samples: samples.length,
        same: most.length,
        share: most.length / samples.length,
        distinct,
        targets,
        id: first.id,
      }
    : null
}

/** No sample differs from another in mean or mean square by more than sums of doubles may. */
const isStill = ({ mean, std, meanSpread = 1, squareSpread = 1 }: Survey['channels'][number]): boolean => {
  const size = Math.abs(mean) + std
  return meanSpread <= 1e-6 * size && squareSpread <= 1e-6 * size * size
}

const describe = ({ fields }: Survey): string =>
  fields
    .flatMap(({ name, range }) => (range ? [`${name} ${number(range.min)} to ${number(range.max)}`] : []))
    .slice(0, 4)
    .join(', ') || 'no numbers'

const evidenceOf = ({ fields, samples }: Survey): Evidence => ({
  samples,
  ...Object.fromEntries(
    fields.slice(0, 8).flatMap(({ name, range, nonFinite }) => [
      [`${name} not finite`, nonFinite],
      ...(range
        ? [
            [`${name} min`, range.min],
            [`${name} max`, range.max],
          ]
        : []),
    ]),
  ),
})
