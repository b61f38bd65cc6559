// Every point of every curve of one run, from its journal: loss, rates and norms of steps, metrics of evaluations.
// Not what is drawn: buckets.ts makes that. Steps are read without their schema, a million of them in seconds.
import { fromJson } from '../contract/index.ts'
import type { LineHead } from '../record/index.ts'
import { type Column, column, firstAbove } from './column.ts'

export type Curve = {
  readonly kind: 'training' | 'validation'
  readonly steps: Column
  /** Seconds since the run began; the time in which nobody trained does not count. */
  readonly times: Column
  readonly values: Column
}

/** A resume from a checkpoint: so many steps after it had been recorded, and were trained again. */
export type Rewind = { readonly fromStep: number; readonly again: number }

export type Points = {
  readonly curves: ReadonlyMap<string, Curve>
  readonly rewinds: readonly Rewind[]
  add(line: LineHead): void
  clear(): void
}

type Read = Readonly<Record<string, unknown>>
const isMap = (value: unknown): value is Read => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)

/** The largest rate of any group that was applied in this step, and its gradient's norm before clipping. */
const updatesOf = (record: Read): { rate: number | null; norm: number | null } => {
  let rate: number | null = null
  let norm: number | null = null
  for (const update of listOf(record.updates)) {
    if (!isMap(update)) continue
    norm = numberOf(update.gradientNorm) ?? norm
    if (update.outcome === 'accumulated') continue
    for (const each of listOf(update.learningRates))
      if (typeof each === 'number') rate = rate === null ? each : Math.max(rate, each)
  }
  return { rate, norm }
}

export const pointsOf = (): Points => {
  const curves = new Map<string, Curve>()
  const rewinds: Rewind[] = []
  /** Milliseconds of the clock at which the run's own time was zero. */
  let zero: number | null = null
  let latest = 0

  const put = (name: string, kind: Curve['kind'], step: number, time: number, value: number) => {
    let curve = curves.get(name)
    if (curve === undefined) {
      curve = { kind, steps: column(), times: column(), values: column() }
      curves.set(name, curve)
    }
    curve.steps.push(step)
    curve.times.push(time)
    curve.values.push(value)
  }

  const addSteps = (records: readonly Read[], now: number) => {
    // a group is recorded at its end: each of its steps ended as long before as those after it took
    let after = records.reduce((sum, { seconds, wait }) => sum + (numberOf(seconds) ?? 0) + (numberOf(wait) ?? 0), 0)
    for (const record of records) {
      const step = numberOf(record.step)
      const loss = numberOf(record.loss)
      const took = (numberOf(record.seconds) ?? 0) + (numberOf(record.wait) ?? 0)
      after -= took
      if (step === null || loss === null) continue
      const time = Math.max(latest, now - Math.max(0, after))
      latest = time
      put('loss', 'training', step, time, loss)
      const terms = isMap(record.terms) ? Object.entries(record.terms) : []
      if (terms.length > 1)
        for (const [name, value] of terms)
          if (typeof value === 'number') put(`loss: ${name}`, 'training', step, time, value)
      const { rate, norm } = updatesOf(record)
      if (rate !== null) put('learning_rate', 'training', step, time, rate)
      if (norm !== null) put('gradient_norm', 'training', step, time, norm)
      put('seconds_per_step', 'training', step, time, took)
    }
  }

  const rewind = (fromStep: number, clock: number) => {
    let again = 0
    latest = 0
    for (const [name, { steps, times, values }] of curves) {
      const keep = firstAbove(steps.values(), fromStep)
      if (name === 'loss') again = steps.length - keep
      for (const each of [steps, times, values]) each.cut(keep)
      if (keep > 0) latest = Math.max(latest, times.at(keep - 1))
    }
    rewinds.push({ fromStep, again })
    zero = clock - 1000 * latest
  }

  return {
    curves,
    rewinds,
    clear() {
      curves.clear()
      rewinds.length = 0
      zero = null
      latest = 0
    },
    add({ at, type, json }) {
      const clock = Date.parse(at)
      zero ??= clock
      if (type !== 'steps' && type !== 'evaluated' && type !== 'resumed') return
      const text = json()
      const event = text.includes('"$number"') ? fromJson(text) : JSON.parse(text)
      if (!isMap(event)) return
      const now = (clock - zero) / 1000
      if (type === 'steps') addSteps(listOf(event.records).filter(isMap), now)
      else if (type === 'resumed') rewind(numberOf(event.fromStep) ?? 0, clock)
      else {
        const step = numberOf(event.step)
        if (step === null) return
        latest = Math.max(latest, now)
        for (const [name, value] of isMap(event.metrics) ? Object.entries(event.metrics) : [])
          if (typeof value === 'number') put(name, 'validation', step, latest, value)
      }
    },
  }
}
