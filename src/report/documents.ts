// The JSON documents that --json prints, one a command. Machines get every digit; NaN and infinities as contract/json.ts writes them.
// Not text for people, and no field is ever renamed without a new major version.
import {
  type CheckpointRecord,
  type ErrorReport,
  type Finding,
  type ReasonCode,
  toJson,
  type Verdict,
} from '../contract/index.ts'

export type CheckDocument = {
  readonly verdict: Verdict
  readonly seconds: number
  /** Of starting processes and loading code and data; not in `seconds`. */
  readonly loadSeconds: number
  readonly findings: readonly Finding[]
}

export const checkDocument = ({ verdict, seconds, loadSeconds, findings }: CheckDocument): CheckDocument => ({
  verdict,
  seconds,
  loadSeconds,
  findings,
})

export type TrainDocument = {
  readonly verdict: Verdict
  /** Name of the run folder. */
  readonly run: string
  readonly steps: number
  readonly epochs: number
  readonly seconds: number
  /** Of loading the experiment's code and data. */
  readonly loadSeconds: number
  readonly metrics: Readonly<Record<string, number>>
  readonly stop: { readonly reason: ReasonCode; readonly sentence: string }
  readonly checkpoints: readonly CheckpointRecord[]
}

/** With the findings where they said NO-GO, so that one document tells the whole story. */
export const trainDocument = (
  result: TrainDocument & { readonly findings: readonly Finding[] },
): TrainDocument & { readonly findings?: readonly Finding[] } => {
  const { verdict, run, steps, epochs, seconds, loadSeconds, metrics, stop, checkpoints, findings } = result
  const document = { verdict, run, steps, epochs, seconds, loadSeconds, metrics, stop, checkpoints }
  return verdict === 'GO' ? document : { ...document, findings }
}

export const errorDocument = (error: ErrorReport): { readonly error: ErrorReport } => ({ error })

/** The text of a document, for standard output. */
export const documentText = (document: unknown): string => `${toJson(document, 2)}\n`
