// What the checks of one poll share: one warm subject, one reference trajectory, the next fresh process opened ahead.
// Where only one subject may live at a time, the warm one makes room for a fresh one and is opened again when it is wanted.
// It measures nothing and judges nothing.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Ability,
  type Beginning,
  type Dependencies,
  type Description,
  type Evaluation,
  type Facts,
  type FindingCode,
  GonogoError,
  type HeadersReport,
  type OpenRequest,
  type Passed,
  type Plan,
  type ResumeKind,
  type Status,
  type StepRecord,
  type Task,
  type WeightsReport,
} from '../contract/index.ts'
import type { Engine, Process, Subject } from '../engine/engine.ts'
import type { Outcome } from './check.ts'
import { Crash } from './crash.ts'
import { epochLength, ownSteps, validationSamples } from './lengths.ts'
import { type Reference, runReference, type Schedule, scheduleOf } from './reference.ts'
import { type Expected, Subjects } from './subjects.ts'
import { abortable, type Snapshot, Trial } from './trial.ts'

/** How a check was run, and what of the run file it looked at. */
export type Checked = Passed['checks'][number]

export type ConfigIssue = {
  readonly path: readonly (string | number)[]
  readonly code: string
  readonly message: string
}
type Limit = OpenRequest['limit']

/** Everything that a poll needs to know. */
export interface Polling {
  readonly engine: Engine
  readonly plan: Plan
  /** A request to open the plan's experiment, with another seed or a limit. */
  request(o?: { seed?: number; limit?: Limit }): OpenRequest
  readonly description: Description
  /** Facts of a first subject. */
  readonly facts: Facts
  /** How the baseline began that the run file names; undefined where it names none. */
  readonly baseline?: () => Promise<Beginning | undefined>
  /** The strict validator of `config:`. */
  checkConfig(config: Record<string, unknown>): readonly ConfigIssue[]
  /** A folder for checkpoints; its owner removes it. */
  readonly scratch: string
  readonly only?: readonly FindingCode[]
  /** Check → reason. */
  readonly skip: ReadonlyMap<FindingCode, string>
  readonly budgetSeconds: number
  /** Told of a fault as soon as it is known: findings with a cause are yielded at the end, folded. */
  readonly onFault?: (check: FindingCode, status: Status) => void
  /** Told at the end: seconds waited for processes to start and load. */
  readonly onLoaded?: (seconds: number) => void
  /** Told of each check: how it was run, and which settings of the run file it read. */
  readonly onChecked?: (check: Checked) => void
  /** Told at the end, where a subject is there to tell it: what the experiment has loaded and read. */
  readonly onDependencies?: (dependencies: Dependencies) => void
  readonly signal: AbortSignal
  /** The plan's experiment, open already and uncut: the only subject there is to be. Its owner closes it. */
  readonly loaded?: Subject
}

/** How far two runs of the same seed agree, as S1 has measured. */
export type Repeatability =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'exact' }
  /** Rounding alone differs, by this relative amount of the loss. */
  | { readonly kind: 'rounding'; readonly spread: number }
  | { readonly kind: 'unseeded' }

/** Hashes of one word in two processes; or why no order hangs on a hash. */
export type Hashes = { readonly first: string; readonly second: string } | { readonly fixed: string }

/** Another seed's first steps. */
export type Other = { readonly trial: Trial; readonly initial: Snapshot; readonly records: readonly StepRecord[] }

/** Enough for an order and noise to show. */
const otherSteps = 3

export class Context {
  readonly polling: Polling
  readonly facts: Facts
  readonly task: Task
  readonly limit: Limit
  /** What has been found so far. */
  readonly outcomes = new Map<FindingCode, Outcome>()
  repeatability: Repeatability = { kind: 'unknown' }
  /** How the processes of S1 hash; null until there were two. */
  hashes: Hashes | null = null
  readonly #loaded: Trial | null
  #main: Promise<Trial> | null = null
  /** The main subject was closed to make room: what it showed still holds. */
  #madeRoom: boolean = false
  /** The main subject has the slots of the reference run. */
  #hasSlots: boolean = false
  #reference: Promise<Reference> | null = null
  #evaluations = new Map<string, Promise<Evaluation>>()
  #weights: Promise<WeightsReport> | null = null
  #other: Promise<Other> | null = null
  #hashing: Facts['hashing'] = undefined
  readonly #subjects: Subjects
  #folders = 0
  readonly #started = performance.now()

