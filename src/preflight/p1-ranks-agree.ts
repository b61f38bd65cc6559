// P1: processes that train together hold the same parameters, at the start and after some steps, and train on other samples.
// Not whether they compute what one process would (P2).
//
// Equal means equal hashes: every rank applies one gradient to one set of weights. Weights that differ at first and agree after the
// first steps are no fault: somebody broadcast them. Buffers are left out: batch norm's statistics are each rank's own.
import type { StepRecord } from '../contract/index.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import { type Difference, differenceIn, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import type { Snapshot, Trial } from './trial.ts'

/** Steps with an update each. */
const updates = 4

export const p1 = define({
  code: 'P1',
  needs: ['reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const { world } = context.plan.run
    if (world === 1) return skipped('one process; needs two')
    const trial = await context.at('initial')
    const before = await parametersApart(trial, world)
    const records = await trial.steps({ steps: updates * context.plan.run.train.accumulate, observe: true, ids: true })
    const after = await parametersApart(trial, world)
    if (after) return before ? startApart(context, before) : driftApart(context, after, records)
    return (
      sameSamples(context, records) ??
      go(`parameters equal on ${world} ranks at the start and after ${plural(records.length, 'step')}`, {
        seen: `${before ? 'other weights at the start, then one' : 'one'} hash of all parameters on every rank; other samples on each`,
        expected: 'equal hashes',
        evidence: { world, steps: records.length, loss: records.at(-1)?.loss ?? null },
      })
    )
  },
})

type Apart = {
  readonly rank: number
  readonly difference: Difference
  readonly zero: Snapshot
  readonly other: Snapshot
}

/** The first rank whose parameters are not rank 0's. */
const parametersApart = async (trial: Trial, world: number): Promise<Apart | null> => {
  const zero = await trial.digest(0)
  for (let rank = 1; rank < world; rank++) {
    const other = await trial.digest(rank)
    const difference = differenceIn(stateDifferences(zero, other), 'parameters')
    if (difference) return { rank, difference, zero, other }
  }
  return null
}

const norms = ({ rank, difference, zero, other }: Apart): string => {
  const [name = ''] = difference.names
  const of = (state: Snapshot) => number(state.get('parameters')?.entries.get(name)?.l2 ?? Number.NaN)
  return `${difference.names.length} of ${difference.of} parameters differ between rank 0 and ${rank}; norm of ${name}: ${of(zero)} and ${of(other)}`
}

const evidenceOf = ({ plan }: Context, { rank, difference }: Apart) => ({
  world: plan.run.world,
  rank,
  differing: difference.names.length,
  of: difference.of,
  parameters: [...difference.names].slice(0, 10),
})

const startApart = (context: Context, apart: Apart): Outcome =>
  noGo('ranks-start-apart', 'the ranks begin with different weights, and keep them', {
    seen: norms(apart),
    expected: 'rank 0’s weights on every rank before the first step',
    where: placeOf(context.facts, 'model', 'setup'),
    evidence: evidenceOf(context, apart),
    alternatives: ['gradients-not-averaged'],
    advice: `wrap the model in DistributedDataParallel, which broadcasts; by hand: ${list(['for p in model.parameters(): dist.broadcast(p.data, 0)'])}`,
  })

const driftApart = (context: Context, apart: Apart, records: readonly StepRecord[]): Outcome => {
  const first = records.find(({ ranks }) => ranks?.every(({ gradientNorm }) => gradientNorm !== null))
  const gradients = first?.ranks?.map(({ gradientNorm }) => gradientNorm ?? Number.NaN) ?? []
  const own = new Set(gradients).size > 1
  const found = {
    seen: own
      ? `${norms(apart)}; gradient norms at step ${first?.step}: ${gradients.map(number).join(' and ')}`
      : `${norms(apart)}, after ${records.length} steps`,
    expected: 'equal hashes after every step: one averaged gradient, applied to equal weights',
    where: placeOf(context.facts, 'train_step', 'model', 'setup'),
    evidence: { ...evidenceOf(context, apart), gradientNorms: gradients },
  }
  return own
    ? noGo('gradients-not-averaged', 'each rank trains on its own gradient: these are separate models', {
        ...found,
        advice: 'wrap the model in DistributedDataParallel, and call the wrapped one in train_step',
      })
    : noGo('ranks-drift-apart', 'the ranks part while they train', {
        ...found,
        advice:
          'look for what only one rank does in train_step: a clipping, a schedule, an update under `if rank == 0`',
      })
}

