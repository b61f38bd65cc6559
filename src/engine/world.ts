// A Subject of several processes that train together: each operation goes to all ranks at once; rank 0's answer, joined with
// what only the others know, is the answer. It knows nothing of how a worker was started, nor of how the ranks talk.
//
// One rank's failure leaves the others waiting for it in a collective for ever: whoever has not answered a few seconds after
// the first failure is ended, and the world with it (ranks.ts says whose failure it was). Where every rank answered, with an
// error on all of them, the world lives on.
import {
  type DataProbe,
  type Dependencies,
  type DeterminismProbe,
  type DeterminismReport,
  dependencies,
  determinismReport,
  type EpochOrder,
  type EvalProbe,
  type Evaluation,
  epochOrder,
  evaluation,
  type Facts,
  facts,
  GonogoError,
  type OpenRequest,
  type Operation,
  type OrderProbe,
  type OwnCheckProbe,
  type OwnOutcome,
  type PersistProbe,
  type PersistReport,
  type Perturbation,
  type PerturbProbe,
  persistReport,
  perturbation,
  type SampleDigest,
  type ScheduleProbe,
  type ScheduleReport,
  type StateProbe,
  type StateReport,
  type StepRecord,
  type Survey,
  type SurveyProbe,
  sampleDigest,
  scheduleReport,
  stateReport,
  survey,
  type TrainProbe,
} from '../contract/index.ts'
import { recordsOf } from './columns.ts'
import type { Subject } from './engine.ts'
import { joinedEvaluation, joinedFacts, joinedFiles, joinedRecord, joinedState } from './joined.ts'
import { ownOutcomeOf } from './own-outcome.ts'
import { type Failure, worldEnded } from './ranks.ts'
import type { Running } from './worker.ts'

export { meetingPlace, rankEnvironment } from './ranks.ts'

/** A started worker, in whatever way it was started. */
export interface Rank {
  call(operation: Operation, args: unknown, onItems?: (items: readonly unknown[]) => void): Promise<unknown>
  begin(operation: Operation, args: unknown, onItems?: (items: readonly unknown[]) => void): Running
  close(): Promise<void>
  kill(): void
}

/** Seconds that the others have to answer after the first failure. */
const grace = 5

export class WorldSubject implements Subject {
  readonly facts: Facts
  readonly #ranks: Ranks

  private constructor(ranks: Ranks, opened: Facts) {
    this.#ranks = ranks
    this.facts = opened
  }

  /** `address`: where the ranks meet, `host:port`. */
  static async open(workers: readonly Rank[], request: OpenRequest, address: string): Promise<WorldSubject> {
    const ranks = new Ranks(workers)
    try {
      const size = workers.length
      const opened = await ranks.all('open', (rank) => ({ ...request, world: { rank, size, address } }))
      return new WorldSubject(ranks, agreed(opened.map((one) => facts.parse(one))))
    } catch (error) {
      await ranks.close()
      throw error
    }
  }

