// T3: the first steps of the run, beside those of the baseline that its run file names.
// Not the benchmark rule, which compares evaluations over the whole run: curves that cross later begin in any order.
//
// The same experiment (one fingerprint: code, packages, config, data, environment, seed) takes the same first steps; where it does
// not, something outside of all these has changed, and no result of this run says anything of the baseline's. A changed
// experiment is held to one thing alone: it moves. Where the baseline's loss had clearly fallen and this one's has hardly, and its
// rate is not still warming up, that is worth a look before the night; it may recover, so both only warn.
import type { Beginning, StepRecord } from '../contract/index.ts'
import { define, go, list, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context, Repeatability } from './context.ts'
import { wholeRun } from './whole.ts'

/** Fewer say nothing. */
const fewest = 10
/** Standard errors by which a gap is clear, and the share of it that a loss must have fallen to have moved. */
const clearly = 3
const hardly = 0.25

type Steps = readonly { readonly loss: number; readonly rate: number }[]

const lossAt = (steps: Steps, index: number): number => steps.at(index)?.loss ?? Number.NaN

const between = (steps: Steps): string => `${number(lossAt(steps, 0))} → ${number(lossAt(steps, -1))}`

export const t3 = define({
  code: 'T3',
  needs: [],
  after: ['O1'],
  heeds: ['S1', 'O6', 'F1'],
  costClass: 'fresh',
  async run(context) {
    const { baseline } = context.plan.run.stop
    const against = baseline === null ? undefined : await context.polling.baseline?.()
    if (against === undefined) return skipped('the run file names no baseline (stop.baseline)')
    if (against.differs.length > 0)
      return skipped(`${against.name} answers another question: ${list(against.differs)} differ`)
    const { records } = await wholeRun(context)
    return judgeStart(context, records, against)
  },
})

const rateOf = ({ updates }: StepRecord): number =>
  Math.max(0, ...updates.filter(({ outcome }) => outcome === 'applied').flatMap(({ learningRates }) => learningRates))

/** Relative distance that the same steps may have: none where the device repeats, and what S1 has measured where it does not. */
const rounding = (repeatability: Repeatability): number =>
  repeatability.kind === 'rounding' ? 10 * repeatability.spread : repeatability.kind === 'exact' ? 0 : 1e-4

export const judgeStart = (
  context: Pick<Context, 'plan' | 'facts' | 'repeatability'>,
  records: readonly StepRecord[],
  { name, seeds }: Beginning,
): Outcome => {
  const { plan, facts } = context
  const told = seeds.flatMap(({ start, ...seed }) => (start === null ? [] : [{ ...seed, start }]))
  const one = told.find(({ seed }) => seed === plan.run.seed) ?? told[0]
  const steps = Math.min(records.length, one?.start.length ?? 0)
  if (one === undefined || steps < fewest) return skipped(`${name} has kept too few of its first steps`)
  const mine: Steps = records.slice(0, steps).map((record) => ({ loss: record.loss, rate: rateOf(record) }))
  const theirs: Steps = one.start.slice(0, steps).map(([loss, rate]) => ({ loss, rate }))
  const same = one.fingerprint === plan.fingerprint.whole && context.repeatability.kind !== 'unseeded'
  return same ? repeated(context, mine, theirs, name) : compared(facts, mine, theirs, name)
}

const repeated = (
  { facts, repeatability }: Pick<Context, 'facts' | 'repeatability'>,
  mine: Steps,
  theirs: Steps,
  name: string,
): Outcome => {
  const allowed = rounding(repeatability)
  const apart = mine.findIndex(({ loss }, i) => {
    const other = lossAt(theirs, i)
    return !Object.is(loss, other) && !(Math.abs(loss - other) <= allowed * Math.abs(other))
  })
  const seen = `${mine.length} steps, loss ${between(mine)}`
  const expected = `those of ${name}, whose plan has the same fingerprint`
  const bitwise = mine.every(({ loss }, i) => Object.is(loss, lossAt(theirs, i)))
  if (apart < 0) return go(`${mine.length} steps as ${name} began${bitwise ? ', bitwise' : ''}`, { seen, expected })
  return warn('baseline-not-reproduced', `the same experiment does not begin as ${name} did`, {
    seen: `loss ${number(lossAt(mine, apart))} at step ${apart + 1}, where ${name} had ${number(lossAt(theirs, apart))}`,
    expected,
    evidence: { step: apart + 1, loss: lossAt(mine, apart), baseline: lossAt(theirs, apart) },
    where: placeOf(facts, 'setup', 'data', 'model'),
    advice:
      'another machine, driver or library outside the fingerprint? Set the baseline again here, or compare over seeds',
  })
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

const compared = (facts: Context['facts'], mine: Steps, theirs: Steps, name: string): Outcome => {
  const third = Math.floor(mine.length / 3)
  const losses = mine.map(({ loss }) => loss)
  const fall = mean(losses.slice(0, third)) - mean(losses.slice(-third))
  // step by step: the same seed meets the same samples, so that hard batches cancel
  const behind = losses.map((loss, i) => loss - lossAt(theirs, i)).slice(-third)
  const gap = mean(behind)
  const error = Math.sqrt(mean(behind.map((value) => (value - gap) ** 2)) / third)
  const warming = (mine.at(-1)?.rate ?? 0) > 1.05 * (mine[Math.floor(mine.length / 2)]?.rate ?? 0)
  const rates = [mine, theirs].map((steps) => Math.max(...steps.map(({ rate }) => rate).filter(Number.isFinite)))
  const words = {
    seen: `loss ${between(mine)} in ${mine.length} steps; ${name} ${between(theirs)}`,
    expected: 'a loss that falls where the baseline’s had fallen',
    evidence: { steps: mine.length, fall, gap, error, rate: rates[0] ?? null, baselineRate: rates[1] ?? null },
  }
  if (warming) return go(`${words.seen}; its rate is still warming up`, words)
  if (!(gap > clearly * error) || !(fall < hardly * gap)) return go(words.seen, words)
  return warn('starts-worse-than-baseline', `the loss hardly moves, where ${name} had clearly learnt`, {
    ...words,
    where: placeOf(facts, 'optimizer', 'optimizers', 'setup'),
    alternatives: ['learning-rate-out-of-range'],
    advice: `look at what has changed; the largest rate so far is ${number(rates[0] ?? 0)}, the baseline’s was ${number(rates[1] ?? 0)}`,
  })
}
