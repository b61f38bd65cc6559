// K7: a checkpoint that is loaded and evaluated again has the score it was kept for, and that score is one that exists.
// Not whether training goes on from it (K1), nor which checkpoints are kept.
//
// The best checkpoint is what a run is for. The one saved right after an evaluation is loaded over the first weights, and evaluated:
// same samples, same score. Where it has another, what was scored is not what was saved: averaged weights, statistics that no file
// holds. The metric that decides must be among those that the evaluation reports: else no checkpoint ever is the best.
import type { Evaluation } from '../contract/index.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { evaluationLimit } from './reference.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import { type Apart, metricsApart } from './v2-batch-size-invariance.ts'

/** V1's causes: no score of a random evaluation comes again. */
const noise: ReadonlySet<string> = new Set(['random-evaluation', 'no-eval-mode', 'augmentation-on-validation'])

export const k7 = define({
  code: 'K7',
  needs: ['persist', 'reset'],
  guarantee: 'checkpointCoversState',
  after: [],
  heeds: ['V1'],
  costClass: 'warm',
  async run(context) {
    const reference = await context.reference()
    if (reference.evaluationCrash) throw reference.evaluationCrash
    const evaluation = reference.evaluation ?? (await context.evaluation('trained'))
    const missing = objectiveMissing(context, evaluation)
    if (missing) return missing
    if (noise.has(context.outcomes.get('V1')?.cause ?? ''))
      return skipped('evaluation is random (V1): no score comes again')
    const save = reference.saves.find(({ kind }) => kind === 'after-evaluation')
    if (!save || reference.evaluation === null) {
      if (reference.saveCrash) throw reference.saveCrash
      return skipped('the run is too short to be evaluated and saved on the way')
    }
    const trial = await context.at('initial')
    await trial.load(save.dir)
    const again = await trial.evaluate({ limit: evaluationLimit })
    const tolerance = roundingOf(arithmeticOf(context.facts, reference.evaluation)).metric
    const [worst] = metricsApart(reference.evaluation, again, tolerance)
    const evidence = {
      step: save.step,
      samples: again.samples,
      ...Object.fromEntries(Object.entries(reference.evaluation.metrics).map(([name, one]) => [`${name} kept`, one])),
      ...Object.fromEntries(Object.entries(again.metrics).map(([name, one]) => [`${name} again`, one])),
    }
    const objective = nameOf(context)
    const value = scoreOf(again, objective)
    if (!worst && reference.aliases.length > 0) return notKept(context, reference.aliases, evidence)
    if (!worst)
      return go(`loaded again: ${objective} ${number(value ?? Number.NaN)}, as it was kept`, {
        seen: `${list(Object.keys(again.metrics))} of ${again.samples} samples: equal within ${tolerance}`,
        expected: 'the score that the checkpoint was kept for',
        evidence,
      })
    if (!(await repeats(context, reference.evaluation, tolerance)))
      return skipped('the evaluation does not repeat from one state: V1 judges that')
    return another(context, worst, evidence)
  },
})

/** A reference to the live weights that is meant for what they were: it may be written at once, and then does no harm. */
const notKept = (context: Context, aliases: readonly string[], evidence: Outcome['evidence']): Outcome =>
  warn('snapshot-aliases-live-state', `${list(aliases)} holds the live weights, not what they were`, {
    seen: `the tensors of ${list(aliases)} lie where the weights that train lie: each step changes both`,
    expected: 'a copy: what is kept as the best, or as an average, must not follow the next step',
    where: placeOf(context.facts, 'evaluate', 'setup', 'save', 'train_step'),
    evidence: { ...evidence, aliases: [...aliases] },
    alternatives: ['average-follows-at-once', 'best-is-latest'],
    advice: 'copy.deepcopy(model.state_dict()), or .clone() of each tensor: state_dict() and detach() copy nothing',
  })

const nameOf = ({ plan }: Context): string => plan.objective.name.replace(/^val_/, '')

const scoreOf = ({ metrics }: Evaluation, name: string): number | undefined =>
  new Map(Object.entries(metrics)).get(name)

const objectiveMissing = (context: Context, evaluation: Evaluation): Outcome | null => {
  const name = nameOf(context)
  if (context.plan.objective.name.startsWith('test_') || scoreOf(evaluation, name) !== undefined) return null
  const reported = Object.keys(evaluation.metrics)
  // what a task decides by where nobody says anything is no promise of the program's; a loss that is reported will do
  const { task, plan, facts } = context
  const isDefault = plan.run.objective === null && name === 'accuracy' && task.kind === 'classification'
  const mayBeMeant = isDefault && facts.owns.evaluation === 'manual' && reported.includes('loss')
  return (mayBeMeant ? warn : noGo)(
    'objective-not-reported',
    `the evaluation reports no ${context.plan.objective.name}`,
    {
      seen: `reported: ${reported.length > 0 ? list(reported.map((one) => `val_${one}`)) : 'nothing'}`,
      expected: `${context.plan.objective.name}: it decides which checkpoint is the best, and when to stop`,
      where: placeOf(context.facts, 'evaluate', 'metrics', 'setup'),
      evidence: { objective: context.plan.objective.name, reported },
      advice: `report ${context.plan.objective.name}, or set objective: to a metric that is reported`,
    },
  )
}

/** The straight run's own evaluation, twice from where it stood: only then does a difference come from the checkpoint. */
const repeats = async (context: Context, before: Evaluation, tolerance: number): Promise<boolean> => {
  const trial = await context.at('before-evaluation')
  const again = await trial.evaluate({ limit: evaluationLimit })
  const onwards = await trial.evaluate({ limit: evaluationLimit })
  return [again, onwards].every((one) => metricsApart(before, one, tolerance).length === 0)
}

const another = (context: Context, { name, a, b }: Apart, evidence: Outcome['evidence']): Outcome =>
  noGo('best-not-reproduced', 'a checkpoint that is loaded again has another score than it was kept for', {
    seen: `${name} ${number(a)} when it was saved, ${number(b)} after the load`,
    expected: 'the same score: what is evaluated must be what is saved',
    where: placeOf(context.facts, 'save', 'load', 'evaluate', 'setup'),
    evidence,
    alternatives: ['weights-not-restored', 'buffers-not-restored', 'ema-not-restored'],
    advice: 'save what evaluate() scores: averaged weights where those are scored, and buffers with the parameters',
  })
