// K6: a stream of scores that rise and fall again keeps the checkpoint of the top, not the newest.
// Not the policy itself (latest, best, top): that is gonogo's own, tested where it is; and not the metric's direction (V7).
//
// Which checkpoint is kept as the best follows from the scores that evaluations report, one after the other. So a stream is fed through
// the experiment's own evaluation, without putting anything back in between: bad predictions, perfect ones, the same bad ones again. The
// score must fall again, to where it was. One that stays at the top is the best so far and no score: every later checkpoint ties with
// the best, or beats it by rounding. One that falls only half way is averaged over evaluations: it was never reset.
import type { Evaluation } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'

/** Enough for a score to move. */
const samples = 256
/** V1's causes: no score of a random evaluation comes again. */
const noise: ReadonlySet<string> = new Set(['random-evaluation', 'no-eval-mode', 'augmentation-on-validation'])
const stream = ['constant', 'perfect', 'constant'] as const

export const k6 = define({
  code: 'K6',
  needs: ['replacePredictions', 'reset'],
  guarantee: 'metricsArePerSample',
  after: [],
  heeds: ['V1'],
  costClass: 'warm',
  async run(context) {
    const fed = await feed(context)
    if (typeof fed === 'string') return skipped(fed)
    const [bad, good, again] = fed
    const { best, latest, top } = context.plan.run.checkpoint.keep
    const names = Object.keys(bad.metrics).sort(
      (a, b) => Number(isObjective(context, b)) - Number(isObjective(context, a)),
    )
    const tolerance = roundingOf(arithmeticOf(context.facts, bad)).metric
    const moved = names.filter((name) => apart(of(bad, name), of(good, name)) > tolerance)
    if (moved.length === 0) return skipped('no metric moves with the predictions: V7 judges that')
    const evidence = Object.fromEntries(names.map((name) => [name, fed.map((one) => of(one, name))]))
    const stays = moved.find((name) => apart(of(bad, name), of(again, name)) > tolerance)
    if (stays === undefined)
      return go(`a score that rises falls again: best ${best}, latest ${latest}, top ${top} keep what they say`, {
        seen: moved.map((name) => `${name} ${fed.map((one) => number(of(one, name))).join(', ')}`).join('; '),
        expected: 'for bad, perfect and again bad predictions: the first score again',
        evidence,
      })
    return remembers(context, stays, fed, tolerance, evidence)
  },
})

type Fed = readonly [Evaluation, Evaluation, Evaluation]

const feed = async (context: Context): Promise<Fed | string> => {
  if (noise.has(context.outcomes.get('V1')?.cause ?? '')) return 'evaluation is random (V1): no score comes again'
  const trial = await context.at('trained')
  const fed: Evaluation[] = []
  for (const predictions of stream) {
    const one = await trial.evaluate({ predictions, limit: samples }).catch((error: unknown) => {
      if (error instanceof Crash && !endsProcess(error)) return null
      throw error
    })
    if (one === null) return `the evaluation does not take ${predictions} predictions`
    if (one.replaced !== undefined && one.replaced !== 'yes') return one.replaced.no
    fed.push(one)
  }
  const [bad, good, again] = fed
  return bad && good && again ? [bad, good, again] : 'nothing was evaluated'
}

const of = ({ metrics }: Evaluation, name: string): number => new Map(Object.entries(metrics)).get(name) ?? Number.NaN

const apart = (a: number, b: number): number =>
  Object.is(a, b) ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-3)

const isObjective = ({ plan }: Context, name: string): boolean => plan.objective.name === `val_${name}`

const remembers = (
  context: Context,
  name: string,
  [bad, good, again]: Fed,
  tolerance: number,
  evidence: Outcome['evidence'],
): Outcome => {
  const values = [of(bad, name), of(good, name), of(again, name)] as const
  const holds = {
    seen: `${name} ${number(values[0])} for bad predictions, ${number(values[1])} for perfect ones, ${number(values[2])} for the bad ones again`,
    expected: `${number(values[0])} again: the score of this evaluation, not of those before`,
    where: placeOf(context.facts, 'evaluate', 'metrics', 'setup'),
    evidence,
  }
  const level = isObjective(context, name) ? noGo : warn
  return apart(values[1], values[2]) <= tolerance
    ? level('best-is-latest', `val_${name} is the best so far, so that the newest checkpoint is always the best`, {
        ...holds,
        alternatives: ['metric-wrong'],
        advice: `report the score of each evaluation as val_${name}; the best so far is gonogo’s to keep`,
      })
    : level('metric-never-reset', `val_${name} remembers the evaluations before`, {
        ...holds,
        alternatives: ['metric-wrong', 'random-evaluation'],
        advice: 'reset what adds up a metric at the start of each evaluation',
      })
}
