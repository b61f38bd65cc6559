// One task of a sweep: a run that is begun or gone on with until it is to be judged, and what it has come to by then.
// Not which task is next, nor the sweep's record of it.
import { join } from 'node:path'
import { isDiskFull } from './checkpoint/index.ts'
import { GonogoError, type Outcome, type SweepEventOf, type SweepPlan } from './contract/index.ts'
import { isAt, type Limits, limitsOf, shortOf, type Task, type Timeline } from './decide/index.ts'
import { bestOf, type PastRun, readPast } from './past.ts'
import { type Part, type Progress, resume, train } from './run.ts'

export type Sweep = {
  readonly root: string
  /** The sweep's own folder, where the trials' run files lie. */
  readonly path: string
  readonly plan: SweepPlan
  readonly polled: SweepEventOf<'polled'>
}

type Watching = { readonly signal: AbortSignal; readonly on: (progress: Progress) => void }

export const runOf = (
  plan: SweepPlan,
  { trial, seed }: Pick<Task, 'trial' | 'seed'>,
): SweepPlan['trials'][number]['runs'][number] => {
  const found = plan.trials[trial - 1]?.runs.find((run) => run.seed === seed)
  if (found === undefined) throw new Error(`trial ${trial} has no seed ${seed}`)
  return found
}

const percent = (share: number): string => `${Math.round(100 * share)}%`

/** Why this run ends at an evaluation. */
const endAfter = (sweep: Sweep, task: Task, limits: Limits, steps: () => number): NonNullable<Part['endAfter']> => {
  const { plan, polled } = sweep
  const { prune, reduction } = plan.settings
  const { name, direction } = polled.objective
  const share = polled.rungs[task.rung] ?? 1
  return ({ step, best }) => {
    const at = step / steps()
    if (share < 1 && isAt(step, steps(), share))
      return `paused at ${percent(at)}, rung ${task.rung + 1} of ${polled.rungs.length}: it goes on where it is among the best 1 in ${reduction}`
    const limit = prune === 'median' ? shortOf(direction, limits, at, best) : null
    if (limit === null) return null
    return `${name} ${best ?? 'has no value'} at ${percent(at)}: worse than ${limit}, the median of the trials before it`
  }
}

const changed = (seen: string): GonogoError =>
  new GonogoError('SWEEP_CHANGED', 'the experiment has changed since its sweep began: trials would not be comparable', {
    seen,
    expected: 'the code that was polled',
    try: 'undo the change, or begin a new sweep: gonogo train FILE',
  })

const partOf = (sweep: Sweep, task: Task, limits: Limits): Part => {
  const { root, plan, polled } = sweep
  const { run } = runOf(plan, task)
  let steps = 1
  const code = new Map(polled.code)
  return {
    root,
    folder: plan.folder,
    id: run.slice(run.lastIndexOf(`-${plan.id}`) + 1),
    accept: (own, changes) => {
      steps = own.steps
      // another point may load another file; one that both load must be the same
      const other = own.code.find(({ path, sha256 }) => code.has(path) && code.get(path) !== sha256)
      const told = changes.find((text) => text.startsWith('code '))
      if (other !== undefined || told !== undefined) throw changed(other?.path ?? told ?? '')
    },
    endAfter: endAfter(sweep, task, limits, () => steps),
  }
}

/** What a run has come to, by its journal; null where it is to train on. */
const outcomeOf = ({ plan, polled }: Sweep, task: Task, past: PastRun): Outcome | null => {
  const { ended, curve } = past
  if (ended === null) return null
  const { steps } = past.plan
  const value = bestOf(past)
  const about = {
    step: ended.step,
    steps,
    seconds: ended.seconds,
    curve: curve.map(({ fraction, value: v }): [number, number] => [fraction, v]),
    sentence: ended.sentence,
  }
  switch (ended.reason) {
    case 'interrupted':
    case 'no-go':
    case 'crashed':
      return null
    case 'pruned': {
      const here = plan.settings.prune === 'median' || isAt(ended.step, steps, polled.rungs[task.rung] ?? 1)
      return here ? { ...about, state: 'paused', value } : null
    }
    case 'not-finite':
    case 'divergence':
      return { ...about, state: 'failed', value: null }
    case 'length-reached':
    case 'patience':
    case 'baseline':
    case 'benchmark':
    case 'generalisation-loss':
    case 'progress-quotient':
    case 'successive-increase':
    case 'budget':
      if (value === null)
        return { ...about, state: 'failed', value, sentence: `no ${polled.objective.name} that is a number` }
      return { ...about, state: 'done', value }
    default:
      return ended.reason satisfies never
  }
}

