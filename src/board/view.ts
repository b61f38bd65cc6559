// What the board's server tells its page: plain data, already worded where words carry a verdict.
// Types alone: the page imports nothing of the server, and no name in here is ever a path.
import type { Direction, Status, Verdict } from '../contract/index.ts'

export type RowState = 'running' | 'done' | 'stopped' | 'no-go' | 'crashed' | 'interrupted' | 'unreadable'

/** Where a run stands against what it is measured by, both as far as the run has come. */
export type Against =
  | {
      readonly kind: 'measured'
      /** `mnist-cnn@2`, or the pinned run. */
      readonly name: string
      readonly delta: number
      readonly isBetter: boolean
      /** Standard deviation over the seeds of what it is measured by; null for one seed. */
      readonly spread: number | null
      readonly seeds: number
    }
  /** They ask different questions, or the name leads nowhere: why, a few words. */
  | { readonly kind: 'apart'; readonly name: string; readonly why: string }

export type Row = {
  readonly run: string
  readonly state: RowState
  readonly why: string
  /** ISO time; null where the run cannot be read. */
  readonly created: string | null
  readonly seed: number | null
  readonly epoch: number
  readonly epochs: number | null
  readonly step: number
  readonly steps: number | null
  readonly objective: {
    readonly name: string
    readonly direction: Direction
    readonly best: number | null
    readonly last: number | null
  } | null
  readonly against: Against | null
  readonly poll: { readonly verdict: Verdict; readonly counts: readonly (readonly [Status, number])[] } | null
  /** What the preflight's first NO-GO says, or the latest word of a stopping rule. */
  readonly word: string | null
  /** The objective over the run, 32 values at most. */
  readonly spark: readonly number[]
}

export type Runs = { readonly root: string; readonly rows: readonly Row[] }

/** One message of the live stream. */
export type Changes = { readonly rows: readonly Row[]; readonly gone: readonly string[] }

export type ShownFinding = {
  readonly check: string
  readonly word: string
  readonly status: Status
  readonly title: string
  readonly seen: string | null
  readonly expected: string | null
  readonly where: string | null
  readonly cause: string | null
  readonly advice: string | null
  readonly seconds: number
}

export type Detail = {
  readonly run: string
  /** `embedded cpu, 2 threads · seed 0 · plan 21492bf6`. */
  readonly about: string
  readonly why: string
  readonly poll: {
    readonly verdict: Verdict
    readonly seconds: number
    readonly findings: readonly ShownFinding[]
  } | null
  readonly decisions: readonly {
    readonly step: number
    readonly action: 'go-on' | 'advise' | 'stop'
    readonly reason: string
    readonly sentence: string
    readonly numbers: readonly (readonly [string, number])[]
  }[]
  readonly warnings: readonly string[]
  /** Seconds. `actual` is null until the run has ended. */
  readonly forecast: {
    readonly middle: number
    readonly low: number
    readonly high: number
    readonly actual: number | null
  } | null
  readonly last: readonly (readonly [string, number])[]
  readonly resumes: readonly { readonly fromStep: number; readonly again: number }[]
  readonly best: { readonly step: number; readonly checkpoint: string | null } | null
}

/** A value of the run file that is not the same in all chosen runs; `values` in their order, null where a run has none. */
export type Difference = { readonly key: string; readonly values: readonly (string | null)[] }

export type MetricKind = 'objective' | 'validation' | 'training'
export type MetricView = {
  readonly name: string
  readonly kind: MetricKind
}

/** Everything about the chosen runs but their curves. */
export type Selection = {
  readonly details: readonly Detail[]
  readonly metrics: readonly MetricView[]
  readonly differences: readonly Difference[]
  /** Names that are no run here. */
  readonly unknown: readonly string[]
}

export type AxisKind = 'step' | 'time'
type Values = readonly (number | null)[]

export type Line = {
  readonly run: string
  /** Last value of each bucket; with `mean` null it is the only one there. */
  readonly last: Values
  /** Where a bucket holds several points. */
  readonly mean: Values | null
  readonly min: Values | null
  readonly max: Values | null
  readonly first: Values | null
  /** Smoothed over every point, not over buckets; null where smoothing is off. */
  readonly smooth: Values | null
  /** Place on the axis, what stood there, how many there. */
  readonly odd: readonly (readonly [x: number, what: 'NaN' | 'Infinity' | '-Infinity', count: number])[]
}

export type Reference = {
  readonly name: string
  readonly seeds: number
  readonly middle: Values
  /** One standard deviation over the seeds; null for one seed. */
  readonly low: Values | null
  readonly high: Values | null
}

export type Curves = {
  readonly metric: string
  readonly axis: AxisKind
  /** Ascending; every list of values has as many. */
  readonly x: readonly number[]
  /** Width of a bucket on the axis; null where each x is exact. */
  readonly bucket: number | null
  readonly points: number
  readonly lines: readonly Line[]
  readonly reference: Reference | null
}

export type AuditView = {
  /** The command line's own words, a label and a sentence each. */
  readonly sentences: readonly (readonly [label: string, sentence: string])[]
  readonly verdicts: number
  readonly wrong: number
  /** 95%, of the share of false stops. */
  readonly interval: readonly [number, number]
  readonly audited: readonly {
    readonly run: string
    readonly step: number
    readonly steps: number
    readonly objective: string
    readonly goal: number
    readonly best: number
    readonly isWrong: boolean
  }[]
  /** Runs that a rule stopped: nobody will know whether rightly. */
  readonly stopped: readonly { readonly run: string; readonly reason: string; readonly sentence: string }[]
  readonly net: number
}
