// The Engine interface: all that a policy knows of what runs the arithmetic. No engine is named here.
import type {
  DataProbe,
  Dependencies,
  Description,
  DeterminismProbe,
  DeterminismReport,
  EpochOrder,
  EvalProbe,
  Evaluation,
  Facts,
  HeadersReport,
  OpenRequest,
  OrderProbe,
  OwnCheckProbe,
  OwnOutcome,
  PersistProbe,
  PersistReport,
  Perturbation,
  PerturbProbe,
  SampleDigest,
  ScheduleProbe,
  ScheduleReport,
  StateProbe,
  StateReport,
  StepRecord,
  Survey,
  SurveyProbe,
  TrainProbe,
  WeightsReport,
} from '../contract/index.ts'

export interface Engine extends AsyncDisposable {
  /** Shown to people and recorded; nothing branches on it. */
  readonly name: string
  /** How many subjects may be open at once: one where the device, or the process, cannot be shared. */
  readonly concurrency: 'one' | 'many'
  /**
   * Schema, task and metrics of an experiment, without its data or model. The process is thrown away; with `next`, the
   * request that will follow, it may wait for it, so that what is slow to import is imported once.
   */
  describe(
    at: { experiment: string; config: Record<string, unknown> },
    next?: OpenRequest,
    process?: Process,
  ): Promise<Description>
  /**
   * Opens the experiment in a FRESH process, or, where facts say that there is none, anew in the same one.
   * With a concurrency of one, the subject before must have been disposed of.
   */
  open(request: OpenRequest, process?: Process): Promise<Subject>
  /** Opens the weights of a checkpoint folder on CPU, in a process that never loads the experiment. */
  weights(dir: string): Promise<WeightsReport>
  /** What their files say of them, without reading any value; in such a process, too. */
  headers(dir: string): Promise<HeadersReport>
  /** Nothing quick will be asked for any more: what was kept ready for it may go. */
  settle(): void
}

/**
 * own: a process that was started for this subject alone, as a training run is. quick: one that has done nothing else either, but may
 * share with other quick ones what was imported before it (packages, never the experiment) and the seed of their hashes. alone: own,
 * and nothing quick will be asked for: nothing need be kept ready for it.
 */
export type Process = 'own' | 'quick' | 'alone'

export interface Subject extends AsyncDisposable {
  readonly facts: Facts
  /** Trains from where it stands; records come in groups. Returning early from the iterator ends after the current step. */
  train(probe: TrainProbe): AsyncIterable<readonly StepRecord[]>
  /** Aborted: ends between two batches, with the generators where they were, and throws CANCELLED. */
  evaluate(probe?: EvalProbe, signal?: AbortSignal): Promise<Evaluation>
  data(probe?: DataProbe): Promise<readonly SampleDigest[]>
  /** How far one input reaches into the outputs. */
  perturb(probe?: PerturbProbe): Promise<Perturbation>
  /** The learning rate of the whole run, without training. */
  schedule(probe?: ScheduleProbe): Promise<ScheduleReport>
  /** The samples of the first epochs, without decoding any. */
  order(probe?: OrderProbe): Promise<readonly EpochOrder[]>
  /** Statistics of a split. */
  survey(probe?: SurveyProbe): Promise<Survey>
  /** A check that the project declares itself. What it changes is the caller's to put back. */
  own(probe: OwnCheckProbe): Promise<OwnOutcome>
  /** What it has loaded and read by now. */
  dependencies(): Promise<Dependencies>
  /** OURS: digest, capture, restore, scramble. */
  state(probe: StateProbe): Promise<StateReport>
  /** What does not repeat bitwise; the state is as before afterwards. */
  determinism(probe?: DeterminismProbe): Promise<DeterminismReport>
  /** THE SUBJECT'S OWN save and load: what is on trial. */
  persist(probe: PersistProbe): Promise<PersistReport>
}