  constructor(polling: Polling) {
    this.polling = polling
    this.facts = polling.facts
    this.task = polling.facts.task
    this.#loaded = polling.loaded ? new Trial(polling.loaded, polling.signal) : null
    const { val = 0 } = polling.facts.samples
    const most = validationSamples(polling.plan.run.evaluate.batch_size)
    this.limit = {
      trainBatches: epochLength(polling.plan, polling.facts.stepsPerEpoch),
      valSamples: val > most ? most : null,
    }
    this.#subjects = new Subjects(polling, this.limit)
  }

  /** One subject at a time. */
  get alone(): boolean {
    return this.#subjects.alone
  }

  get plan(): Plan {
    return this.polling.plan
  }

  /** What a resumed run is held to. A loop of the project's own that cannot be entered in its middle is held to whole epochs. */
  get resumeKind(): ResumeKind {
    return this.plan.run.resume ?? (this.facts.loop === 'epoch' ? 'epoch' : 'exact')
  }

  get seed(): number {
    return this.polling.plan.run.seed
  }

  /** Seconds of the poll so far, without waiting for processes to open. */
  get spent(): number {
    return (performance.now() - this.#started) / 1000 - this.openSeconds
  }

  get openSeconds(): number {
    return this.#subjects.seconds
  }

  get remaining(): number {
    return this.polling.budgetSeconds - this.spent
  }

  can(ability: Ability): boolean {
    return this.facts.can[ability] === 'yes'
  }

  /** The fresh processes that the poll will ask for, in order: each opens while the one before is at work. */
  expect(planned: readonly Expected[]): void {
    this.#subjects.expect(planned)
  }

  /** The shared subject, put back to where it was at that point of the reference run. */
  async at(slot: 'initial' | 'before-evaluation' | 'trained'): Promise<Trial> {
    if (slot !== 'initial') await this.reference()
    const main = await this.#mainTrial()
    // a subject that was opened again has not run it yet; what came out the first time stays what counts
    if (slot !== 'initial' && !this.#hasSlots) await this.#run(main)
    await main.restore(slot)
    return main
  }

  /** The straight run that resume, seeds and purity are compared with. It is run once. */
  async reference(): Promise<Reference> {
    await this.#forgetTheDead()
    this.#reference ??= this.#mainTrial().then((main) => this.#run(main))
    return this.#reference
  }

  async #run(main: Trial): Promise<Reference> {
    await main.restore('initial')
    const reference = await runReference(main, this.schedule(main), {
      folder: () => this.folder(),
      saves: this.can('persist'),
      places: this.resumeKind !== 'exact',
      evaluate: true,
    })
    this.#hasSlots = true
    return reference
  }

  schedule(trial: Trial): Schedule {
    const { stepsPerEpoch, owns } = trial.facts
    // a step of the project's own holds back gradients that no checkpoint of it knows
    const each = owns.step === 'manual' ? this.plan.run.train.accumulate : 1
    return scheduleOf(stepsPerEpoch, ownSteps(this.plan, stepsPerEpoch), each)
  }

  /** A subject whose data no limit of the preflight has cut, beside the shared one where there is room; the caller closes it. */
  async whole(): Promise<Trial> {
    await this.#makeRoom()
    return this.#subjects.opened({ limit: { trainBatches: null, valSamples: null } })
  }

  /** Evaluation of the validation split as the run file says, with outputs where the engine gives them. Done once. */
  evaluation(slot: 'initial' | 'trained'): Promise<Evaluation> {
    const known = this.#evaluations.get(slot)
    if (known !== undefined) return known
    const made = this.at(slot).then((trial) => trial.evaluate({ perSample: this.can('perSample') }))
    this.#evaluations.set(slot, made)
    return made
  }

  /** A subject that nothing has been done to, apart from the shared one; the caller closes it. */
  async fresh(seed: number = this.seed, process: Process = 'quick'): Promise<Trial> {
    await this.#makeRoom()
    return this.#subjects.fresh(seed, process)
  }

  /** The experiment as it will train: epochs and length are the run's own. The caller closes it. */
  async unlimited(): Promise<Trial> {
    if (this.#loaded) return this.#loaded
    await this.#makeRoom()
    return this.#subjects.unlimited()
  }

  /** A subject of another seed after its first steps, put back to where it was before; whoever is the last to need it closes it. */
  async other(): Promise<Other> {
    const known = await this.#other
    if (known && !known.trial.dead) return known
    this.#other = (async () => {
      const trial = await this.fresh(otherSeed(this.seed))
      const initial = await trial.digest()
      await trial.capture('fresh')
      const records = await trial.steps({ steps: Math.min(otherSteps, this.schedule(trial).steps) })
      await trial.restore('fresh')
      return { trial, initial, records }
    })()
    return this.#other
  }

