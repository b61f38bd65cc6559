// A subject under watch: the Subject's operations in the words of the checks, each failure turned into a Crash.
// It decides nothing; what it returns is compared elsewhere.
import {
  type DataProbe,
  type Dependencies,
  type DeterminismProbe,
  type DeterminismReport,
  type EpochOrder,
  type EvalProbe,
  type Evaluation,
  type Facts,
  GonogoError,
  type OrderProbe,
  type OwnCode,
  type OwnOutcome,
  type PersistReport,
  type Perturbation,
  type PerturbProbe,
  type SampleDigest,
  type ScheduleProbe,
  type ScheduleReport,
  type Section,
  type StateEntry,
  type StateReport,
  type StepRecord,
  type Survey,
  type SurveyProbe,
  type TrainProbe,
} from '../contract/index.ts'
import type { Subject } from '../engine/engine.ts'
import { Crash, endsProcess, type Stage } from './crash.ts'

/** A subject's state at one moment: digests by section, and by name within it. */
export type Snapshot = ReadonlyMap<
  Section,
  { readonly digest: string; readonly entries: ReadonlyMap<string, StateEntry> }
>

export const snapshotOf = ({ sections }: StateReport): Snapshot =>
  new Map(
    sections.map(({ section, digest, entries }) => [
      section,
      { digest, entries: new Map(entries.map((entry) => [entry.name, entry])) },
    ]),
  )

export class Trial implements AsyncDisposable {
  readonly facts: Facts
  readonly #subject: Subject
  readonly #signal: AbortSignal
  /** Its process ended; ask the context for another. */
  dead: boolean = false
  /** What broke its loop: whatever is asked afterwards failed for that. */
  #broken: Crash | null = null

  constructor(subject: Subject, signal: AbortSignal) {
    this.#subject = subject
    this.#signal = signal
    this.facts = subject.facts
  }

  /** Trains and returns every record. */
  async steps(probe: TrainProbe): Promise<StepRecord[]> {
    const records: StepRecord[] = []
    await this.train(probe, (record) => {
      records.push(record)
      return true
    })
    return records
  }

  /** Trains until `onRecord` returns false. */
  train(probe: TrainProbe, onRecord: (record: StepRecord) => boolean): Promise<void> {
    const steps = async () => {
      for await (const group of this.#subject.train(probe)) {
        this.#signal.throwIfAborted()
        let wanted = true
        for (const record of group) wanted = wanted && onRecord(record)
        if (!wanted) return
      }
    }
    return this.#watch('train', steps, (probe.batch ?? 'live') !== 'live' || (probe.corrupt ?? null) !== null)
  }

  evaluate(probe: EvalProbe = {}): Promise<Evaluation> {
    const { batchSize, ids, order = 'given', corrupt, predictions } = probe
    const unusual = [batchSize, ids, corrupt, predictions].some((one) => (one ?? null) !== null) || order !== 'given'
    return this.#watch('evaluate', () => this.#subject.evaluate(probe), unusual)
  }

  data(probe: DataProbe): Promise<readonly SampleDigest[]> {
    return this.#watch('data', () => this.#subject.data(probe))
  }

  perturb(probe: PerturbProbe): Promise<Perturbation> {
    return this.#watch('evaluate', () => this.#subject.perturb(probe), true)
  }

  schedule(probe: ScheduleProbe = {}): Promise<ScheduleReport> {
    return this.#watch('train', () => this.#subject.schedule(probe))
  }

  order(probe: OrderProbe = {}): Promise<readonly EpochOrder[]> {
    return this.#watch('data', () => this.#subject.order(probe))
  }

  dependencies(): Promise<Dependencies> {
    return this.#watch('state', () => this.#subject.dependencies())
  }

  own(code: OwnCode): Promise<OwnOutcome> {
    return this.#watch('own', () => this.#subject.own({ code }))
  }

  survey(probe: SurveyProbe): Promise<Survey> {
    return this.#watch('data', () => this.#subject.survey(probe))
  }

  /** `rank`: what that one of several processes holds. */
  digest(rank?: number): Promise<Snapshot> {
    const probe = { op: 'digest' as const, detail: true, ...(rank === undefined ? {} : { rank }) }
    return this.#watch('state', async () => snapshotOf(await this.#subject.state(probe)))
  }

  /** Keys of `config:` that have been read since this subject was opened; null where nobody looks. */
  configRead(): Promise<ReadonlySet<string> | null> {
    return this.#watch('state', async () => {
      const { configRead } = await this.#subject.state({ op: 'digest' })
      return configRead ? new Set(configRead) : null
    })
  }

  /** What the project keeps of the weights without a copy, and generators that its loop seeds alike at each epoch. */
  habits(): Promise<{ readonly aliases: readonly string[]; readonly reseeded: readonly string[] }> {
    return this.#watch('state', async () => {
      const { aliases = [], reseeded = [] } = await this.#subject.state({ op: 'digest' })
      return { aliases, reseeded }
    })
  }

  async capture(slot: string): Promise<void> {
    await this.#watch('state', () => this.#subject.state({ op: 'capture', slot }))
  }

  /** `kept`: whatever gradients lie there stay. */
  async restore(slot: string, gradients: 'restored' | 'kept' = 'restored'): Promise<void> {
    await this.#watch('state', () => this.#subject.state({ op: 'restore', slot, gradients }))
  }

  async scramble(section: Section): Promise<void> {
    await this.#watch('state', () => this.#subject.state({ op: 'scramble', section }))
  }

  determinism(probe: DeterminismProbe = {}): Promise<DeterminismReport> {
    return this.#watch('train', () => this.#subject.determinism(probe))
  }

  /** Position and generators alone, into an empty folder and back from there. */
  async exportPlace(dir: string): Promise<void> {
    await this.#watch('state', () => this.#subject.state({ op: 'export', dir }))
  }

  async importPlace(dir: string): Promise<void> {
    await this.#watch('state', () => this.#subject.state({ op: 'import', dir }))
  }

  save(dir: string): Promise<PersistReport> {
    return this.#watch('save', () => this.#subject.persist({ op: 'save', dir }))
  }

  load(dir: string): Promise<PersistReport> {
    return this.#watch('load', () => this.#subject.persist({ op: 'load', dir }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dead = true
    await this.#subject[Symbol.asyncDispose]()
  }

  /** `unusual`: no run asks for this. */
  async #watch<T>(stage: Stage, work: () => Promise<T>, unusual = false): Promise<T> {
    if (this.#broken) throw this.#broken
    try {
      return await abortable(this.#signal, work())
    } catch (error) {
      this.#signal.throwIfAborted()
      if (!(error instanceof GonogoError)) throw error
      const crash = new Crash(stage, error, unusual)
      if (endsProcess(crash)) this.dead = true
      // a loop that is not ours was left by the error: no further step can be asked of this process
      if (error.code === 'LOOP_BROKEN') {
        this.#broken = crash
        await this[Symbol.asyncDispose]()
      }
      throw crash
    }
  }
}

/** The promise, or the signal's reason, whichever comes first. */
export const abortable = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  // whichever loses may still reject, and nobody is left to hear it
  work.catch(() => {})
  promise.catch(() => {})
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
