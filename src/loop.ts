// The middle of a run: stopping rules, the training loop, its events into journal and TensorBoard, and what it came to.
// Not its beginning or its checks: run.ts makes the run folder, polls, and resumes.
import type { Store } from './checkpoint/index.ts'
import { exitCodes, type Finding, GonogoError, type Plan, type RunEvent, type RunEventOf } from './contract/index.ts'
import type { Engine, Subject } from './engine/index.ts'
import { openRequest } from './plan/index.ts'
import type { Journal, RunFolder, RunLock } from './record/index.ts'
import { resultOf, sentenceOf, type TrainResult, withForecast } from './result.ts'
import type { Options } from './run.ts'
import type { TrainOptions } from './train/index.ts'

export type Emit = (event: RunEvent) => Promise<void>

export const recorder =
  (journal: { record(event: RunEvent): Promise<void> }, options: Options): Emit =>
  async (event) => {
    await journal.record(event)
    options.on?.({ type: 'event', event })
  }

export const openCheckpoints = async (
  run: RunFolder,
  plan: Plan,
  lock: Pick<RunLock, 'check'>,
  journal: Pick<Journal, 'flush'>,
): Promise<Store> => {
  const { openStore } = await import('./checkpoint/index.ts')
  return openStore(run.checkpoints, {
    keep: plan.run.checkpoint.keep,
    objective: plan.objective,
    guard: async () => {
      // the journal must never lack a step that a published checkpoint has done
      await journal.flush({ sync: true })
      await lock.check()
    },
  })
}

type LoopOptions = {
  readonly engine: Engine
  readonly run: RunFolder
  readonly plan: Plan
  readonly subject: Subject
  readonly store: Store
  readonly emit: Emit
  readonly findings: readonly Finding[]
  readonly from: TrainOptions['from']
  readonly options: Options
  readonly root: string
  /** Asked after each evaluation: why the run is to end here, or null. */
  readonly endAfter: TrainOptions['endAfter']
}

export const loop = async (o: LoopOptions): Promise<TrainResult> => {
  const { run, plan, subject, store, emit, from, options } = o
  const { train: trainLoop } = await import('./train/index.ts')
  const { ruleChanges, stopping } = await import('./decide/index.ts')
  const { comparisonOf, plannedShape } = await import('./comparison.ts')
  const { openTensorboard } = await import('./record/index.ts')
  const rule = stopping({
    settings: plan.run.stop,
    objective: plan.objective,
    steps: plan.steps,
    comparison: await comparisonOf(plan, o.root, run.run, () => plannedShape(o.engine, openRequest(plan))),
  })
  const changed = from === null ? [] : ruleChanges(rule, from.state.rules)
  if (changed.length > 0)
    await emit({
      type: 'warned',
      code: 'RULES_CHANGED',
      message: `the stopping rules changed since: ${changed.join(', ')}`,
    })
  const signal = options.signal ?? new AbortController().signal
  let ended: RunEventOf<'ended'> | null = null
  const startedAt = performance.now()
  let step = from?.state.step ?? 0
  const board = await openTensorboard(run.tensorboard, { resumedFrom: from?.state.step })
  try {
    for await (const made of trainLoop({
      plan,
      subject,
      store,
      rule: rule as never,
      from,
      signal,
      endAfter: o.endAfter,
    })) {
      const event = withForecast(made, o.findings)
      await emit(event)
      board.add(event)
      if (event.type === 'steps') step = event.records.at(-1)?.step ?? step
      if (event.type === 'ended') ended = event
    }
  } catch (error) {
    await emit({
      type: 'ended',
      reason: 'crashed',
      sentence: sentenceOf(error),
      step,
      epoch: step / plan.stepsPerEpoch,
      best: null,
      metrics: {},
      seconds: (performance.now() - startedAt) / 1000,
    }).catch(() => {})
    throw error
  } finally {
    // a view for people: losing it must not cost the run, whose journal is the truth
    await board.close().catch((error: unknown) => {
      options.on?.({ type: 'note', text: `TensorBoard files are incomplete: ${sentenceOf(error)}` })
    })
  }
  if (!ended)
    throw new GonogoError('TRAIN_UNFINISHED', 'the run ended without saying why', { exit: exitCodes.internal })
  const checkpoints = (await store.list()).map(({ checkpoint }) => checkpoint)
  return resultOf({ run, plan, ended, findings: o.findings, checkpoints, loadSeconds: subject.facts.loadSeconds })
}
