// The training loop: an async generator of RunEvents. Validates first, then steps, evaluations, checkpoints, the end.
// It decides nothing: a rule given to it does; and it records nothing: whoever consumes the events does.
import type { Checkpoints, Store } from '../checkpoint/index.ts'
import type {
  Decision,
  Direction,
  GonogoError,
  Plan,
  ReasonCode,
  RunEvent,
  RunEventOf,
  Split,
  StepRecord,
} from '../contract/index.ts'
import type { Subject } from '../engine/engine.ts'
import { cadenceOf } from './cadence.ts'
import type { Best, HarnessState } from './harness.ts'
import { Watching } from './inflight.ts'

/** A stopping rule as the loop sees it: explicit state, events in, decisions out. */
export interface StoppingRule {
  readonly init: unknown
  update(state: unknown, event: RunEvent): readonly [unknown, readonly Decision[]]
}

export type TrainOptions = {
  readonly plan: Plan
  readonly subject: Subject
  readonly store: Pick<Store, 'save'> & Pick<Checkpoints, 'path'>
  readonly rule: StoppingRule
  /** The checkpoint that `subject` has loaded, and what it held of the harness; null for a new run. */
  readonly from: { readonly checkpoint: string; readonly state: HarnessState } | null
  /** Aborted: checkpoint after the current steps, then end. */
  readonly signal: AbortSignal
  /** Asked after each evaluation with the best value so far: why the run is to end here, resumable, or null. */
  readonly endAfter?: ((at: { readonly step: number; readonly best: number | null }) => string | null) | undefined
}

/** Steps asked of the subject at once: about this long, so that Ctrl-C and the clock are heard. */
const chunkSeconds = 0.5
const firstChunk = 8

type Ending = { readonly reason: ReasonCode; readonly sentence: string }

export async function* train(options: TrainOptions): AsyncGenerator<RunEvent> {
  yield* new Loop(options).run()
}

class Loop {
  readonly #o: TrainOptions
  readonly #started = performance.now()
  readonly #watching: Watching
  #step: number
  #best: Best | null
  #rules: unknown
  #metrics: Record<string, number>
  #savedAt = performance.now()
  #savedStep = -1
  #ending: Ending | null = null
  #stepSeconds = 0
  #owesEvaluation: boolean = false

  constructor(options: TrainOptions) {
    this.#o = options
    this.#watching = new Watching(options.plan)
    const state = options.from?.state
    this.#step = state?.step ?? 0
    // a checkpoint is written before its name is known: where it is the best itself, the name is filled in here
    const own = state?.best?.checkpoint === null && state.best.step === state.step
    this.#best =
      own && state.best ? { ...state.best, checkpoint: options.from?.checkpoint ?? null } : (state?.best ?? null)
    this.#rules = state ? state.rules : options.rule.init
    this.#metrics = { ...state?.metrics }
  }

