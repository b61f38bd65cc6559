// A Subject that lives in a worker process. Translates the interface into calls and checks every answer.
import {
  type DataProbe,
  type EvalProbe,
  type Evaluation,
  evaluation,
  type Facts,
  facts,
  type OpenRequest,
  type PersistProbe,
  type PersistReport,
  persistReport,
  type SampleDigest,
  type StateProbe,
  type StateReport,
  type StepRecord,
  sampleDigest,
  stateReport,
  type TrainProbe,
} from '../contract/index.ts'
import type { Subject } from './engine.ts'
import type { WorkerProcess } from './worker.ts'

export class WorkerSubject implements Subject {
  readonly facts: Facts
  readonly #worker: WorkerProcess

  private constructor(worker: WorkerProcess, opened: Facts) {
    this.#worker = worker
    this.facts = opened
  }

  static async open(worker: WorkerProcess, request: OpenRequest): Promise<WorkerSubject> {
    try {
      return new WorkerSubject(worker, facts.parse(await worker.call('open', request)))
    } catch (error) {
      await worker.close()
      throw error
    }
  }

  async *train(probe: TrainProbe): AsyncGenerator<readonly StepRecord[]> {
    // step records are trusted as they come: parsing each would cost more than all the rest of the harness
    for await (const items of this.#worker.stream('train', probe)) yield items as readonly StepRecord[]
  }

  async evaluate(probe: EvalProbe = {}): Promise<Evaluation> {
    return evaluation.parse(await this.#worker.call('evaluate', probe))
  }

  async data(probe: DataProbe = {}): Promise<readonly SampleDigest[]> {
    const found: SampleDigest[] = []
    await this.#worker.call('data', probe, (items) => {
      for (const item of items) found.push(sampleDigest.parse(item))
    })
    return found
  }

  async state(probe: StateProbe): Promise<StateReport> {
    return stateReport.parse(await this.#worker.call('state', probe))
  }

  async persist(probe: PersistProbe): Promise<PersistReport> {
    return persistReport.parse(await this.#worker.call('persist', probe))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close()
  }
}
