// T1: what keeps the best and what stops early look at one metric, in its right direction, and can be met.
// Not what the metric says of predictions (V7), nor the rules themselves: those are tested where they are.
//
// gonogo keeps and stops by one objective, so both agree by construction. What can be wrong is what they are told: an objective that is
// declared the wrong way round by its name; a patience whose min_delta no improvement can reach, so that every run stops; and, in a
// trainer of the project's own, a keeper and a stopper that watch different metrics, or one of them in the wrong direction. A loss that
// is to rise, or an accuracy that is to fall, is a broken declaration; other names only warn, and so does a comparison with the best so
// far that the project's own code makes.
import type { Direction, Facts } from '../contract/index.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, warn } from './check.ts'
import type { Context } from './context.ts'

const sure = new Map<string, Direction>([
  ['loss', 'min'],
  ['mse', 'min'],
  ['mae', 'min'],
  ['rmse', 'min'],
  ['error', 'min'],
  ['error_rate', 'min'],
  ['perplexity', 'min'],
  ['accuracy', 'max'],
  ['acc', 'max'],
])
const likely = new Map<string, Direction>([
  ...(['nll', 'ppl', 'wer', 'cer', 'fid', 'ece', 'brier'] as const).map((name) => [name, 'min'] as const),
  ...(
    ['f1', 'auc', 'auroc', 'precision', 'recall', 'map', 'iou', 'miou', 'dice', 'bleu', 'r2', 'psnr', 'ssim'] as const
  ).map((name) => [name, 'max'] as const),
])

/** A metric's name without its split and its separators. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^(val|valid|validation|eval|test)[_/.-]/, '')
    .replace(/_epoch$/, '')

export const t1 = define({
  code: 'T1',
  needs: ['reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const { objective, run } = context.plan
    const monitors = context.facts.monitors ?? []
    const told = [
      { words: 'objective', metric: objective.name, direction: objective.direction, own: false },
      ...monitors.flatMap(({ role, kind, metric, direction }) =>
        metric === null || direction === null ? [] : [{ words: kind, metric, direction, own: role === 'own' }],
      ),
    ]
    const evidence = {
      objective: objective.name,
      direction: objective.direction,
      monitors: monitors.map(({ kind, metric, direction }) => `${kind}: ${metric} ${direction}`),
    }
    const where = placeOf(context.facts, 'metrics', 'evaluate', 'setup', 'model')
    const apart = differing(monitors)
    const against = contrary(monitors, objective)
    const reversed = told.find(isReversed)
    if (reversed) {
      // what code is called and how it compares is read from its text, and no declaration
      const level = sure.has(plain(reversed.metric)) && !reversed.own ? noGo : warn
      return level(
        'metric-direction-reversed',
        `${reversed.words}: ${reversed.metric} counts as better when it is ${reversed.direction === 'max' ? 'larger' : 'smaller'}`,
        {
          seen: reversed.own
            ? `${reversed.words} is replaced where ${reversed.metric} is ${reversed.direction === 'max' ? 'larger' : 'smaller'}`
            : `${reversed.metric} is declared ${reversed.direction}`,
          expected: `${sense(reversed.metric)}: the best checkpoint would be the worst one, and a run that learns would be stopped`,
          where,
          evidence,
          advice: reversed.own
            ? 'turn the comparison round, and let it begin with the other infinity'
            : `declare ${sense(reversed.metric)} for ${reversed.metric}`,
        },
      )
    }
    if (against)
      return noGo(
        'metric-direction-reversed',
        `${against.kind} takes ${against.metric} for better when it is ${against.direction === 'max' ? 'larger' : 'smaller'}, the objective the other way round`,
        {
          seen: `objective ${objective.name}: ${objective.direction}; ${against.kind}: ${against.metric}, ${against.direction}`,
          expected: 'one direction for one metric: a run that learns would be stopped, or its worst checkpoint kept',
          where,
          evidence,
          alternatives: ['monitors-differ'],
          advice: `mode="${objective.direction}" for ${against.kind}, whose default is another; or declare the other direction`,
        },
      )
    if (apart)
      return warn('monitors-differ', 'what keeps the best and what stops early watch different metrics', {
        seen: apart,
        expected: 'one metric: else a run is stopped for one, and the checkpoint is kept for another',
        where,
        evidence,
        advice: 'give both the same monitor and mode; gonogo itself uses objective: for both',
      })
    const unmet = await neverMet(context, evidence)
    if (unmet) return unmet
    const { patience } = run.stop
    return go(`${objective.name}, ${objective.direction}: one objective keeps and stops`, {
      seen: [
        patience === null
          ? 'no patience declared'
          : `patience of ${patience.evaluations} evaluations, min_delta ${number(patience.min_delta)}`,
        ...(monitors.length > 0 ? [`the project’s own: ${list(evidence.monitors)}`] : []),
      ].join('; '),
      expected: 'the same metric in the same direction wherever one is watched',
      evidence,
    })
  },
})

const sense = (name: string): Direction | undefined => sure.get(plain(name)) ?? likely.get(plain(name))

/** Whether a direction is the contrary of what the metric's name says. */
export const isReversed = ({
  metric,
  direction,
}: {
  readonly metric: string
  readonly direction: Direction
}): boolean => (sense(metric) ?? direction) !== direction