  /** S1's second process has been opened: what it and the first make of one word, where hashes are seeded. */
  alsoHashing({ hashing }: Facts): void {
    const first = this.#hashing
    if (hashing && 'fixed' in hashing) this.hashes = hashing
    else if (hashing && first && 'sample' in first) this.hashes = { first: first.sample, second: hashing.sample }
  }

  /** The experiment in one process, which knows that it is a world of one; the caller closes it. */
  async inOneProcess(): Promise<Trial> {
    await this.#makeRoom()
    return this.#subjects.opened({ world: { rank: 0, size: 1, address: '127.0.0.1:0' } })
  }

  /** The weights of the reference run's last checkpoint, opened without the experiment. */
  weights(dir: string): Promise<WeightsReport> {
    this.#weights ??= abortable(this.polling.signal, this.polling.engine.weights(dir)).catch((error: unknown) => {
      throw error instanceof GonogoError ? new Crash('weights', error) : error
    })
    return this.#weights
  }

  /** What the files of a checkpoint say of their tensors, opened without the experiment; no value is read. */
  async headers(dir: string): Promise<HeadersReport> {
    const { engine, signal } = this.polling
    try {
      return await abortable(signal, engine.headers(dir))
    } catch (error) {
      throw error instanceof GonogoError ? new Crash('weights', error) : error
    }
  }

  /** A new empty folder under scratch. */
  async folder(): Promise<string> {
    const dir = join(this.polling.scratch, `checkpoint-${++this.#folders}`)
    await mkdir(dir, { recursive: true })
    return dir
  }

  /** What the shared subject has loaded and read; null where it is not there any more. */
  async dependencies(): Promise<Dependencies | null> {
    const main = this.#loaded ?? (await this.#main?.catch(() => null))
    return main && !main.dead ? main.dependencies() : null
  }

  close(): Promise<void> {
    return this.#subjects.close()
  }

  async #makeRoom(): Promise<void> {
    if (!this.alone) return
    await this.#forgetTheDead()
    this.#madeRoom = this.#main !== null
    await this.#subjects.closeAll()
  }

  /** A subject that died takes what it showed with it: the next one shows it anew. */
  async #forgetTheDead(): Promise<void> {
    const current = await this.#main?.catch(() => null)
    if (!current?.dead) return
    this.#main = null
    this.#hasSlots = false
    if (!this.#madeRoom) {
      this.#reference = null
      this.#evaluations.clear()
    }
    this.#madeRoom = false
  }

  async #mainTrial(): Promise<Trial> {
    await this.#forgetTheDead()
    this.#main ??= (async () => {
      if (this.alone) await this.#subjects.closeAll()
      const trial = await this.#subjects.opened()
      await trial.capture('initial')
      this.#hashing = trial.facts.hashing
      this.#subjects.openAhead()
      return trial
    })()
    return this.#main
  }
}

/** The seed of the subject that K4 loads a checkpoint into. */
export const otherSeed = (seed: number): number => (seed + 1) % 2 ** 32
