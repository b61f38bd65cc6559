// Trains on one frozen batch at several learning rates, each from the same start. Measures; O4 judges.
// Stops as soon as the target is reached, and at a deadline.
import type { Context } from './context.ts'
import type { Trial } from './trial.ts'

export type Attempt = {
  readonly rate: number
  readonly losses: readonly number[]
  /** Lowest mean of a few losses in a row: a lucky step is no progress. */
  readonly best: number
  readonly last: number
  readonly finite: boolean
  readonly reached: boolean
  /** The last two fifths hardly differ, on the scale of what was to be gained. */
  readonly settled: boolean
}

export type Target = { readonly start: number; readonly floor: number }

/** Share of the way from the start to the floor that may be left: 2%, so 2.3 must reach 0.046. */
export const nearFloor = 0.02
const window = 5
export const mostSteps = 300
/** Steps after which a rate is judged: one that would not arrive in time at three times its pace is left for a larger one. */
const crawl = 60
const mayCrawl = 2
const mostRates = 5

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** What a list of losses amounts to. */
export const attemptOf = (rate: number, losses: readonly number[], floor: number | null): Attempt => {
  const finite = losses.every(Number.isFinite)
  const width = Math.min(window, Math.max(1, losses.length))
  let best = Number.POSITIVE_INFINITY
  for (let i = width; i <= losses.length; i++) best = Math.min(best, meanOf(losses.slice(i - width, i)))
  const start = losses[0] ?? Number.NaN
  const fifth = Math.floor(losses.length / 5)
  const late = fifth > 0 ? meanOf(losses.slice(-fifth)) : Number.NaN
  const before = fifth > 0 ? meanOf(losses.slice(-2 * fifth, -fifth)) : Number.NaN
  const gain = Math.abs(start - (floor ?? best))
  return {
    rate,
    losses,
    best,
    last: meanOf(losses.slice(-width)),
    finite,
    reached: finite && floor !== null && best - floor <= nearFloor * Math.abs(start - floor),
    settled: finite && Math.abs(late - before) <= 0.005 * Math.max(gain, 1e-12),
  }
}

/** Fine-tuning's rates are small: a fresh model creeps at them, and the whole of its steps would show no more. */
export const creeps = (losses: readonly number[], floor: number): boolean => {
  const [start = Number.NaN] = losses
  const way = (start - meanOf(losses.slice(-window))) / (start - floor)
  return losses.length === crawl && way * 3 * (mostSteps / crawl) < 1 - nearFloor
}

type Options = {
  readonly frozen: number
  readonly regularisation: boolean
  readonly floor: number | null
  readonly steps?: number
  readonly deadline: number
  readonly mayCreep?: boolean
}

export const attempt = async (trial: Trial, rate: number, options: Options): Promise<Attempt> => {
  await trial.restore('initial')
  const losses: number[] = []
  const { frozen, regularisation, floor } = options
  await trial.train(
    { steps: options.steps ?? mostSteps, batch: { frozen }, learningRate: rate, regularisation },
    ({ loss }) => {
      losses.push(loss)
      if (!Number.isFinite(loss) || performance.now() > options.deadline) return false
      if (options.mayCreep && floor !== null && creeps(losses, floor)) return false
      const recent = losses.slice(-window)
      return (
        floor === null ||
        recent.length < window ||
        meanOf(recent) - floor > 0.8 * nearFloor * Math.abs((losses[0] as number) - floor)
      )
    },
  )
  return attemptOf(rate, losses, floor)
}

const tooFast = ({ losses, finite, last, best }: Attempt): boolean => {
  const [start = Number.NaN] = losses
  return !finite || last > start || last - best > 0.3 * Math.abs(start - best)
}

/** The next rate to try: smaller after a divergence or a climb, larger while it creeps down, between the two where both were seen. */
export const nextRate = (attempts: readonly Attempt[]): number => {
  const fastest = Math.min(...attempts.filter(tooFast).map(({ rate }) => rate))
  const slow = attempts.filter((one) => !tooFast(one) && one.rate < fastest)
  const [slowest] = slow.sort((a, b) => b.rate - a.rate)
  if (!slowest) return Number.isFinite(fastest) ? fastest / 10 : 1e-3
  if (Number.isFinite(fastest)) return Math.sqrt(slowest.rate * fastest)
  return slowest.rate * (slowest.settled ? 10 : 5)
}

/** Several rates, the optimizer's own first, as far as the steps of three attempts go. Ends at the first that reaches the floor. */
export const climbDown = async (context: Context, trial: Trial, rate: number, options: Options): Promise<Attempt[]> => {
  const attempts: Attempt[] = []
  for (let next = rate, steps = 0; steps <= 2 * mostSteps; next = nextRate(attempts)) {
    const tried = await attempt(trial, next, { ...options, mayCreep: attempts.length < mayCrawl })
    attempts.push(tried)
    steps += tried.losses.length
    if (tried.reached || attempts.length === mostRates || context.remaining <= 0) break
  }
  return attempts
}
