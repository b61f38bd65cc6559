// The processes of one poll: each opens the experiment anew, the next one while the one before is at work, one at a time where
// only one may live. It asks them nothing, and shares nothing among checks (context.ts).
import { GonogoError, type OpenRequest } from '../contract/index.ts'
import type { Process, Subject } from '../engine/engine.ts'
import type { Polling } from './context.ts'
import { Crash } from './crash.ts'
import { lengthened } from './lengths.ts'
import { livesAlone } from './room.ts'
import { abortable, Trial } from './trial.ts'

/** A process that will be asked for. */
export type Expected = { readonly seed: number; readonly process: Process }

type Limit = OpenRequest['limit']

export class Subjects {
  /** One subject at a time. */
  readonly alone: boolean
  /** Waited so far for processes to open, and to end where there is no room. */
  seconds = 0
  readonly #polling: Polling
  readonly #limit: Limit
  #planned: Expected[] = []
  #ahead: (Expected & { trial: Promise<Trial> }) | null = null
  readonly #open = new Set<Promise<Trial>>()

  /** `limit`: of the data that a subject sees, where nothing else is asked for. */
  constructor(polling: Polling, limit: Limit) {
    this.#polling = polling
    this.#limit = limit
    this.alone = livesAlone(polling.engine, polling.facts)
  }

  /** The fresh processes that the poll will ask for, in order. */
  expect(planned: readonly Expected[]): void {
    this.#planned = [...planned]
  }

  /** One that nothing has been done to, perhaps opened ahead. */
  async fresh(seed: number, process: Process): Promise<Trial> {
    const same = (other: Expected) => other.seed === seed && other.process === process
    const index = this.#planned.findIndex(same)
    if (index >= 0) this.#planned.splice(index, 1)
    const ahead = this.#ahead && same(this.#ahead) ? this.#ahead.trial : null
    if (ahead !== null) this.#ahead = null
    const trial = await this.#waiting(ahead ?? this.#opening({ seed, process }))
    this.openAhead()
    return trial
  }

  /** One of the run's own seed. */
  opened({ world, limit }: { world?: OpenRequest['world']; limit?: Limit } = {}): Promise<Trial> {
    return this.#waiting(this.#opening({ seed: this.#polling.plan.run.seed, process: 'quick' }, world, limit))
  }

  /** The experiment as it will train: data, epochs and length are the run's own. */
  unlimited(): Promise<Trial> {
    const { request, plan } = this.#polling
    return this.#waiting(this.#started(request({ seed: plan.run.seed }), 'quick'))
  }

  openAhead(): void {
    const [next] = this.#planned
    if (this.alone || this.#ahead || next === undefined) return
    const trial = this.#opening(next)
    trial.catch(() => {})
    this.#ahead = { ...next, trial }
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#open].map(async (opening) => {
        const trial = await opening.catch(() => null)
        await trial?.[Symbol.asyncDispose]()
      }),
    )
  }

  /** Closes whatever subject is open, so that there is room for one. */
  async closeAll(): Promise<void> {
    const started = performance.now()
    await this.close()
    this.#open.clear()
    this.seconds += (performance.now() - started) / 1000
  }

  #opening({ seed, process }: Expected, world?: OpenRequest['world'], limit: Limit = this.#limit): Promise<Trial> {
    const { plan, facts, request } = this.#polling
    const length = lengthened(plan, this.#limit.trainBatches ?? facts.stepsPerEpoch)
    return this.#started({ ...request({ seed, limit }), length, ...(world ? { world } : {}) }, process)
  }

  #started(request: OpenRequest, process: Process): Promise<Trial> {
    const { engine, signal } = this.#polling
    const opening = engine.open(request, process).then(
      (subject: Subject) => new Trial(subject, signal),
      (error: unknown) => {
        throw error instanceof GonogoError ? new Crash('open', error) : error
      },
    )
    this.#open.add(opening)
    opening.catch(() => this.#open.delete(opening))
    return opening
  }

  async #waiting(opening: Promise<Trial>): Promise<Trial> {
    const started = performance.now()
    try {
      return await abortable(this.#polling.signal, opening)
    } finally {
      this.seconds += (performance.now() - started) / 1000
    }
  }
}
