// S1: two fresh processes with the same seed do bitwise the same. It also measures the tolerance that other checks use.
// Not whether another seed differs, nor whether a resume continues: K1 does that.
//
// Initial values, sample ids and generator states stay exact everywhere: no tolerance may hide an unseeded generator. A numeric
// tolerance comes only from repeating ONE step from ONE captured state in one process, with every known generator put back:
// if that step differs from itself by rounding alone, the kernels are not deterministic (WARN, and the spread is recorded);
// if it repeats exactly, or differs by more than rounding, something draws numbers that the seed does not govern (NO-GO).
// Two processes whose losses first part by a few units in the last place only warn, repeated or not: kernels may depend on where
// memory lies, and noise that is worth the name (a dropped unit, another crop) moves a loss by more.
import type { DeterminismReport, StepRecord } from '../contract/index.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, placeOfTensor, warn } from './check.ts'
import { type Divergence, differenceIn, firstDivergence, lossSpread, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import { follow, type Reference } from './reference.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import type { Snapshot } from './trial.ts'

/** Rounding that strikes one step in two hides from n repeats with probability 2⁻ⁿ⁺¹. */
const repeats = 8

/** Relative: eight units in the last place of float32. */
const lastPlaces = 1e-6

type Twin = {
  readonly initial: Snapshot
  readonly records: readonly StepRecord[]
  readonly final: Snapshot
  readonly kernels: DeterminismReport
}

export const s1 = define({
  code: 'S1',
  needs: ['reset', 'freshProcess'],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const reference = await context.reference()
    const twin = await secondRun(context, reference)
    const first = await compareTwins(context, reference, twin)
    const outcome = first.status === 'NO-GO' ? await amongFresh(context, reference, twin, first) : first
    if (context.repeatability.kind === 'unknown')
      context.repeatability = outcome.status === 'NO-GO' ? { kind: 'unseeded' } : { kind: 'exact' }
    return outcome
  },
})

/**
 * A stream that the program draws from by itself stands, in the process that others have used before, where they have left it: then two
 * fresh processes are compared with each other.
 */
const amongFresh = async (context: Context, reference: Reference, twin: Twin, outcome: Outcome): Promise<Outcome> => {
  if ((context.facts.streams ?? []).length === 0) return outcome
  const known = context.repeatability
  const again = await compareTwins(context, { ...reference, ...twin }, await secondRun(context, reference))
  if (again.status !== 'NO-GO') return again
  context.repeatability = known
  return outcome
}

const secondRun = async (context: Context, reference: Reference): Promise<Twin> => {
  // a process of its own has another seed of its hashes: an order that hangs on them shows
  await using trial = await context.fresh(context.seed, 'own')
  context.alsoHashing(trial.facts)
  const initial = await trial.digest()
  const { records } = await follow(trial, reference.schedule, 0, { evaluate: reference.evaluationCrash === null })
  return { initial, records, final: await trial.digest(), kernels: await trial.determinism() }
}

