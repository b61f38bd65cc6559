// What a run will take, from a few measured steps: time, disk, memory, energy, money, carbon; each with a 95% interval.
// Pure arithmetic; what is measured comes from whole.ts and power.ts, what is allowed from the run file.
import type { Plan } from '../contract/index.ts'

export type Interval = { readonly low: number; readonly middle: number; readonly high: number }

export type Measured = {
  /** Seconds of each step with the wait for its batch, in order. */
  readonly steps: readonly number[]
  /** Wall-clock seconds a step, where it was timed from outside: what lies between the steps as well. */
  readonly wall: number | null
  /** Seconds for each validated sample. */
  readonly perSample: number | null
  readonly valSamples: number
  readonly save: { readonly bytes: number; readonly seconds: number } | null
  /** Bytes: the largest resident set that was seen; of the device's memory. */
  readonly rss: number | null
  readonly device: number | null
  readonly watts: number
  /** The power was measured, not taken from a rule of thumb. */
  readonly metered: boolean
}

export type Forecast = {
  readonly seconds: Interval
  readonly diskBytes: number
  readonly memoryBytes: number | null
  readonly deviceBytes: number | null
  readonly kilowattHours: Interval
  readonly stepSeconds: number
  readonly evaluations: number
  readonly checkpoints: number
}

/** Of the journal and TensorBoard files, a step; about what a record takes. */
const bytesPerStep = 600
/** How far the speed of a machine wanders over hours, relative: clocks, caches, neighbours. */
const drift = 0.08
/** A rule of thumb for the power may be off by this factor, either way. */
const thumb = 2

export const forecastOf = (plan: Plan, measured: Measured): Forecast => {
  const { run, steps, stepsPerEpoch } = plan
  const step = meanWithError(measured.steps)
  const middle = Math.max(step.mean, measured.wall ?? 0)
  const evaluations = 1 + countOf(run.evaluate.every, steps, stepsPerEpoch)
  const evaluating = evaluations * measured.valSamples * (measured.perSample ?? 0)
  const training = steps * middle
  const known = run.checkpoint.every
  const checkpoints =
    'minutes' in known ? Math.max(1, Math.floor(training / 60 / known.minutes)) : countOf(known, steps, stepsPerEpoch)
  const saving = checkpoints * (measured.save?.seconds ?? 0)
  const total = training + evaluating + saving
  const error = Math.sqrt((steps * step.error) ** 2 + (drift * total) ** 2)
  const seconds = { low: Math.max(0, total - 2 * error), middle: total, high: total + 2 * error }
  const { latest, best, top } = run.checkpoint.keep
  const kept = Math.min(checkpoints + best, latest + best + top)
  const factor = measured.metered ? 1 : thumb
  const energy = (value: number) => (value * measured.watts) / 3.6e6
  return {
    seconds,
    // one more while it is being written
    diskBytes: (kept + 1) * (measured.save?.bytes ?? 0) + bytesPerStep * steps,
    memoryBytes: measured.rss,
    deviceBytes: measured.device,
    kilowattHours: {
      low: energy(seconds.low) / factor,
      middle: energy(seconds.middle),
      high: energy(seconds.high) * factor,
    },
    stepSeconds: middle,
    evaluations,
    checkpoints,
  }
}

const countOf = (every: { epochs: number } | { steps: number }, steps: number, stepsPerEpoch: number): number =>
  Math.ceil(steps / ('steps' in every ? every.steps : every.epochs * stepsPerEpoch))

/** Mean and its standard error, of times of which some are outliers: each is held to three times the median. */
const meanWithError = (values: readonly number[]): { mean: number; error: number } => {
  const sorted = values.toSorted((a, b) => a - b)
  const cap = 3 * (sorted[Math.floor(sorted.length / 2)] ?? 0)
  const held = values.map((value) => Math.min(value, cap))
  const mean = held.reduce((a, b) => a + b, 0) / Math.max(1, held.length)
  const variance = held.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, held.length - 1)
  return { mean, error: Math.sqrt(variance / Math.max(1, held.length)) }
}
