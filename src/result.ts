// What a run came to: the one value that `train` and `resume` return, and the exit code that follows from it.
// Contract's nouns put together; nothing is read or decided here.
import {
  type CheckpointRecord,
  type ExitCode,
  exitCodes,
  type Finding,
  type Plan,
  type ReasonCode,
  type RunEvent,
  type RunEventOf,
  type Verdict,
  verdictOf,
} from './contract/index.ts'

export type TrainResult = {
  readonly verdict: Verdict
  /** Name of the run folder. */
  readonly run: string
  readonly folder: string
  readonly plan: Plan
  readonly steps: number
  readonly epochs: number
  readonly seconds: number
  /** What was foretold of `seconds`; null where nothing was. */
  readonly forecast: NonNullable<RunEventOf<'ended'>['forecast']> | null
  /** Of loading the experiment's code and data. */
  readonly loadSeconds: number
  readonly metrics: Readonly<Record<string, number>>
  readonly best: RunEventOf<'ended'>['best']
  readonly stop: { readonly reason: ReasonCode; readonly sentence: string }
  readonly checkpoints: readonly CheckpointRecord[]
  readonly findings: readonly Finding[]
  readonly exit: ExitCode
}

export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const resultOf = (o: {
  run: { readonly run: string; readonly path: string }
  plan: Plan
  ended: RunEventOf<'ended'>
  findings: readonly Finding[]
  loadSeconds: number
  checkpoints: readonly CheckpointRecord[]
}): TrainResult => ({
  verdict: verdictOf(o.findings),
  run: o.run.run,
  folder: o.run.path,
  plan: o.plan,
  steps: o.ended.step,
  epochs: o.ended.epoch,
  seconds: o.ended.seconds,
  forecast: o.ended.forecast ?? null,
  loadSeconds: o.loadSeconds,
  metrics: o.ended.metrics,
  best: o.ended.best,
  stop: { reason: o.ended.reason, sentence: o.ended.sentence },
  checkpoints: o.checkpoints,
  findings: o.findings,
  exit: exitOf(o.ended.reason),
})

/** The end of a run beside what the preflight foretold of it; every other event as it is. */
export const withForecast = (event: RunEvent, findings: readonly Finding[]): RunEvent => {
  const { seconds, secondsLow: low, secondsHigh: high } = findings.find(({ check }) => check === 'F1')?.evidence ?? {}
  if (event.type !== 'ended' || typeof seconds !== 'number' || typeof low !== 'number' || typeof high !== 'number')
    return event
  return { ...event, forecast: { seconds, low, high } }
}

const exitOf = (reason: ReasonCode): ExitCode => {
  switch (reason) {
    case 'length-reached':
      return exitCodes.done
    case 'no-go':
      return exitCodes.noGo
    case 'interrupted':
      return exitCodes.interrupted
    case 'crashed':
      return exitCodes.internal
    case 'not-finite':
    case 'divergence':
    case 'patience':
    case 'baseline':
    case 'benchmark':
    case 'generalisation-loss':
    case 'progress-quotient':
    case 'successive-increase':
    case 'budget':
    case 'pruned':
      return exitCodes.stopped
    default:
      return reason satisfies never
  }
}
