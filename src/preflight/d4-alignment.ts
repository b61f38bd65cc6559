// D4: labels belong to their inputs: what is learnt from a few steps on real labels helps on validation, more than what is learnt from
// shuffled ones. Not whether the model can learn at all (O4), nor whether labels are possible (D8).
//
// Two short runs from one state, of the same batches and noise, one with the labels of each batch shuffled. Losses of the same validation
// samples are subtracted, pair by pair: four standard errors of gain, or three of right answers, and the labels are aligned. Where the
// real ones were learnt (their training loss fell by a fifth, and ends four standard errors lower than that of shuffled ones) and validation
// gains nothing, inputs and labels may have come apart: in training, where they can then only be learnt by heart, or in
// validation. A hard task looks the same for longer than a preflight lasts, so this never blocks; with fewer than twenty samples a
// class seen, or nothing learnt yet, nothing is said.
import type { Corruption, Evaluation, StepRecord } from '../contract/index.ts'
import { define, go, number, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { mean, outputsOf, readingsOf, rightAnswers, variance } from './outputs.ts'
import { perSampleValues } from './v2-batch-size-invariance.ts'

const seconds = 3
const [fewest, most] = [24, 120]

export const d4 = define({
  code: 'D4',
  needs: ['corrupt', 'reset', 'perSample', 'sampleIds'],
  after: ['O1', 'D7'],
  costClass: 'warm',
  async run(context) {
    const { task } = context
    if (task.kind === 'custom') return skipped('a custom task has no labels that gonogo knows')
    const { records } = await context.reference()
    const each = mean(records.slice(1).map(({ seconds: one, wait }) => one + wait)) || 0.01
    const steps = Math.round(Math.min(most, seconds / 2 / each))
    if (steps < fewest) return skipped(`a step takes ${number(each)} s: too few of them fit into ${seconds} s`)
    const real = await trained(context, steps, null)
    const shuffled = await trained(context, steps, { kind: 'labelsShuffled', seed: 1 })
    const gain = gainOf(context, real.evaluation, shuffled.evaluation)
    if (!gain) return skipped('the losses of single validation samples are not seen')
    const learnt = standardErrors(differences(tail(shuffled.records), tail(real.records)))
    const seen = new Set(real.records.flatMap(({ samples }) => samples.ids ?? [])).size
    const evidence = {
      steps,
      samples: seen,
      gain: gain.loss,
      gainErrors: gain.lossErrors,
      rightErrors: gain.rightErrors,
      learntErrors: learnt,
      'train loss': mean(tail(real.records)),
      'train loss, shuffled': mean(tail(shuffled.records)),
    }
    const told = `after ${steps} steps the validation loss is ${number(gain.loss)} lower with real labels than with shuffled ones (${number(gain.lossErrors)} standard errors)`
    const expected = 'real labels that help on validation: four standard errors'
    if (gain.lossErrors >= 4 || (gain.rightErrors ?? 0) >= 3)
      return go('what is learnt from real labels helps on validation', { seen: told, expected, evidence })
    const fell = evidence['train loss'] <= 0.8 * (real.records[0]?.loss ?? 0)
    if (!(learnt >= 4) || !fell) return skipped(`${steps} steps are too few to tell real labels from shuffled ones`)
    const classes = task.kind === 'classification' ? task.classes : 10
    if (seen < 20 * classes)
      return skipped(`${seen} samples of ${classes} classes are too few to learn more than by heart`)
    return warn('inputs-and-labels-misaligned', 'what is learnt in training does not help on validation', {
      seen: `${told}; the training loss is ${number(evidence['train loss'])} with real labels, ${number(evidence['train loss, shuffled'])} with shuffled ones`,
      expected,
      where: placeOf(context.facts, 'data', 'datasets', 'setup'),
      evidence,
      alternatives: ['splits-differ'],
      advice:
        'print a few inputs with their labels, of both splits; look for a sort or a shuffle of one without the other',
    })
  },
})

type Run = { readonly records: readonly StepRecord[]; readonly evaluation: Evaluation }

const trained = async (context: Context, steps: number, corrupt: Corruption | null): Promise<Run> => {
  const trial = await context.at('initial')
  const records = await trial.steps({ steps, corrupt, ids: true })
  const evaluation = await trial.evaluate({ perSample: true, sameNoise: true })
  return { records, evaluation }
}

/** The last third of a run. */
const tail = (records: readonly StepRecord[]): number[] =>
  records.slice(-Math.ceil(records.length / 3)).map(({ loss }) => loss)

const differences = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: Math.min(a.length, b.length) }, (_, i) => (a[i] as number) - (b[i] as number))

/** Mean in standard errors of itself. */
export const standardErrors = (values: Float64Array): number => {
  const centre = mean(values)
  const error = Math.sqrt(variance(values) / Math.max(1, values.length - 1))
  return centre === 0 ? 0 : centre / error
}

type Gain = { readonly loss: number; readonly lossErrors: number; readonly rightErrors: number | null }

const gainOf = (context: Context, real: Evaluation, shuffled: Evaluation): Gain | null => {
  const [own, other] = [real, shuffled].map((one) => perSampleValues(context, 'loss', one))
  if (!own || !other || own.length < 20) return null
  const gains = differences(other, own)
  return { loss: mean(gains), lossErrors: standardErrors(gains), rightErrors: rightGain(context, real, shuffled) }
}

const rightGain = ({ task }: Context, real: Evaluation, shuffled: Evaluation): number | null => {
  if (task.kind !== 'classification' || !real.perSample || !shuffled.perSample) return null
  const [own, other] = [outputsOf(real.perSample), outputsOf(shuffled.perSample)]
  const [reading = 'unknown'] = readingsOf(own, task.classes)
  if (reading === 'unknown') return null
  return standardErrors(differences(rightAnswers(own, reading).right, rightAnswers(other, reading).right))
}
