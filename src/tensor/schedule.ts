// Learning-rate schedules: pure functions of the step and the run's length.
// Plain numbers; the rate of each step enters the graph as an input.
import { fail } from './graph/error.ts'

/** Steps count from 0; `at(step, totalSteps)` is the rate of that update. */
export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine'
  readonly peak: number
  readonly warmup: number | { readonly steps: number }
  readonly end: number
  readonly at: (step: number, totalSteps: number) => number
}

export interface ScheduleOptions {
  readonly peak: number
  /** A fraction of the run, or a count of steps. The first step is never at zero. */
  readonly warmup?: number | { readonly steps: number }
  /** Rate towards which the schedule falls; 0 unless given. */
  readonly end?: number
}

function checked({ peak, warmup = 0, end }: ScheduleOptions): void {
  const steps = typeof warmup === 'number' ? warmup : warmup.steps
  const warmupFits = steps >= 0 && (typeof warmup !== 'number' || warmup <= 1)
  if (Number.isFinite(peak) && peak >= 0 && warmupFits && (end === undefined || end >= 0)) return
  fail({
    code: 'SCHEDULE_RANGE',
    seen: `peak ${peak}, warm-up ${steps}, end ${end}`,
    expected: 'a peak and an end of 0 or more, a warm-up fraction of 0 to 1 or { steps }',
  })
}

/** Linear warm-up, peak·(step + 1)/steps, then `fall` of the fraction of the rest that is over. */
function warmed(
  kind: Schedule['kind'],
  options: ScheduleOptions,
  end: number,
  fall: (done: number) => number,
): Schedule {
  checked(options)
  const { peak, warmup = 0 } = options
  const at = (step: number, totalSteps: number): number => {
    const rising = typeof warmup === 'number' ? Math.round(warmup * totalSteps) : warmup.steps
    if (step < rising) return (peak * (step + 1)) / rising
    const left = totalSteps - rising
    const done = left > 0 ? Math.min(1, (step - rising) / left) : 1
    return end + (peak - end) * fall(done)
  }
  return Object.freeze({ kind, peak, warmup, end, at })
}

/** The peak throughout, after the warm-up. */
export const constant = (options: Omit<ScheduleOptions, 'end'>): Schedule =>
  warmed('constant', options, options.peak, () => 1)
/** A straight line from peak to end. */
export const linear = (options: ScheduleOptions): Schedule =>
  warmed('linear', options, options.end ?? 0, (done) => 1 - done)
/** Half a cosine from peak to end. Loshchilov & Hutter 2017, equation 5, without restarts. */
export const cosine = (options: ScheduleOptions): Schedule =>
  warmed('cosine', options, options.end ?? 0, (done) => (1 + Math.cos(Math.PI * done)) / 2)