const compareTwins = async (context: Context, reference: Reference, twin: Twin): Promise<Outcome> => {
  const { facts } = context
  const steps = reference.records.length
  const initial = stateDifferences(reference.initial, twin.initial)
  const values = differenceIn(initial, 'parameters') ?? differenceIn(initial, 'buffers') ?? differenceIn(initial, 'ema')
  if (values)
    return noGo('unseeded-initialisation', 'the same seed gives other initial weights', {
      seen: `${values.names.length} of ${values.of} ${values.section} differ between two processes, ${list(values.names)}`,
      expected: `equal initial values for seed ${context.seed}`,
      where: placeOfTensor(facts, values.names[0]),
      evidence: { seed: context.seed, differing: values.names.length, of: values.of, first: values.names[0] ?? null },
      advice: 'draw initial values from the seeded generator only, and seed before the model is built',
    })
  const divergence = firstDivergence(reference.records, twin.records)
  const final = stateDifferences(reference.final, twin.final).filter(({ section }) => section !== 'mode')
  if (divergence?.what === 'samples')
    return noGo('unseeded-data-order', 'the same seed gives the samples in another order', {
      seen: `step ${divergence.step} takes other samples in a second process`,
      expected: `the same samples at each of ${steps} steps for seed ${context.seed}`,
      where: placeOf(facts, 'data', 'datasets', 'setup'),
      evidence: { seed: context.seed, step: divergence.step, steps },
      advice: 'shuffle with a generator made from the seed',
    })
  if (divergence || final.some(({ section }) => section !== 'rng'))
    return whyTheyPart(context, reference, twin, divergence)
  if (final.length > 0 || differenceIn(initial, 'rng'))
    return warn('unseeded-randomness', 'a random generator differs between two processes, without effect so far', {
      seen: `${steps} of ${steps} steps are equal; the state of the generators is not: ${list((final[0] ?? initial[0])?.names ?? [])}`,
      expected: 'generators whose state follows from the seed',
      where: placeOf(facts, 'setup', 'data', 'train_step'),
      evidence: { seed: context.seed, steps },
      advice: 'seed that generator from self.seed',
    })
  context.repeatability = { kind: 'exact' }
  const { mode, named } = twin.kernels
  const last = reference.records.at(-1)?.loss ?? Number.NaN
  return go(`same seed: ${steps} of ${steps} steps bitwise equal`, {
    seen: `loss ${number(last)} at step ${steps} and every state section equal in two processes`,
    expected: 'bitwise equality',
    evidence: {
      seed: context.seed,
      steps,
      lastLoss: last,
      deterministic: mode,
      ...(named.length > 0 ? { named: named.map(({ operation }) => operation) } : {}),
    },
  })
}

/** The runs part with equal batches: noise without a seed, or kernels that round differently each time. */
const whyTheyPart = async (
  context: Context,
  reference: Reference,
  twin: Twin,
  divergence: Divergence | null,
): Promise<Outcome> => {
  const step = divergence?.step ?? reference.records.length
  const differing = stateDifferences(reference.final, twin.final).filter(({ section }) => section !== 'mode')
  const limit = roundingOf(arithmeticOf(context.facts, await evaluationIn(context, reference))).step
  const repeated = await repeatStep(context, step)
  const { report } = repeated
  const between = lossSpread(reference.records, twin.records)
  const evidence = {
    seed: context.seed,
    step,
    spread: repeated.spread,
    betweenProcesses: between,
    roundingLimit: limit,
    repeats,
    deterministic: report.mode,
    named: report.named.map(({ operation }) => operation),
    operations: report.differing.map(({ operation, spread }) =>
      spread === null ? operation : `${operation}: ${number(spread)}`,
    ),
  }
  const seen = divergence
    ? `step ${step}, same samples: ${divergence.what} ${divergence.left} and ${divergence.right}`
    : `equal losses, yet after ${step} steps ${list(differing.map(({ section }) => section))} differ: ${list(differing.flatMap(({ names }) => names))}`
  const parted =
    divergence === null
      ? weightsApart(reference, twin)
      : divergence.what === 'loss'
        ? relative(Number(divergence.left), Number(divergence.right))
        : null
  const processesRound = repeated.equal && parted !== null && parted <= lastPlaces
  if (processesRound || (!repeated.equal && (repeated.spread <= limit || kernelsRound(report)))) {
    context.repeatability = { kind: 'rounding', spread: Math.max(repeated.spread, between, parted ?? 0) }
    return warn('nondeterministic-kernel', 'this device does not round the same way twice', {
      seen: processesRound
        ? `${seen}, ${number(parted)} apart; repeated within one process that step is equal${operationsOf(report)}`
        : `${seen}; one step repeated ${repeats} times from one state differs by ${number(repeated.spread)}${operationsOf(report)}`,
      expected: `bitwise equality; up to ${limit} is rounding, and becomes the tolerance of other checks`,
      where: lineOf(report) ?? placeOf(context.facts, 'model', 'train_step'),
      evidence,
      advice: report.try ?? 'use another operation in its place, or accept the spread',
    })
  }
  context.repeatability = { kind: 'unseeded' }
  return noGo('unseeded-randomness', 'training draws random numbers that the seed does not govern', {
    seen: repeated.equal
      ? `${seen}; repeated within one process that step is equal`
      : `${seen}; repeated from one state it differs by ${number(repeated.spread)}${operationsOf(report)}`,
    expected: `bitwise equality for seed ${context.seed}; rounding alone explains at most ${limit}`,
    where: drawnAt(report) ?? placeOf(context.facts, 'train_step', 'loss', 'data', 'datasets', 'setup'),
    evidence,
    alternatives: repeated.equal ? [] : ['nondeterministic-kernel'],
    advice: 'seed every generator (NumPy, random, Math.random, a library of its own) from the run’s seed',
  })
}

