// A failure of the subject during a check: which operation, and the worker's own error.
// Failures of gonogo itself are not caught here; they end the poll as internal errors.
import type { Cause, GonogoError } from '../contract/index.ts'
import { noGo, type Outcome, skipped } from './check.ts'

export type Stage = 'open' | 'train' | 'evaluate' | 'data' | 'state' | 'save' | 'load' | 'weights' | 'own'

export class Crash extends Error {
  readonly stage: Stage
  readonly error: GonogoError
  /** It was asked for something that no run asks for: a batch of another size, changed values. */
  readonly unusual: boolean

  constructor(stage: Stage, error: GonogoError, unusual = false) {
    super(error.message)
    this.name = 'Crash'
    this.stage = stage
    this.error = error
    this.unusual = unusual
  }
}

const timeouts: ReadonlySet<string> = new Set(['WORKER_HUNG', 'EXPERIMENT_TIMEOUT'])
/** After these the process is gone, and a next check needs a new one. */
const deaths: ReadonlySet<string> = new Set([
  ...timeouts,
  'WORKER_DIED',
  'WORKER_PROTOCOL',
  'WORKER_MESSAGE_TOO_LARGE',
  'RANK_DIED',
  'RANK_FAILED',
])

export const endsProcess = ({ error }: Crash): boolean => deaths.has(error.code)

/** Not the experiment's failure: a program whose parts cannot show what was asked, outputs that are not one a sample for instance. */
const limits: ReadonlySet<string> = new Set([
  'OUTPUTS_UNKNOWN',
  'OUTPUTS_TOO_LARGE',
  'ORDER_UNKNOWN',
  'SAMPLE_UNKNOWN',
  'SAMPLES_UNKNOWN',
  'ENGINE_UNSUPPORTED',
  'ORDER_UNKNOWN',
  'DATA_FIELD',
  'DATA_SPLITS',
])

const causes: Partial<Record<Stage, Cause>> = {
  save: 'save-crashed',
  load: 'load-crashed',
  evaluate: 'evaluation-crashed',
}

const words: Record<Stage, string> = {
  open: 'the experiment could not be opened',
  train: 'a training step crashed',
  evaluate: 'the evaluation crashed',
  data: 'reading samples crashed',
  state: 'the state could not be read',
  save: 'the save crashed',
  load: 'the load crashed',
  weights: 'the weights could not be opened',
  own: 'the check itself crashed',
}

/** The failure as an outcome: SKIPPED where the subject cannot be asked, else a NO-GO in the words of its own error. */
export const failure = (crash: Crash): Outcome => {
  const { code, message, seen } = crash.error
  if (code === 'LOOK_FAILED') return skipped(`a look of gonogo's own has failed, which is its fault: ${message}`)
  return limits.has(code) ? skipped([message, seen].filter(Boolean).join(': ')) : crashed(crash)
}

/** The crash as a NO-GO, in the words of the subject's own error. */
export const crashed = ({ stage, error }: Crash, during: string | null = null): Outcome => {
  const timedOut = timeouts.has(error.code)
  const noAnswer = error.code === 'OWN_CHECK_ANSWER'
  const seen = noAnswer ? (error.seen ?? 'nothing') : [error.message, error.seen].filter(Boolean).join(': ')
  return noGo(
    timedOut ? 'timed-out' : (causes[stage] ?? 'crashed'),
    noAnswer ? error.message : timedOut ? `the experiment stopped answering during ${stage}` : words[stage],
    {
      seen: during === null ? seen : `${during}: ${seen}`,
      expected: error.expected ?? 'no error',
      where: error.where ?? null,
      evidence: { code: error.code, message: error.message, stage, ...(error.trace ? { trace: error.trace } : {}) },
      advice: error.try ?? null,
    },
  )
}
