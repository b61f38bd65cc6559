// D4: labels belong to their inputs. Not whether the model can learn at all (O4), nor whether labels are possible (D8).
//
// First without the model: a linear guess of the label from a sketch of the input (follows.ts), fitted on half of the training samples,
// tried on the other half and on validation. Where it does better than chance allows (six deviations), labels follow inputs, and that is
// all there is to ask. Where it does so within one split and not across, or once labels are moved by one sample, or where names were
// sorted in one list and not in the other, that is told.
//
// Where it sees nothing the model itself is asked (byHeart.ts): some samples are learnt by heart, and validation is tried. Learnt, and of
// no use to anybody else: that is what inputs and labels look like that have come apart. A task that needs more samples looks the same, so
// this never blocks. Before all that placement.ts looks where masks and boxes go when their picture is turned.
import type { Picture, SampleDigest } from '../contract/index.ts'
import { type Alignment, alignmentOf, askedOf } from './aligned.ts'
import { byHeart } from './byHeart.ts'
import { define, go, list, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { samplesOf } from './data.ts'
import { inputsPicture } from './pictures.ts'
import { placement, turnsAlong } from './placement.ts'

export const d4 = define({
  code: 'D4',
  needs: ['survey', 'reset'],
  after: ['O1', 'D7'],
  heeds: ['O4'],
  costClass: 'warm',
  async run(context) {
    const placed = await placement(context)
    if (placed) return placed
    const turned = await turnsAlong(context)
    if (context.task.kind === 'custom' && turned) return turned
    const validation = await samplesOf(context, 'val')
    const training = (await samplesOf(context, 'train')).toSorted((a, b) => a.id - b.id)
    if (context.task.kind === 'custom') return byColumns(context, training, validation)
    const classes = context.task.kind === 'classification' ? context.task.classes : 0
    const aligned = alignmentOf(training, validation, classes, areWhole(training))
    const asked = (aligned && judged(context, aligned)) ?? (await byModel(context, classes, aligned))
    const found = asked.status === 'SKIPPED' ? (turned ?? asked) : asked
    const inputs = await inputsOf(context)
    return inputs ? { ...found, pictures: [inputs] } : found
  },
})

/** A custom task: each number that its loss asks for by itself, where the graph tells which they are. */
const byColumns = (
  context: Context,
  training: readonly SampleDigest[],
  validation: readonly SampleDigest[],
): Outcome => {
  const columns = askedOf(training, validation)
  if (columns.length === 0) return skipped('a custom task has no labels that gonogo knows')
  const aligned = columns.flatMap(([inside, outside]) => alignmentOf(inside, outside, 0, areWhole(training)) ?? [])
  const [best] = aligned.toSorted((a, b) => b.within - a.within)
  if (!best) return skipped('too few samples, or none that a linear guess can be made from')
  // several targets, of which some follow as they stand: their rows are the right ones
  const moved = best.within < 3 ? aligned.find((one) => one.moved !== null) : undefined
  return judged(context, moved ?? best) ?? skipped('no linear guess of what the loss asks for succeeds')
}

/** A few training inputs with their labels, where the run file asks to see them and they are pictures. */
const inputsOf = async (context: Context): Promise<Picture | null> => {
  const limit = context.plan.run.preflight.inputs
  if (limit === 0) return null
  const trial = await context.at('initial')
  return inputsPicture(await trial.data({ split: 'train', spread: true, thumbnails: true, limit, seconds: 2 }))
}

/** Every sample there is was looked at: samples spread over more would leave gaps. */
const areWhole = (inOrder: readonly SampleDigest[]): boolean => inOrder.every(({ id }, i) => id === i)

const sure = 6

const evidenceOf = ({ within, across, validation, samples }: Alignment) => ({
  samples,
  'deviations in training': within,
  'deviations from training to validation': across,
  'deviations in validation': validation,
})

const judged = (context: Context, aligned: Alignment): Outcome | null => {
  const { within, across, validation, power, moved, samples } = aligned
  const evidence = evidenceOf(aligned)
  const expected = `labels that follow inputs by more than chance allows: ${sure} deviations`
  if (within >= sure && across >= 4)
    return go('labels follow inputs, in training and validation', {
      seen: `a linear guess from ${plural(samples, 'sample')} does ${number(across)} deviations better than chance on validation`,
      expected,
      evidence,
    })
  const fault = {
    expected,
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence,
    alternatives: ['splits-differ'] as const,
    advice:
      'print a few inputs with their labels, of both splits; look for a sort or a shuffle of one without the other',
  }
  if (within < 3 && moved)
    return warn('inputs-and-labels-misaligned', `labels fit the inputs ${moved.words}`, {
      ...fault,
      alternatives: [],
      seen: `a linear guess does ${number(moved.deviations)} deviations better than chance once labels are moved so, and ${number(within)} as they are`,
      evidence: { ...evidence, moved: moved.words, 'deviations moved': moved.deviations },
    })
  if (within >= sure && power >= 8 && across < 2)
    return warn('inputs-and-labels-misaligned', 'labels follow inputs in training and not in validation', {
      ...fault,
      seen: `a linear guess does ${number(within)} deviations better than chance on held-out training samples, ${number(across)} on validation, where ${number(power)} were to be expected`,
    })
  if (within < 2 && validation >= sure)
    return warn('inputs-and-labels-misaligned', 'labels follow inputs in validation and not in training', {
      ...fault,
      seen: `a linear guess does ${number(validation)} deviations better than chance within validation, ${number(within)} within training`,
    })
  return null
}

const byModel = async (context: Context, classes: number, aligned: Alignment | null): Promise<Outcome> => {
  const lacking = (['batchByIds', 'perSample', 'regularisationOff'] as const).filter((one) => !context.can(one))
  if (lacking.length > 0) return skipped(`no linear guess succeeds, and the model cannot be asked: ${list(lacking)}`)
  const found = await byHeart(context, classes)
  if ('no' in found) return skipped(found.no)
  const { samples, steps, from, to, deviations, validation } = found
  const evidence = { ...(aligned ? evidenceOf(aligned) : {}), learnt: samples, steps, from, to, deviations, validation }
  const seen = `${plural(samples, 'sample')} learnt by heart in ${steps} steps (loss ${number(from)} → ${number(to)}) help on ${validation} of validation by ${number(deviations)} deviations of chance`
  const expected = 'four deviations or more'
  if (deviations >= 4) return go('what is learnt from real labels helps on validation', { seen, expected, evidence })
  if (deviations >= 2 || (aligned?.within ?? 0) >= 3)
    return skipped(`${plural(samples, 'sample')} are too few to tell whether labels follow inputs`)
  return warn('inputs-and-labels-misaligned', 'what is learnt in training does not help on validation', {
    seen,
    expected,
    where: placeOf(context.facts, 'data', 'datasets', 'setup'),
    evidence,
    alternatives: ['splits-differ'],
    advice:
      'print a few inputs with their labels, of both splits; look for a sort or a shuffle of one without the other',
  })
}