const sameSamples = (context: Context, records: readonly StepRecord[]): Outcome | null => {
  const { facts, plan } = context
  const ranks = records.map((record) => record.ranks ?? [])
  const where = placeOf(facts, 'data', 'setup')
  const advice = 'DataLoader(dataset, sampler=DistributedSampler(dataset, seed=self.seed), …), without shuffle=True'
  const equal = ranks.every(
    (each) =>
      each.length > 1 && each.every(({ samples }) => samples.count > 0 && samples.digest === each[0]?.samples.digest),
  )
  if (equal)
    return noGo('same-samples-on-every-rank', 'every rank trains on the same samples', {
      seen: `the same ${plural(ranks[0]?.[0]?.samples.count ?? 0, 'sample')} on all ${plan.run.world} ranks, at ${records.length} of ${records.length} steps`,
      expected: 'a part of its own for each rank',
      where,
      evidence: { world: plan.run.world, steps: records.length },
      advice,
    })
  const parts = shared(records)
  if (parts && parts.common > plan.run.world - 1 && parts.repeated === 0)
    return (facts.loading?.deals ? noGo : warn)('same-samples-on-every-rank', 'ranks train on samples of one another', {
      seen: `${parts.common} of ${parts.drawn} samples drawn in ${plural(parts.steps, 'step')} of one epoch were drawn by two ranks, none twice by one`,
      expected: `a part of its own for each rank: ${plan.run.world - 1} in common at most, where the last batch is filled up`,
      where,
      evidence: { world: plan.run.world, common: parts.common, drawn: parts.drawn },
      alternatives: ['samples-left-out'],
      advice: 'the seed of DistributedSampler must be the same on all ranks: each takes every nth of one order',
    })
  const whole = facts.data.find(({ split }) => split === 'train')?.samples ?? 0
  const each = facts.stepsPerEpoch * (ranks[0]?.[0]?.samples.count ?? 0)
  // halfway between a part and the whole
  if (whole === 0 || each < (whole * (1 + 1 / plan.run.world)) / 2) return null
  return warn('same-samples-on-every-rank', 'every rank goes through all of the training data in an epoch', {
    seen: `${facts.stepsPerEpoch} steps of ${ranks[0]?.[0]?.samples.count} samples on each of ${plan.run.world} ranks, of ${whole} samples`,
    expected: `about ${Math.ceil(whole / plan.run.world)} samples a rank`,
    where,
    evidence: { world: plan.run.world, samples: whole, each },
    advice,
  })
}

/** Of the first epoch's samples so far: how many were drawn by more than one rank, and how many more than once by one. Null: ids are not known. */
export const shared = (records: readonly StepRecord[]) => {
  const first = records.filter(({ epoch }) => epoch === records[0]?.epoch)
  const drawn = new Map<number, Map<number, number>>()
  for (const { ranks = [] } of first)
    for (const [rank, { samples }] of ranks.entries()) {
      if (!samples.ids) return null
      for (const id of samples.ids) {
        const by = drawn.get(id) ?? new Map<number, number>()
        by.set(rank, (by.get(rank) ?? 0) + 1)
        drawn.set(id, by)
      }
    }
  const all = [...drawn.values()]
  return {
    drawn: all.length,
    steps: first.length,
    common: all.filter((by) => by.size > 1).length,
    repeated: all.filter((by) => [...by.values()].some((times) => times > 1)).length,
  }
}
