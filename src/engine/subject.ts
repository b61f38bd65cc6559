// A Subject that lives in a worker process. Translates the interface into calls and checks every answer.
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
  type OpenRequest,
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
import { ownOutcomeOf } from './own-outcome.ts'
import type { WorkerProcess } from './worker.ts'

/** What a subject needs of its worker. */
export type Caller = Pick<WorkerProcess, 'call' | 'stream' | 'close'>

export class WorkerSubject implements Subject {
  readonly facts: Facts
  readonly #worker: Caller

  private constructor(worker: Caller, opened: Facts) {
    this.#worker = worker
    this.facts = opened
  }

  static async open(worker: Caller, request: OpenRequest): Promise<WorkerSubject> {
    try {
      return new WorkerSubject(worker, facts.parse(await worker.call('open', request)))
    } catch (error) {
      await worker.close()
      throw error
    }
  }

  async *train(probe: TrainProbe): AsyncGenerator<readonly StepRecord[]> {
    // step records are trusted as they come: parsing each would cost more than all the rest of the harness
    for await (const items of this.#worker.stream('train', probe)) yield recordsOf(items)
  }

  async evaluate(probe: EvalProbe = {}, signal?: AbortSignal): Promise<Evaluation> {
    return evaluation.parse(await this.#worker.call('evaluate', probe, undefined, signal))
  }

  async data(probe: DataProbe = {}): Promise<readonly SampleDigest[]> {
    const found: SampleDigest[] = []
    await this.#worker.call('data', probe, (items) => {
      for (const item of items) found.push(sampleDigest.parse(item))
    })
    return found
  }

  async perturb(probe: PerturbProbe = {}): Promise<Perturbation> {
    return perturbation.parse(await this.#worker.call('perturb', probe))
  }

  async schedule(probe: ScheduleProbe = {}): Promise<ScheduleReport> {
    return scheduleReport.parse(await this.#worker.call('schedule', probe))
  }

  async order(probe: OrderProbe = {}): Promise<readonly EpochOrder[]> {
    return epochOrder.array().parse(await this.#worker.call('order', probe))
  }

  async survey(probe: SurveyProbe = {}): Promise<Survey> {
    return survey.parse(await this.#worker.call('survey', probe))
  }

  async state(probe: StateProbe): Promise<StateReport> {
    return stateReport.parse(await this.#worker.call('state', probe))
  }

  async determinism(probe: DeterminismProbe = {}): Promise<DeterminismReport> {
    return determinismReport.parse(await this.#worker.call('determinism', probe))
  }

  async own(probe: OwnCheckProbe): Promise<OwnOutcome> {
    return ownOutcomeOf(await this.#worker.call('own', probe))
  }

  async dependencies(): Promise<Dependencies> {
    return dependencies.parse(await this.#worker.call('dependencies', {}))
  }

  async persist(probe: PersistProbe): Promise<PersistReport> {
    return persistReport.parse(await this.#worker.call('persist', probe))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close()
  }
}