/**
 * Operations alone are at fault that add up in another order each time: none draws, and each is off by its last places; a sum of
 * thousands that cancel loses more of them.
 */
const kernelsRound = ({ differing }: DeterminismReport): boolean =>
  differing.length > 0 &&
  differing.every(({ draws, coarse, spread }) => !draws && (spread ?? 0) <= (coarse ? 1e-1 : 1e-3))

/** Those that were seen to differ; else those that the framework itself names. */
const operationsOf = ({ differing, named }: DeterminismReport): string => {
  const found = differing.length > 0 ? differing : named
  if (found.length === 0) return ''
  const words = differing.length > 0 ? 'equal inputs, other results' : 'the framework names'
  return `; ${words}: ${list(found.map(({ operation, where }) => (where ? `${operation} (${where})` : operation)))}`
}

const lineOf = ({ differing, named }: DeterminismReport): string | null =>
  [...differing, ...named].find(({ where }) => where !== null)?.where ?? null

const drawnAt = ({ differing }: DeterminismReport): string | null =>
  differing.find(({ draws, where }) => draws && where !== null)?.where ?? null

/** For the number format that outputs show; null evaluations tell nothing. */
const evaluationIn = async (context: Context, reference: Reference) =>
  reference.evaluationCrash === null ? context.evaluation('initial') : undefined

/** Largest relative difference of a norm among the tensors that differ at the end; null where something else than numbers does. */
const weightsApart = ({ final }: Reference, twin: Twin): number | null => {
  let most = 0
  for (const { section } of stateDifferences(final, twin.final).filter((one) => one.section !== 'mode')) {
    for (const [name, { digest, l2 }] of final.get(section)?.entries ?? []) {
      const other = twin.final.get(section)?.entries.get(name)
      if (other?.digest === digest) continue
      if (l2 === null || other === undefined || other.l2 === null) return null
      most = Math.max(most, l2 === other.l2 ? 0 : relative(l2, other.l2))
    }
  }
  return most
}

const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))

type Repeated = { readonly equal: boolean; readonly spread: number; readonly report: DeterminismReport }

/** One step, several times from one captured state, in the shared process. */
const repeatStep = async (context: Context, step: number): Promise<Repeated> => {
  const trial = await context.at('initial')
  if (step > 1) await trial.steps({ steps: step - 1 })
  await trial.capture('before-divergence')
  const runs: { loss: StepRecord[]; state: Snapshot }[] = []
  for (let i = 0; i < repeats; i++) {
    await trial.restore('before-divergence')
    runs.push({ loss: await trial.steps({ steps: 1 }), state: await trial.digest() })
  }
  const [first, ...others] = runs
  await trial.restore('before-divergence')
  if (!first) return { equal: true, spread: 0, report: await trial.determinism() }
  const differs = others.some(
    ({ state }) =>
      stateDifferences(first.state, state).filter(({ section }) => section !== 'mode' && section !== 'rng').length > 0,
  )
  const spread = Math.max(...others.map(({ loss }) => lossSpread(first.loss, loss)))
  const equal = !differs && spread === 0
  const report = await trial.determinism({ repeats: equal ? 0 : repeats })
  return { equal, spread: Math.max(spread, differs ? Number.EPSILON : 0), report }
}
