// The reference run: a few short epochs with an evaluation and three saves on the way, every step recorded.
// S1 repeats it, K1 resumes from its saves, V3 leaves its evaluation out. Nothing is judged here.

import type { Evaluation, StepRecord } from '../contract/index.ts'
import { stateDifferences } from './compare.ts'
import { Crash } from './crash.ts'
import type { Snapshot, Trial } from './trial.ts'
import { untrained } from './untrained.ts'

export type SaveKind = 'mid-epoch' | 'epoch-boundary' | 'after-evaluation'

/** Steps after which things happen; all counted from 1. */
export type Schedule = {
  readonly steps: number
  readonly evaluateAfter: number | null
  readonly saves: readonly { readonly kind: SaveKind; readonly step: number }[]
}

export type Save = {
  readonly kind: SaveKind
  readonly step: number
  readonly dir: string
  /** Where the position and the generators of this moment lie; null where nobody will ask. */
  readonly place: string | null
  /** The state that was saved, and the state when the save had returned. */
  readonly before: Snapshot
  readonly after: Snapshot
}

export type Reference = {
  readonly schedule: Schedule
  readonly initial: Snapshot
  readonly records: readonly StepRecord[]
  readonly evaluation: Evaluation | null
  readonly evaluationCrash: Crash | null
  readonly saves: readonly Save[]
  readonly saveCrash: Crash | null
  /** Entries that its evaluation has changed and its training had not: what evaluations keep for themselves. */
  readonly evaluations: ReadonlySet<string>
  readonly final: Snapshot
  /** What the project then keeps of the weights, and is the weights themselves. */
  readonly aliases: readonly string[]
  /** Global generators that began different epochs at one place. */
  readonly reseeded: readonly string[]
}

const longest = 20

/**
 * What a run of `steps` steps in epochs of `epoch` has room for. A mid-epoch save never falls on a boundary; none falls within an update,
 * of which each takes `each` steps.
 */
export const scheduleOf = (epoch: number, steps: number, each = 1): Schedule => {
  const total = Math.min(longest, steps)
  const isBoundary = (step: number) => step % epoch === 0
  const boundaries = Array.from({ length: total }, (_, i) => i + 1).filter(
    (step) => isBoundary(step) && step < total - 1,
  )
  const boundary = boundaries.length > 1 ? boundaries[Math.floor((boundaries.length - 1) / 3)] : boundaries[0]
  const evaluateAfter =
    boundaries.find((step) => boundary !== undefined && step > boundary) ??
    (total >= 4 ? Math.floor((total * 2) / 3) : null)
  const middle = Array.from({ length: total }, (_, i) => i + 1).find(
    (step) => !isBoundary(step) && step >= Math.min(epoch + epoch / 2, total / 3) && step < total,
  )
  const saves = [
    ...(middle === undefined ? [] : [{ kind: 'mid-epoch' as const, step: middle }]),
    ...(boundary === undefined ? [] : [{ kind: 'epoch-boundary' as const, step: boundary }]),
    ...(evaluateAfter === null ? [] : [{ kind: 'after-evaluation' as const, step: evaluateAfter }]),
  ]
  const whole = saves.filter(({ step }) => step % each === 0)
  const kind = isBoundary(each) ? ('epoch-boundary' as const) : ('mid-epoch' as const)
  const first = each > 1 && each < total ? [{ kind, step: each }] : []
  return { steps: total, evaluateAfter, saves: (whole.length > 0 ? whole : first).sort((a, b) => a.step - b.step) }
}

/** Samples of the evaluation on the way: enough to have happened. */
export const evaluationLimit = 200

export type Leg = { readonly records: readonly StepRecord[]; readonly evaluation: Evaluation | null }

/** Goes on from `from` done steps to the end of the schedule, evaluating where it says so. */
export const follow = async (
  trial: Trial,
  schedule: Schedule,
  from: number,
  options: { readonly evaluate: boolean },
): Promise<Leg> => {
  const at = schedule.evaluateAfter
  const stops = options.evaluate && at !== null && at > from ? [at, schedule.steps] : [schedule.steps]
  const records: StepRecord[] = []
  let evaluation: Evaluation | null = null
  let done = from
  for (const stop of stops) {
    if (stop > done) records.push(...(await trial.steps({ steps: stop - done })))
    done = stop
    if (options.evaluate && stop === at) evaluation = await trial.evaluate({ limit: evaluationLimit })
  }
  return { records, evaluation }
}

type Options = {
  readonly folder: () => Promise<string>
  readonly saves: boolean
  /** Keep position and generators of each save as well. */
  readonly places: boolean
  readonly evaluate: boolean
}

/** Runs it from where the trial stands. A crash in a save or an evaluation is kept, and the run goes on without. */
export const runReference = async (trial: Trial, schedule: Schedule, options: Options): Promise<Reference> => {
  const initial = await trial.digest()
  const records: StepRecord[] = []
  const saves: Save[] = []
  let evaluation: Evaluation | null = null
  let evaluationCrash: Crash | null = null
  let saveCrash: Crash | null = null
  let evaluations: ReadonlySet<string> = new Set()
  const stops = new Set([
    ...schedule.saves.map(({ step }) => step),
    schedule.evaluateAfter ?? schedule.steps,
    schedule.steps,
  ])
  let done = 0
  for (const stop of [...stops].sort((a, b) => a - b)) {
    if (stop > done) records.push(...(await trial.steps({ steps: stop - done })))
    done = stop
    if (stop === schedule.evaluateAfter) {
      await trial.capture('before-evaluation')
      try {
        const before = await trial.digest()
        evaluation = await trial.evaluate({ limit: evaluationLimit })
        evaluations = untrained(initial, before, stateDifferences(before, await trial.digest()))
      } catch (error) {
        evaluationCrash = survivable(error, trial)
      }
    }
    for (const { kind, step } of options.saves ? schedule.saves : []) {
      if (step !== stop || saveCrash) continue
      const before = await trial.digest()
      await trial.capture('saving')
      const dir = await options.folder()
      try {
        await trial.save(dir)
        const after = await trial.digest()
        const place = options.places ? await options.folder() : null
        if (place !== null) await trial.exportPlace(place)
        saves.push({ kind, step, dir, place, before, after })
        // a save that changes the state is K2's finding; the run it is compared with must not bear its marks
        if (stateDifferences(before, after).length > 0) await trial.restore('saving')
      } catch (error) {
        saveCrash = survivable(error, trial)
      }
    }
  }
  // before anything is put back: that would part them
  const habits = await trial.habits()
  await trial.capture('trained')
  const final = await trial.digest()
  return { schedule, initial, records, evaluation, evaluationCrash, saves, saveCrash, evaluations, final, ...habits }
}

const survivable = (error: unknown, trial: Trial): Crash => {
  if (error instanceof Crash && !trial.dead) return error
  throw error
}