/** A stopper whose metric no keeper watches, in words; null where they agree or one of them is absent. */
export const differing = (monitors: NonNullable<Facts['monitors']>): string | null => {
  const of = (role: 'keeper' | 'stopper') => monitors.filter((one) => one.role === role && one.metric !== null)
  const keepers = of('keeper')
  for (const stopper of of('stopper'))
    if (keepers.length > 0 && !keepers.some(({ metric }) => metric === stopper.metric))
      return `${stopper.kind} watches ${stopper.metric}; ${list(keepers.map(({ kind, metric }) => `${kind} keeps by ${metric}`))}`
  return null
}

/** What watches the objective's own metric in the other direction: two declarations, of which one is broken. */
export const contrary = (
  monitors: NonNullable<Facts['monitors']>,
  objective: { readonly name: string; readonly direction: Direction },
) =>
  monitors.find(
    ({ role, metric, direction }) =>
      role !== 'own' && metric === objective.name && direction !== null && direction !== objective.direction,
  ) ?? null

/** A min_delta that even a perfect score does not improve by: the run ends after its patience, whatever it learns. */
const neverMet = async (context: Context, evidence: Outcome['evidence']): Promise<Outcome | null> => {
  const { objective, run } = context.plan
  const { patience, mode } = run.stop
  if (patience === null || patience.min_delta === 0 || mode === 'off') return null
  const { metrics } = await context.evaluation('initial')
  const name = objective.name.replace(/^val_/, '')
  const start = new Map(Object.entries(metrics)).get(name)
  // only what has a known end: a share, an error that cannot be negative
  const share = start !== undefined && start >= 0 && start <= 1 && sense(name) === 'max'
  const end = share ? 1 : sense(name) === 'min' && context.task.kind !== 'custom' && (start ?? -1) > 0 ? 0 : null
  if (start === undefined || end === null || Math.abs(end - start) > patience.min_delta) return null
  return (mode === 'stop' ? noGo : warn)('patience-cannot-be-met', 'no improvement can ever be as large as min_delta', {
    seen: `${name} ${number(start)} before training, ${end} at best: ${number(Math.abs(end - start))} to gain, min_delta ${number(patience.min_delta)}`,
    expected: 'a min_delta that a run can improve by: this one stops after its patience, whatever it learns',
    where: context.plan.origins['stop.patience.min_delta'] ?? context.plan.origins['stop.patience'] ?? null,
    evidence: { ...evidence, start, end, minDelta: patience.min_delta, patience: patience.evaluations },
    advice: `a smaller min_delta, ${number(Math.abs(end - start) / 1000)} for one`,
  })
}