const pastOf = async (root: string, run: string): Promise<PastRun | null> => {
  const { findRun } = await import('./record/index.ts')
  try {
    const folder = await findRun(root, run)
    return folder.run === run ? await readPast(folder) : null
  } catch (error) {
    if ((error as GonogoError).code === 'RUN_NOT_FOUND') return null
    throw error
  }
}

/** What is wrong with the machine or the sweep, not with a trial: every other would fail by it too. */
const common: ReadonlySet<unknown> = new Set([
  'DISK_FULL',
  'JOURNAL_WRITE',
  'JOURNAL_DAMAGED',
  'RUN_IN_USE',
  'RUN_TAKEN_OVER',
  'SWEEP_CHANGED',
  'PYTHON_MISSING',
  'PYTHON_TOO_OLD',
  'TORCH_MISSING',
  'RUNTIME_MISSING',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'EMFILE',
])

/** Whether every trial would fail by it. */
export const isCommon = (error: unknown): boolean =>
  // what failed first is wrapped by what failed while things were closed after it
  error instanceof SuppressedError ? isCommon(error.suppressed) || isCommon(error.error) : common.has(codeOf(error))

/** What went wrong first. */
const firstOf = (error: unknown): unknown => (error instanceof SuppressedError ? firstOf(error.suppressed) : error)

/** A full disk in words, whoever met it. */
const told = (error: unknown, { root, plan }: Sweep): unknown => {
  const first = firstOf(error)
  if (first instanceof GonogoError || !isDiskFull(first)) return first
  return new GonogoError('DISK_FULL', 'the disk is full; every trial so far is intact', {
    where: root,
    seen: first instanceof Error ? first.message : undefined,
    expected: 'room for the checkpoints of its trials',
    try: `make room, then gonogo resume ${plan.name}-${plan.id}`,
    cause: error,
  })
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

const failed = (error: unknown, past: PastRun | null): Outcome => {
  const words = error instanceof Error ? error.message : String(error)
  const code = error instanceof GonogoError ? `${error.code}: ` : ''
  const seen = error instanceof GonogoError && error.seen !== undefined ? ` (${error.seen})` : ''
  const { ended, plan, curve } = past ?? {}
  return {
    state: 'failed',
    value: null,
    step: ended?.step ?? 0,
    steps: plan?.steps ?? 1,
    seconds: ended?.seconds ?? 0,
    curve: (curve ?? []).map(({ fraction, value }) => [fraction, value]),
    sentence: `${code}${words}${seen}`,
  }
}

/**
 * Trains a task to where it is judged; null where it was interrupted. What a trial does wrong is its outcome; what is wrong with
 * the machine is thrown.
 */
export const trained = async (
  sweep: Sweep,
  task: Task,
  { seen }: Pick<Timeline, 'seen'>,
  { signal, on }: Watching,
): Promise<Outcome | null> => {
  const { plan, root, polled } = sweep
  const { run, file } = runOf(plan, task)
  const before = await pastOf(root, run)
  const known = before === null ? null : outcomeOf(sweep, task, before)
  // ended, and killed before the sweep heard of it
  if (known !== null) return known
  const { direction } = polled.objective
  const { prune, first, startup } = plan.settings
  const limits = prune === 'median' ? limitsOf({ direction, first, startup }, seen.slice(0, task.after)) : []
  const part = partOf(sweep, task, limits)
  try {
    if (before === null) await train(join(sweep.path, file), { part, signal, on })
    else await resume(run, { part, signal, on })
  } catch (error) {
    if (isCommon(error)) throw told(error, sweep)
    if (signal.aborted) return null
    return failed(firstOf(error), await pastOf(root, run).catch(() => null))
  }
  const after = await pastOf(root, run)
  const outcome = after === null ? null : outcomeOf(sweep, task, after)
  if (outcome === null && !signal.aborted)
    throw new GonogoError('SWEEP_TRIAL', 'a trial ended without saying what it came to', { where: run })
  return outcome
}
