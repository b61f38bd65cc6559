// The checks that an experiment declares itself, called with what the opened experiment can be asked.
// They run here because they are the project's code; nothing of theirs is imported by the process that judges.
import {
  type DataProbe,
  type EvalProbe,
  GonogoError,
  type OrderProbe,
  type OwnCheckFact,
  type OwnCheckProbe,
  type OwnOutcome,
  orderProbe,
  ownCheckFact,
  type PerturbProbe,
  perturbProbe,
  type ScheduleProbe,
  type StepRecord,
  type SurveyProbe,
  scheduleProbe,
  surveyProbe,
  type TrainProbe,
} from '../../contract/index.ts'
import type { Experiment } from '../../experiment/experiment.ts'
import type { CheckSubject, OwnCheck } from '../../experiment/own-check.ts'
import type { Loaded } from './loader.ts'
import type { Project } from './project.ts'
import type { EmbeddedSubject } from './subject.ts'

/** What is declared of each. Throws OWN_CHECK_DECLARED where a declaration is none. */
export const ownChecksOf = ({ checks = {} }: Experiment, loaded: Pick<Loaded, 'lineOf'>): OwnCheckFact[] =>
  Object.entries(checks).map(([name, check]) => {
    const where = loaded.lineOf(new RegExp(`^\\s*['"]?${name.replaceAll(/[^\w-]/g, '.')}['"]?\\s*:`))
    const refuse = (seen: string, expected: string): never => {
      throw new GonogoError('OWN_CHECK_DECLARED', `the check ${name} is not declared as one`, {
        where: where ?? undefined,
        seen,
        expected,
      })
    }
    if (typeof check?.run !== 'function') return refuse('no run', 'run: (subject, { config, data, model }) => go(…)')
    const parsed = ownCheckFact.safeParse({ ...check, code: `own/${name}`, where })
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    return issue?.path[0] === 'code'
      ? refuse(name, 'a name of small letters, digits and dashes: classes-balanced')
      : refuse(`${issue?.path.join('.')}: ${issue?.message}`, 'at, needs, after and run')
  })

/** Runs one of them. What it changes in the experiment is the caller's to put back. */
export const ownCheck = async (
  subject: EmbeddedSubject,
  project: Project,
  { code }: OwnCheckProbe,
  cancelled: () => boolean,
): Promise<OwnOutcome> => {
  const checks = new Map(Object.entries(project.experiment.checks ?? {}))
  const check = checks.get(code.slice('own/'.length)) as OwnCheck | undefined
  if (check === undefined)
    throw new GonogoError('OWN_CHECK_UNKNOWN', 'the experiment has no such check', {
      seen: code,
      expected: [...checks.keys()].map((name) => `own/${name}`).join(', ') || 'checks: { … } in the experiment',
    })
  return check.run(asked(subject, cancelled), project.parts as never)
}

/** Defaults are filled in here, as the protocol fills them in for every other caller. */
const asked = (subject: EmbeddedSubject, cancelled: () => boolean): CheckSubject => ({
  facts: subject.facts,
  train: async (probe: TrainProbe) => {
    const records: StepRecord[] = []
    await subject.train(probe, (group) => records.push(...group), cancelled)
    return records
  },
  evaluate: async (probe: EvalProbe = {}) => subject.evaluate(probe, cancelled),
  data: async (probe: DataProbe = {}) => subject.data(probe),
  survey: async (probe: SurveyProbe = {}) => subject.survey(surveyProbe.parse(probe)),
  order: async (probe: OrderProbe = {}) => subject.order(orderProbe.parse(probe)),
  schedule: async (probe: ScheduleProbe = {}) => subject.schedule(scheduleProbe.parse(probe)),
  perturb: async (probe: PerturbProbe = {}) => subject.perturb(perturbProbe.parse(probe)),
})
