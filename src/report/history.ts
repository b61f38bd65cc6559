// What a run's events amount to: its curve, its checkpoints and why each is kept, what was decided, how it ended.
// Not the journal's reader: record/ reads, checks and cuts; this folds what it is given.
import type { CheckpointRecord, InFlight, Metric, RunEvent, RunEventOf } from '../contract/index.ts'

export type KeptCheckpoint = {
  readonly checkpoint: CheckpointRecord
  readonly keptAs: readonly ('latest' | 'best' | 'top')[]
}

export type History = {
  readonly step: number
  readonly evaluations: readonly RunEventOf<'evaluated'>[]
  readonly checkpoints: readonly KeptCheckpoint[]
  readonly decisions: readonly RunEventOf<'decided'>[]
  readonly warnings: readonly RunEventOf<'warned'>[]
  readonly preflight: RunEventOf<'preflight'> | null
  readonly watched: InFlight | null
  readonly resumes: number
  readonly ended: RunEventOf<'ended'> | null
}

const empty: History = {
  step: 0,
  evaluations: [],
  checkpoints: [],
  decisions: [],
  warnings: [],
  preflight: null,
  watched: null,
  resumes: 0,
  ended: null,
}

const add = (h: History, event: RunEvent): History => {
  switch (event.type) {
    case 'preflight':
      return { ...h, preflight: event }
    case 'steps':
      return { ...h, step: event.records.at(-1)?.step ?? h.step }
    case 'evaluated':
      return { ...h, step: event.step, evaluations: [...h.evaluations, event] }
    case 'checkpointed': {
      const gone = new Set([...event.removed, event.checkpoint.name])
      // What the newest one is kept as, no older one is any more, except `top`, which several share.
      const others = h.checkpoints
        .filter(({ checkpoint }) => !gone.has(checkpoint.name))
        .map((kept) => ({ ...kept, keptAs: kept.keptAs.filter((why) => why === 'top' || !event.keptAs.includes(why)) }))
      return { ...h, checkpoints: [...others, { checkpoint: event.checkpoint, keptAs: event.keptAs }] }
    }
    case 'decided':
      return { ...h, decisions: [...h.decisions, event] }
    case 'warned':
      return { ...h, warnings: [...h.warnings, event] }
    case 'resumed':
      // What was recorded after the checkpoint is trained again.
      return {
        ...h,
        step: event.fromStep,
        evaluations: h.evaluations.filter(({ step }) => step <= event.fromStep),
        decisions: h.decisions.filter(({ step }) => step <= event.fromStep),
        checkpoints: h.checkpoints.filter(({ checkpoint }) => checkpoint.step <= event.fromStep),
        resumes: h.resumes + 1,
        ended: null,
      }
    case 'ended':
      return { ...h, ended: event }
    case 'started':
      return h
    case 'watched':
      return { ...h, watched: event.seen }
    default:
      return event satisfies never
  }
}

export const historyOf = (events: readonly RunEvent[]): History => events.reduce(add, empty)

/** Values of one metric in order; an evaluation without it is left out. */
export const curveOf = (h: History, metric: Metric): { step: number; value: number }[] =>
  h.evaluations.flatMap(({ step, metrics }) => {
    const value = Object.hasOwn(metrics, metric.name) ? metrics[metric.name] : undefined
    return value === undefined ? [] : [{ step, value }]
  })

/** First of the best finite values. */
export const bestOf = (h: History, metric: Metric): { step: number; value: number } | null => {
  const finite = curveOf(h, metric).filter(({ value }) => Number.isFinite(value))
  const wins = (a: number, b: number) => (metric.direction === 'max' ? a > b : a < b)
  return finite.reduce<{ step: number; value: number } | null>(
    (best, point) => (best === null || wins(point.value, best.value) ? point : best),
    null,
  )
}
