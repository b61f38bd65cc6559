// P2: several processes compute what one does: the gradient of the first update and an evaluation, from the same weights.
// Not whether the ranks agree with each other (P1).
//
// The same samples, by their ids, go to one process whole and to the ranks in parts. Dropout and augmentation are off, or keyed by
// sample; batch norm uses its running statistics, as it would mix the samples of a part (whether it is synchronised is said apart).
// A gradient that is mathematically zero is rounding: what is under 1e-6 of the whole gradient is not compared. A loss may compare
// the samples of a batch, and then depends on the parts honestly: only a sum that was not averaged, or ranks that step with
// gradients of their own, block; other differences warn.
import type { Evaluation, Facts, StepRecord } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import { differenceIn, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import type { Snapshot, Trial } from './trial.ts'
import { type Apart, metricsApart } from './v2-batch-size-invariance.ts'

/** Rounding of sums in another order reaches a few 1e-6; the bugs looked for begin at 1e-2. */
const toleranceOf = ({ plan }: Context): number => (plan.run.train.precision === 'float32' ? 1e-4 : 5e-2)
/** A gradient below this share of the whole is held to this share: 1e-6 of the whole, at the tolerance for float32. */
const small = 1e-2
/** Samples of each rank in the batch that is compared, at most. */
const samplesEach = 8

export const p2 = define({
  code: 'P2',
  needs: ['reset'],
  after: ['P1'],
  costClass: 'fresh',
  async run(context) {
    const { world } = context.plan.run
    if (world === 1) return skipped('one process; needs two')
    const ids = idsOf(context)
    const together = await look(context, await context.at('initial'), ids)
    await using trial = await context.inOneProcess()
    await trial.capture('initial')
    const alone = await look(context, trial, ids)
    if (differenceIn(stateDifferences(together.state, alone.state), 'parameters'))
      return skipped('the initial weights depend on the number of processes: there is nothing to compare')
    const tolerance = toleranceOf(context) / 10
    const [worst] = metricsApart(alone.evaluation, together.evaluation, tolerance)
    if (worst) {
      const again = metricsApart(alone.evaluation, await trial.evaluate(), tolerance)
      return again.length > 0
        ? skipped('the evaluation is random: nothing to compare between numbers of processes')
        : metricsDiffer(context, worst, alone.evaluation, together.evaluation)
    }
    const compared = await gradients(context, trial, alone, together)
    if (compared !== null && 'status' in compared) return compared
    const names = Object.keys(alone.evaluation.metrics).map((name) => `val_${name}`)
    const distances = metricsApart(alone.evaluation, together.evaluation, 0).map(({ relative }) => relative)
    const metrics = Math.max(0, ...distances)
    const seen = `${compared ? `gradients within ${number(compared.apart)}` : 'gradients not compared'}; ${names.join(', ')} within ${number(metrics)}`
    return go(`1 and ${world} processes: ${seen}${compared?.note ?? ''}`, {
      seen,
      expected: `gradients ${toleranceOf(context)}, metrics ${tolerance} relative`,
      evidence: {
        world,
        gradientsApart: compared?.apart ?? null,
        metricsApart: metrics,
        samples: alone.evaluation.samples,
      },
    })
  },
})

type Look = {
  readonly facts: Facts
  readonly state: Snapshot
  readonly evaluation: Evaluation
  /** The first update, with batch norm's running statistics; null where it cannot be asked for. */
  readonly update: StepRecord | null
  /** With the statistics of the batch, where batch norm has any. */
  readonly mixed: StepRecord | null
}

const look = async (context: Context, trial: Trial, ids: number[] | null): Promise<Look> => {
  const state = await trial.digest()
  const evaluation = await trial.evaluate()
  const update = ids === null ? null : await observe(context, trial, ids, 'initial', false).catch(unknownIds)
  const mixes = context.facts.tensors.some(({ name }) => name.endsWith('running_mean'))
  const mixed = ids !== null && update !== null && mixes ? await observe(context, trial, ids, 'initial', true) : null
  return { facts: trial.facts, state, evaluation, update, mixed }
}

const observe = async ({ plan }: Context, trial: Trial, ids: number[], slot: string, statistics: boolean) => {
  await trial.restore(slot)
  const how = { statistics, regularisation: false, observe: true, learningRate: 0 }
  const records = await trial.steps({ steps: plan.run.train.accumulate, batch: { ids: [ids] }, ...how })
  return records.at(-1) as StepRecord
}

const unknownIds = (error: unknown): null => {
  if (error instanceof Crash && error.error.code === 'SAMPLES_UNKNOWN') return null
  throw error
}

/** Ids for one batch that every rank gets an equal part of; null where samples cannot be asked for by id. */
const idsOf = (context: Context): number[] | null => {
  const { world, train } = context.plan.run
  const samples = context.facts.data.find(({ split }) => split === 'train')?.samples ?? 0
  const count = world * Math.min(samplesEach, Math.floor(Math.min(samples, train.batch_size) / world))
  if (count === 0 || !context.can('gradients') || !context.can('sampleIds')) return null
  return Array.from({ length: count }, (_, i) => Math.floor((i * samples) / count))
}

const metricsDiffer = (context: Context, worst: Apart, alone: Evaluation, together: Evaluation): Outcome => {
  const { world } = context.plan.run
  const shares = together.ranks?.map(({ metrics }) => metrics[worst.name]).filter((value) => value !== undefined) ?? []
  const own = Math.max(...shares) - Math.min(...shares) > (toleranceOf(context) / 10) * Math.abs(worst.b)
  const how = own
    ? `the ranks say ${shares.map(number).join(' and ')}`
    : `${together.samples} samples scored, of ${alone.samples}`
  const found = {
    seen: `val_${worst.name} ${number(worst.a)} by one process, ${number(worst.b)} by ${world}; ${how}`,
    expected: 'the same value: every sample once, whatever process scores it',
    where: placeOf(context.facts, 'evaluate', 'setup'),
    evidence: {
      world,
      metric: worst.name,
      alone: worst.a,
      together: worst.b,
      samplesAlone: alone.samples,
      samplesTogether: together.samples,
      shares,
    },
  }
  if (own)
    return noGo('metrics-not-reduced', `val_${worst.name} is that of one rank’s share of the data`, {
      ...found,
      advice: 'sum loss, hits and count over the ranks (dist.all_reduce) before the division',
    })
  const twice = together.samples - alone.samples
  if (twice > 0)
    return noGo('padded-duplicates-scored', `${plural(twice, 'sample')} scored twice: the sampler’s padding`, {
      ...found,
      advice:
        'score each sample once: Subset(dataset, range(rank, len(dataset), world)) instead of a DistributedSampler',
    })
  const title = `val_${worst.name} depends on the number of processes`
  const advice = 'sum over samples on every rank, reduce the sums, and divide by the number of all samples once'
  return context.task.kind === 'custom'
    ? warn('mean-of-batch-means', title, { ...found, advice })
    : noGo('mean-of-batch-means', title, { ...found, alternatives: ['metrics-not-reduced', 'wrong-divisor'], advice })
}

type Compared = { readonly apart: number; readonly note: string }

const gradients = async (
  context: Context,
  trial: Trial,
  alone: Look,
  together: Look,
): Promise<Compared | Outcome | null> => {
  const [own, whole] = [together, alone].map(({ facts }) => facts.data.find(({ split }) => split === 'train')?.sha256)
  const ids = idsOf(context)
  const [one, several] = [alone.update, together.update]
  // a project that cuts the data itself gives each rank other samples under the same id
  if (ids === null || own !== whole || !isApplied(one) || !isApplied(several)) return null
  await trial.restore('initial')
  await trial.scramble('rng')
  await trial.capture('other noise')
  const tolerance = toleranceOf(context)
  // noise that cannot be switched off
  if (distance(one, await observe(context, trial, ids, 'other noise', false)).worst > tolerance) return null
  const { worst, name, ratio } = distance(one, several)
  if (worst > tolerance) return gradientsApart(context, { one, several, worst, name, ratio, samples: ids.length })
  const { world, train } = context.plan.run
  const synchronised =
    alone.mixed === null || together.mixed === null || distance(alone.mixed, together.mixed).worst < 1e-3
  const each = Math.floor(train.batch_size / world)
  return { apart: worst, note: synchronised ? '' : `; batch norm is not synchronised: it sees ${each} samples` }
}

const isApplied = (record: StepRecord | null): record is StepRecord =>
  record?.updates.some(({ outcome }) => outcome === 'applied') ?? false

type Gradients = {
  readonly one: StepRecord
  readonly several: StepRecord
  readonly worst: number
  readonly name: string
  readonly ratio: number
  readonly samples: number
}

const gradientsApart = (context: Context, { one, several, worst, name, ratio, samples }: Gradients): Outcome => {
  const { world } = context.plan.run
  const tolerance = toleranceOf(context)
  const norms = several.ranks?.map(({ gradientNorm }) => gradientNorm ?? Number.NaN) ?? []
  const own = Math.max(...norms) - Math.min(...norms) > tolerance * Math.max(...norms)
  const [left, right] = [one, several].map(({ parameters }) => number(parameters?.[name]?.gradient ?? Number.NaN))
  const how = own ? `norms by rank ${norms.map(number).join(' and ')}` : `the whole is ${number(ratio)} times as long`
  const found = {
    seen: `the same ${samples} samples: gradient of ${name} ${left} in one process, ${right} in ${world}; ${how}`,
    expected: `equal within ${tolerance}: the mean over the ranks’ gradients`,
    where: placeOf(context.facts, 'train_step', 'loss', 'model', 'setup'),
    evidence: { world, parameter: name, ratio, apart: worst, gradientNorms: norms, samples },
  }
  if (own)
    return noGo('gradients-not-averaged', 'each rank steps with its own gradient', {
      ...found,
      advice: 'wrap the model in DistributedDataParallel, and call the wrapped one in train_step',
    })
  if (Math.abs(ratio / world - 1) < 0.01)
    return noGo(
      'gradients-not-averaged',
      `gradients are summed over the ranks: ${world} times as long as one process’s`,
      {
        ...found,
        advice: 'divide by the number of processes after all_reduce, as DistributedDataParallel does',
      },
    )
  return warn('gradients-not-averaged', 'the gradient depends on the number of processes', {
    ...found,
    advice: 'fine where the loss compares the samples of a batch; else average the gradients over the ranks',
  })
}

/** The largest relative distance between the gradients of one parameter, and the ratio of the whole gradients. */
export const distance = (one: StepRecord, several: StepRecord): { worst: number; name: string; ratio: number } => {
  const left = new Map(Object.entries(one.parameters ?? {}))
  const whole = (record: StepRecord) =>
    Math.hypot(...Object.values(record.parameters ?? {}).map(({ gradient }) => gradient ?? 0))
  const total = whole(one)
  let worst = 0
  let name = ''
  for (const [key, { gradient }] of Object.entries(several.parameters ?? {})) {
    const a = left.get(key)?.gradient ?? 0
    const b = gradient ?? 0
    const apart = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), small * total, Number.MIN_VALUE)
    if (apart > worst || name === '') {
      worst = Math.max(worst, apart)
      name = key
    }
  }
  return { worst, name, ratio: whole(several) / total }
}
