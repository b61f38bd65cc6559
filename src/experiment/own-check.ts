// A check that a project declares itself: what it may ask of the opened experiment, and how it words its answer.
// When it runs, and what its answer means for the run, is the poll's, as for every check of ours.
import type {
  Ability,
  Cause,
  CheckCode,
  DataProbe,
  EpochOrder,
  EvalProbe,
  Evaluation,
  Evidence,
  Facts,
  OrderProbe,
  OwnOutcome,
  Perturbation,
  PerturbProbe,
  SampleDigest,
  ScheduleProbe,
  ScheduleReport,
  StepRecord,
  Survey,
  SurveyProbe,
  TrainProbe,
} from '../contract/index.ts'

/** The opened experiment. Whatever a check does to it is undone afterwards: weights, optimizer, generators, place in the data. */
export type CheckSubject = {
  readonly facts: Facts
  train(probe: TrainProbe): Promise<readonly StepRecord[]>
  evaluate(probe?: EvalProbe): Promise<Evaluation>
  data(probe?: DataProbe): Promise<readonly SampleDigest[]>
  survey(probe?: SurveyProbe): Promise<Survey>
  order(probe?: OrderProbe): Promise<readonly EpochOrder[]>
  schedule(probe?: ScheduleProbe): Promise<ScheduleReport>
  perturb(probe?: PerturbProbe): Promise<Perturbation>
}

/** The experiment's own parts, as its functions made them. */
export type CheckParts<Config = Readonly<Record<string, unknown>>, Data = unknown, Model = unknown> = {
  readonly config: Config
  readonly data: Data
  readonly model: Model
}

export type OwnCheck<Config = never, Data = never, Model = never> = {
  /** Where the experiment stands when it is called: before the first step (the default), or after a few. */
  readonly at?: 'initial' | 'trained'
  /** What the engine must be able to show; without it the check is SKIPPED with the engine's reason. */
  readonly needs?: readonly Ability[]
  /** Checks of gonogo that must not be NO-GO, for this one to mean anything. */
  readonly after?: readonly CheckCode[]
  readonly run: (subject: CheckSubject, parts: CheckParts<Config, Data, Model>) => OwnOutcome | Promise<OwnOutcome>
}

type Said = {
  /** What was seen: a sentence with numbers, or the numbers by name. */
  readonly seen: string | Evidence
  readonly expected: string
  /** Numbers for machines, beside those in `seen`. */
  readonly numbers?: Evidence
}

type Blamed = Said & {
  /** `file:line` to look at; by default the check itself. */
  readonly where?: string
  /** One edit or command. */
  readonly advice?: string
  /** A root cause that gonogo knows, so that its findings and this one fold into one. */
  readonly cause?: Cause
}

const words = (seen: string | Evidence): string =>
  typeof seen === 'string'
    ? seen
    : Object.entries(seen)
        .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
        .join('; ')

const answer =
  (status: OwnOutcome['status']) =>
  (title: string, said: Blamed): OwnOutcome => ({
    status,
    title,
    seen: words(said.seen),
    expected: said.expected,
    evidence: { ...(typeof said.seen === 'string' ? {} : said.seen), ...said.numbers },
    where: said.where ?? null,
    advice: said.advice ?? null,
    cause: said.cause ?? null,
  })

/** The relation holds. `title` says what holds, in one line. */
export const go: (title: string, said: Said) => OwnOutcome = answer('GO')
/** It deviates from an ideal: shown, and the run goes on. */
export const warn: (title: string, said: Blamed) => OwnOutcome = answer('WARN')
/** A bug's positive signature: the run does not begin. */
export const noGo: (title: string, said: Blamed) => OwnOutcome = answer('NO-GO')
/** It cannot be asked here, and why. */
export const skipped = (reason: string): OwnOutcome => ({
  status: 'SKIPPED',
  title: reason,
  seen: null,
  expected: null,
  evidence: {},
  where: null,
  advice: null,
  cause: null,
})