  async *run(): AsyncGenerator<RunEvent> {
    const { plan, from } = this.#o
    const cadence = cadenceOf(plan)
    // a validation that crashes or is NaN should do so before the first step, not after the first epoch
    if (from === null) yield* this.#evaluate()
    else if (from.state.owesEvaluation) yield* this.#boundary(true)
    else this.#savedStep = this.#step
    // saved at the end of a part, and killed before anybody heard of it
    if (from !== null && cadence.evaluationDue(this.#step)) this.#endHere()
    while (this.#step < plan.steps && this.#ending === null) {
      const boundary = cadence.boundary(this.#step)
      yield* this.#steps(Math.min(boundary - this.#step, this.#chunk()))
      if (this.#ending === null) yield* this.#boundary(cadence.evaluationDue(this.#step))
    }
    yield* this.#end()
  }

  /** What is due after a step: an evaluation, a checkpoint, the answer to an interruption. */
  async *#boundary(evaluationDue: boolean): AsyncGenerator<RunEvent> {
    const { plan, signal } = this.#o
    let improved = false
    if (evaluationDue) {
      const before = this.#best
      yield* this.#evaluate()
      this.#endHere()
      improved = this.#best !== before && plan.run.checkpoint.keep.best > 0
    }
    const sinceSaved = (performance.now() - this.#savedAt) / 1000
    const interrupted = signal.aborted && this.#step < plan.steps
    if (interrupted) this.#ending ??= interruption
    const due = cadenceOf(plan).checkpointDue(this.#step, sinceSaved)
    if (this.#mustSave(interrupted || improved || due)) yield* this.#save()
  }

  #endHere(): void {
    if (this.#step >= this.#o.plan.steps || this.#owesEvaluation) return
    const sentence = this.#o.endAfter?.({ step: this.#step, best: this.#best?.value ?? null }) ?? null
    if (sentence !== null) this.#ending ??= { reason: 'pruned', sentence }
  }

  /** A run that ended on NaN or divergence keeps its earlier checkpoints instead of a worthless newest one. */
  #mustSave(due: boolean): boolean {
    const hard = this.#ending?.reason === 'not-finite' || this.#ending?.reason === 'divergence'
    return this.#savedStep !== this.#step && !hard && (due || this.#ending !== null)
  }

  #chunk(): number {
    return this.#stepSeconds === 0 ? firstChunk : Math.max(1, Math.floor(chunkSeconds / this.#stepSeconds))
  }

  async *#steps(count: number): AsyncGenerator<RunEvent> {
    const { subject } = this.#o
    const started = performance.now()
    let done = 0
    for await (const records of subject.train({ steps: count, watch: true })) {
      done += records.length
      this.#step = records.at(-1)?.step ?? this.#step
      yield* this.#decide({ type: 'steps', records: records as StepRecord[] })
      yield* this.#watching.add(records)
      if (this.#ending !== null) return
    }
    this.#stepSeconds = (performance.now() - started) / 1000 / Math.max(1, done)
  }

  async *#evaluate(): AsyncGenerator<RunEvent> {
    const { plan } = this.#o
    const event = await this.#unlessInterrupted(this.#evaluated('val', this.#step))
    this.#owesEvaluation = event === null
    if (event === null) return
    Object.assign(this.#metrics, event.metrics)
    const value = event.metrics[plan.objective.name]
    if (value !== undefined && this.#step > 0 && beats(plan.objective.direction, value, this.#best?.value))
      this.#best = { metric: plan.objective.name, value, step: this.#step, checkpoint: null }
    yield* this.#decide(event)
  }

  /** Null where an interruption has cancelled it. */
  async #unlessInterrupted(work: Promise<RunEventOf<'evaluated'>>): Promise<RunEventOf<'evaluated'> | null> {
    try {
      return await work
    } catch (error) {
      if (!this.#o.signal.aborted || (error as GonogoError).code !== 'CANCELLED') throw error
      this.#ending ??= this.#step === 0 ? interruptedAtOnce : interruption
      return null
    }
  }

  async #evaluated(split: Split, step: number): Promise<RunEventOf<'evaluated'>> {
    const evaluation = await this.#o.subject.evaluate({ split, watch: split === 'val' }, this.#o.signal)
    const metrics = Object.fromEntries(
      Object.entries(evaluation.metrics).map(([name, value]) => [`${split}_${name}`, value]),
    )
    const epoch = step / this.#o.plan.stepsPerEpoch
    return { type: 'evaluated', step, epoch, metrics, samples: evaluation.samples, seconds: evaluation.seconds }
  }

  async *#decide(event: RunEvent): AsyncGenerator<RunEvent> {
    yield event
    const [next, decisions] = this.#o.rule.update(this.#rules, event)
    this.#rules = next
    for (const decision of decisions) {
      yield { type: 'decided', step: this.#step, decision }
      if (decision.action === 'stop') this.#ending ??= { reason: decision.reason, sentence: decision.sentence }
    }
  }

  async *#save(): AsyncGenerator<RunEvent> {
    const { plan, store, subject } = this.#o
    const fresh = this.#best?.step === this.#step
    // metrics belong to a checkpoint only where they were measured on exactly these weights
    const measured = cadenceOf(plan).evaluationDue(this.#step) && this.#step > 0 && !this.#owesEvaluation
    const at = {
      step: this.#step,
      epoch: Math.ceil(this.#step / plan.stepsPerEpoch),
      metrics: measured ? this.#metrics : {},
    }
    try {
      const saved = await store.save(at, (dir) => subject.persist({ op: 'save', dir, harness: this.#harness() }))
      if (fresh && this.#best) this.#best = { ...this.#best, checkpoint: saved.checkpoint.name }
      const { checkpoint, keptAs, removed, seconds } = saved
      yield { type: 'checkpointed', checkpoint, keptAs, removed, seconds }
      for (const { name, reason } of saved.notRemoved)
        yield { type: 'warned', code: 'CHECKPOINT_NOT_REMOVED', message: `${name} could not be removed: ${reason}` }
    } catch (error) {
      // a full disk must not cost the run that is in memory: earlier checkpoints are intact, and the next save may succeed
      const last = this.#ending !== null || this.#step === plan.steps
      if ((error as GonogoError).code !== 'DISK_FULL' || last) throw error
      const { code, message, seen } = error as GonogoError
      yield { type: 'warned', code, message: seen ? `${message}: ${seen}` : message }
    }
    this.#savedStep = this.#step
    this.#savedAt = performance.now()
  }

  #harness(): HarnessState {
    return {
      fingerprint: this.#o.plan.fingerprint.whole,
      step: this.#step,
      best: this.#best,
      rules: this.#rules,
      metrics: this.#metrics,
      owesEvaluation: this.#owesEvaluation,
      seconds: this.#seconds(),
    }
  }

  #seconds(): number {
    return (this.#o.from?.state.seconds ?? 0) + (performance.now() - this.#started) / 1000
  }

  async *#end(): AsyncGenerator<RunEvent> {
    const { plan, subject, store, signal } = this.#o
    const ending = this.#ending ?? { reason: 'length-reached', sentence: `all ${plan.steps} steps are done` }
    const goesOn = ending.reason === 'interrupted' || ending.reason === 'pruned'
    if (!goesOn && plan.data.some(({ split }) => split === 'test') && !signal.aborted) {
      // the test split is looked at once, with the weights that would be used
      const chosen = this.#best?.checkpoint ?? null
      if (chosen !== null && this.#best?.step !== this.#step)
        await subject.persist({ op: 'load', dir: store.path(chosen) })
      const event = await this.#evaluated('test', this.#best?.step ?? this.#step)
      Object.assign(this.#metrics, event.metrics)
      yield event
    }
    const seen = this.#watching.ended(this.#step)
    if (seen) yield seen
    yield {
      type: 'ended',
      ...ending,
      step: this.#step,
      epoch: this.#step / plan.stepsPerEpoch,
      best: this.#best,
      metrics: this.#metrics,
      seconds: this.#seconds(),
    }
  }
}

const interruptedAtOnce: Ending = { reason: 'interrupted', sentence: 'interrupted before the first step' }
const interruption: Ending = { reason: 'interrupted', sentence: 'interrupted; the state is saved' }

const beats = (direction: Direction, value: number, standing: number | undefined): boolean => {
  if (!Number.isFinite(value)) return false
  if (standing === undefined) return true
  return direction === 'max' ? value > standing : value < standing
}
