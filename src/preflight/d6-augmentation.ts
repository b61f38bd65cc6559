// D6: augmentation draws anew: in each loader process, and in each epoch. Not which samples are drawn (D7).
//
// The loader is asked for one sample again and again, through its own workers and for two epochs; what differs is what was drawn
// for it. Two workers, or two epochs of a worker, whose samples are equal one by one, all along, share their random numbers: by
// chance it would happen once in a thousand million times, counted from how often draws agree at all (a flip agrees every other time).
// Where the draws belong to the sample and the epoch, all of them are equal within an epoch: then samples that come in both
// epochs are compared instead. A step that draws noise by itself draws another in the next. And two views of one sample are two draws, where both go through the model.
// Before all that: reading a sample leaves what the data set holds of it as it was.
import { define, go, noGo, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { surveyOf } from './data.ts'
import { alike, comebacks } from './draws.ts'
import { tracedStep, tracedSteps } from './traced.ts'

const rows = 64
/** Samples whose draws may belong to them and the epoch. */
const keyed = 6
const fewest = 8

export const d6 = define({
  code: 'D6',
  needs: ['passes', 'survey', 'sampleIds', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const altered = await spoilt(context)
    if (altered) return altered
    const drawn = await drawsAnew(context)
    return drawn.status === 'NO-GO' ? drawn : ((await oneViewTwice(context)) ?? (await sameNoise(context)) ?? drawn)
  },
})

/** A transform that works in place on the row that the data set holds: each reading adds to the last, and no checkpoint has it. */
const spoilt = async (context: Context): Promise<Outcome | null> => {
  const { spoilt } = await surveyOf(context, 'train')
  if (!spoilt || spoilt.changed < 2) return null
  return noGo('samples-changed-in-place', 'reading a sample changes what the data set holds of it', {
    seen: `${spoilt.changed} of ${spoilt.tried} samples: their row of ${spoilt.held} was another after a second reading, and another again after a third`,
    expected: 'rows that stay as they were loaded',
    where: placeOf(context.facts, 'train_loader', 'data', 'datasets', 'setup'),
    evidence: { ...spoilt },
    alternatives: ['data-position-lost'],
    advice: 'copy the row before it is changed: clone() or copy(), and no methods that end in _',
  })
}

/** Views that are one and the same teach a model nothing; an input that is its own target goes into the model once. */
const oneViewTwice = async (context: Context): Promise<Outcome | null> => {
  const [pair] = (context.can('trace') && (await tracedStep(context))?.views) || []
  if (!pair) return null
  return warn('augmentation-repeats', 'two views of each sample are one and the same', {
    seen: `${pair.join(' and ')} of a training batch hold the same values, and both go through the model`,
    expected: 'two draws: one for each view',
    where: placeOf(context.facts, 'train_loader', 'data', 'datasets', 'setup'),
    evidence: { fields: [...pair] },
    alternatives: ['samples-repeated'],
    advice: 'augment the sample once for each view',
  })
}

/** What a step draws by itself, noise or time steps, is drawn anew: a generator that is seeded in each step gives the same again. */
const sameNoise = async (context: Context): Promise<Outcome | null> => {
  const [first, second] = context.can('trace') ? await tracedSteps(context) : []
  const draws = first?.draws ?? []
  if (draws.length === 0 || draws.length !== second?.draws?.length) return null
  if (!draws.every((one, i) => one === second.draws?.[i])) return null
  return warn('augmentation-repeats', 'each step draws the same noise', {
    seen: `${plural(draws.length, 'draw')} of eight values or more in one step, and the same to the last bit in the next`,
    expected: 'other draws in each step',
    where: placeOf(context.facts, 'train_step', 'training_step', 'loss', 'model', 'setup'),
    evidence: { draws: draws.length },
    alternatives: ['evaluation-consumes-rng'],
    advice:
      'seed once, before training; a generator that is made and seeded within a step gives the same numbers each time',
  })
}

const drawsAnew = async (context: Context): Promise<Outcome> => {
  const survey = await surveyOf(context, 'train')
  const where = placeOf(context.facts, 'train_loader', 'data', 'datasets', 'setup')
  if (survey.changing === 0) {
    if ((survey.reseeding ?? 0) < survey.tried || survey.tried === 0)
      return skipped('training samples decode alike each time: nothing is drawn for them')
    const other = await differing(context)
    if (other > 0)
      return held({ workers: 1, tried: keyed, other }, `${other} of ${keyed} samples were others in the next epoch`)
    return warn('augmentation-repeats', 'what is drawn for a sample is the same each time', {
      seen: `${survey.reseeding} of ${survey.tried} samples are decoded with a generator that is seeded anew each time, and decode alike`,
      expected: 'another draw each time that a sample is used',
      where,
      evidence: { tried: survey.tried, reseeding: survey.reseeding ?? 0 },
      advice:
        'use a generator of its own, seeded with the epoch and the index: np.random.default_rng((seed, epoch, index))',
    })
  }
  const workers = Math.max(1, context.facts.loading?.workers ?? 1)
  const size = context.plan.run.train.batch_size
  const trial = await context.at('initial')
  const batches = Math.min(trial.facts.stepsPerEpoch, workers * Math.max(1, Math.ceil(rows / size)))
  const drawn = await trial.data({ passes: { epochs: 2, batches, same: 0 } })
  const found = alike(drawn)
  const distinct = new Set(drawn.map(({ hash }) => hash)).size
  const evidence = { drawn: drawn.length, distinct, workers, batches }
  if (found) {
    const [epoch, worker] = found.first.split('/')
    const [otherEpoch, otherWorker] = found.second.split('/')
    const common = { where, evidence: { ...evidence, equal: found.count } }
    return found.what === 'workers'
      ? noGo('workers-draw-alike', 'loader workers draw the same random numbers', {
          ...common,
          seen: `workers ${worker} and ${otherWorker} turn one sample into the same ${found.count} samples, one by one`,
          expected: 'other draws in each worker',
          alternatives: ['augmentation-repeats'],
          advice:
            'seed generators in worker_init_fn from torch.initial_seed(), or make them on first use in the worker',
        })
      : noGo('augmentation-repeats', 'augmentation is the same in every epoch', {
          ...common,
          seen: `epochs ${epoch} and ${otherEpoch} turn one sample into the same ${found.count} samples, one by one`,
          expected: 'other draws in each epoch',
          alternatives: ['workers-draw-alike'],
          advice: 'seed workers from torch.initial_seed(), which is another one each epoch, and never with a constant',
        })
  }
  const byEpoch = [1, 2].map(
    (epoch) => new Set(drawn.filter((one) => one.epoch === epoch).map(({ hash }) => hash)).size,
  )
  if (byEpoch.some((size) => size > 1) || (await differing(context)) > 0)
    return held(evidence, `${distinct} different samples of ${drawn.length} made from one`)
  const passes = await (await context.at('initial')).data({
    passes: { epochs: 2, batches: trial.facts.stepsPerEpoch },
  })
  const { both, same } = comebacks(passes)
  if (both < fewest) return skipped(`${plural(both, 'sample')} came in both epochs: too few to compare`)
  if (same < both)
    return held({ ...evidence, both, same }, `${both - same} of ${both} samples that came twice were others`)
  return noGo('augmentation-repeats', 'augmentation is the same in every epoch', {
    seen: `all of ${both} samples that came in both epochs were the same, though ${survey.changing} of ${survey.tried} change with other random numbers`,
    expected: 'other draws in each epoch',
    where,
    evidence: { ...evidence, both, same },
    advice: 'draw from a generator that is seeded with the epoch as well as the index',
  })
}

/** How many of a few samples are others in the second epoch. */
const differing = async (context: Context): Promise<number> => {
  let other = 0
  for (let same = 0; same < keyed; same++) {
    const drawn = await (await context.at('initial')).data({ passes: { epochs: 2, batches: 1, same } })
    const first = new Set(drawn.filter(({ epoch }) => epoch === 1).map(({ hash }) => hash))
    if (drawn.some(({ epoch, hash }) => epoch === 2 && !first.has(hash))) other++
  }
  return other
}

const held = (evidence: Readonly<Record<string, number>> & { readonly workers: number }, seen: string) =>
  go('augmentation draws anew, in every worker and epoch', {
    seen: `${seen}; ${plural(evidence.workers, 'stream')}, two epochs`,
    expected: 'no two streams that draw alike',
    evidence,
  })