  async *train(probe: TrainProbe): AsyncGenerator<readonly StepRecord[]> {
    const waiting: StepRecord[][] = this.#ranks.map(() => [])
    let wake = Promise.withResolvers<void>()
    const runs = this.#ranks.begin('train', probe, (rank, items) => {
      waiting[rank]?.push(...recordsOf(items))
      wake.resolve()
    })
    let ended = false
    const settled = this.#ranks.together(runs.map(({ answer }) => answer)).then(
      () => null,
      (error: unknown) => error,
    )
    void settled.then(() => {
      ended = true
      wake.resolve()
    })
    let drained = false
    try {
      while (!drained) {
        const last = ended
        const whole = Math.min(...waiting.map(({ length }) => length))
        if (whole > 0) yield joined(waiting.map((records) => records.splice(0, whole)))
        else if (last) drained = true
        else {
          await wake.promise
          wake = Promise.withResolvers<void>()
        }
      }
    } finally {
      if (!drained) {
        await endTogether(runs, probe.steps)
        await settled
      }
    }
    const error = await settled
    if (error !== null) throw error
  }

  async evaluate(probe: EvalProbe = {}): Promise<Evaluation> {
    const found = (await this.#ranks.all('evaluate', () => probe)).map((one) => evaluation.parse(one))
    return joinedEvaluation(found, Math.min(this.facts.samples[probe.split ?? 'val'] ?? 0, probe.limit ?? Infinity))
  }

  async data(probe: DataProbe = {}): Promise<readonly SampleDigest[]> {
    // a frozen batch is of all ranks; of anything else rank 0 has the same
    const found: unknown[][] = this.#ranks.map(() => [])
    const everyone = typeof probe.frozen === 'number'
    if (everyone)
      await this.#ranks.all(
        'data',
        () => probe,
        (rank, items) => found[rank]?.push(...items),
      )
    else await this.#ranks.one(0, 'data', probe, (items) => found[0]?.push(...items))
    const unique = new Map(
      found
        .flat()
        .map((item) => sampleDigest.parse(item))
        .map((sample) => [sample.id, sample]),
    )
    return [...unique.values()]
  }

  async perturb(probe: PerturbProbe = {}): Promise<Perturbation> {
    return perturbation.parse((await this.#ranks.all('perturb', () => probe))[0])
  }

  async schedule(probe: ScheduleProbe = {}): Promise<ScheduleReport> {
    return scheduleReport.parse((await this.#ranks.all('schedule', () => probe))[0])
  }

  async order(probe: OrderProbe = {}): Promise<readonly EpochOrder[]> {
    return epochOrder.array().parse((await this.#ranks.all('order', () => probe))[0])
  }

  /** Rank 0's: every rank repeats the step, as a step takes all of them. */
  async determinism(probe: DeterminismProbe = {}): Promise<DeterminismReport> {
    return determinismReport.parse((await this.#ranks.all('determinism', () => probe))[0])
  }

  /** Rank 0's: every rank runs it, as whatever it trains takes all of them. */
  async own(probe: OwnCheckProbe): Promise<OwnOutcome> {
    return ownOutcomeOf((await this.#ranks.all('own', () => probe))[0])
  }

  async survey(probe: SurveyProbe = {}): Promise<Survey> {
    return survey.parse(await this.#ranks.one(0, 'survey', probe))
  }

  /** Rank 0's: what another rank alone reads is not known. */
  async dependencies(): Promise<Dependencies> {
    return dependencies.parse(await this.#ranks.one(0, 'dependencies', {}))
  }

  async state(probe: StateProbe): Promise<StateReport> {
    if (probe.op === 'digest' && probe.rank !== undefined)
      return stateReport.parse(await this.#ranks.one(probe.rank, 'state', probe))
    return joinedState((await this.#ranks.all('state', () => probe)).map((one) => stateReport.parse(one)))
  }

  async persist(probe: PersistProbe): Promise<PersistReport> {
    return joinedFiles((await this.#ranks.all('persist', () => probe)).map((one) => persistReport.parse(one)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ranks.close()
  }
}

/** Ends a train after the same step on every rank: the furthest step that any of them has begun. */
const endTogether = async (runs: readonly Running[], steps: number): Promise<void> => {
  const begun = await Promise.all(runs.map((run) => run.pause()))
  const last = Math.min(steps, Math.max(...begun))
  for (const run of runs) run.until(last)
}

const joined = (columns: readonly (readonly StepRecord[])[]): StepRecord[] =>
  (columns[0] ?? []).map((_, i) => joinedRecord(columns.map((records) => records[i] as StepRecord)))

/** Ranks that count different steps would wait for each other at the end of an epoch. */
const agreed = (all: readonly Facts[]): Facts => {
  const [first] = all as [Facts]
  const other = all.findIndex(
    ({ stepsPerEpoch, steps }) => stepsPerEpoch !== first.stepsPerEpoch || steps !== first.steps,
  )
  if (other < 0) return joinedFacts(all)
  throw new GonogoError('RANKS_DISAGREE', 'the ranks count different steps, and would wait for each other for ever', {
    where: first.where.data ?? first.where.setup,
    seen: `${first.stepsPerEpoch} steps an epoch on rank 0, ${all[other]?.stepsPerEpoch} on rank ${other}`,
    expected: 'as many batches on every rank',
    try: 'give train_loader a DistributedSampler, which pads or drops to equal parts',
  })
}

/** The processes: one call to all of them, and the end of all where one is lost. */
class Ranks {
  readonly #workers: readonly Rank[]
  #ended: GonogoError | null = null

  constructor(workers: readonly Rank[]) {
    this.#workers = workers
  }

  map<T>(of: (rank: number) => T): T[] {
    return this.#workers.map((_, rank) => of(rank))
  }

  all(
    operation: Operation,
    args: (rank: number) => unknown,
    onItems?: (rank: number, items: readonly unknown[]) => void,
  ): Promise<unknown[]> {
    const call = (worker: Rank, rank: number) =>
      worker.call(operation, args(rank), onItems && ((items) => onItems(rank, items)))
    return this.together(this.#workers.map(call))
  }

  async one(
    rank: number,
    operation: Operation,
    args: unknown,
    onItems?: (items: readonly unknown[]) => void,
  ): Promise<unknown> {
    const worker = this.#workers[rank]
    if (!worker)
      throw new GonogoError('RANK_UNKNOWN', 'there is no such rank', {
        seen: `${rank}`,
        expected: `below ${this.#workers.length}`,
      })
    const [answer] = await this.together([worker.call(operation, args, onItems)], [rank])
    return answer
  }

  begin(operation: Operation, args: unknown, onItems: (rank: number, items: readonly unknown[]) => void): Running[] {
    return this.#workers.map((worker, rank) => worker.begin(operation, args, (items) => onItems(rank, items)))
  }

  /** The answers of all; or the failure that came first, once every rank has answered or is gone. */
  async together(works: readonly Promise<unknown>[], ranks?: readonly number[]): Promise<unknown[]> {
    const failures: Failure[] = []
    let alarm: NodeJS.Timeout | undefined
    let late = false
    const failed = (rank: number) => (error: unknown) => {
      if (!(error instanceof GonogoError)) throw error
      // what is heard after the kill is the kill
      if (!late) failures.push({ rank, error })
      alarm ??= setTimeout(() => {
        late = true
        this.#kill()
      }, grace * 1000)
    }
    const answers = await Promise.all(works.map((work, rank) => work.catch(failed(ranks?.[rank] ?? rank))))
    clearTimeout(alarm)
    if (failures.length === 0) return answers
    if (this.#ended) throw this.#ended
    const everywhere = !late && failures.length === works.length
    const ended = worldEnded(failures, everywhere)
    if (ended === null) throw failures.toSorted((a, b) => a.rank - b.rank)[0]?.error
    this.#ended = ended
    this.#kill()
    throw ended
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()))
  }

  #kill(): void {
    for (const worker of this.#workers) worker.kill()
  }
}
