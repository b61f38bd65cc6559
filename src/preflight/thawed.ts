// Parameters that begin to train after the first epoch: the optimizer must hold them by then. A part of O1.
// Not those that train from the start (O1 itself), nor those that are declared frozen.
//
// Who freezes a part for the first epoch makes the optimizer from what trains then. Thawed later, the part gets gradients that nobody uses.
// So an epoch is gone through, where some tensors do not train and are in no optimizer, and the next steps are looked at: a gradient, and no
// move. A group that is added to the optimizer as the part is thawed moves it.
import type { Facts, StepRecord } from '../contract/index.ts'
import { list, noGo, number, type Outcome, placeOfTensor, plural } from './check.ts'
import type { Context } from './context.ts'
import { orNull } from './cycle.ts'
import { gradientRounding } from './rounding.ts'
import type { Trial } from './trial.ts'

/** Steps of an epoch that are gone through at most. */
const longest = 100
const looked = 3

export const thawedLater = async (context: Context, trial: Trial, rate: number): Promise<Outcome | null> => {
  const { facts } = context
  const epoch = trial.facts.stepsPerEpoch
  const resting = restingIn(facts)
  if (resting.length === 0 || facts.optimizers.length === 0 || context.plan.run.world > 1) return null
  if (epoch < 1 || epoch > longest || 2 * epoch > trial.facts.steps) return null
  await trial.restore('initial')
  await orNull(trial.steps({ steps: epoch }))
  const records = (await orNull(trial.steps({ steps: looked, learningRate: rate, observe: true }))) ?? []
  const unused = unusedOf(resting, records)
  if (unused.length === 0) return null
  return noGo(
    'parameter-not-in-optimizer',
    `${plural(unused.length, 'parameter')} that train from the second epoch on are in no optimizer`,
    {
      seen: `${list(unused.map(({ name }) => name))}: frozen at first, then a gradient up to ${number(Math.max(...unused.map(({ gradient }) => gradient)))}, change 0 in ${plural(looked, 'step')} at learning rate ${number(rate)}`,
      expected: 'what is thawed is in an optimizer by then',
      where: placeOfTensor(facts, unused[0]?.name),
      evidence: { thawed: unused.map(({ name }) => name), gradients: unused.map(({ gradient }) => gradient) },
      alternatives: ['parameter-does-not-move'],
      advice: 'build the optimizer from all parameters, or optimizer.add_param_group() as they are thawed',
    },
  )
}

const restingIn = ({ tensors }: Pick<Facts, 'tensors'>): readonly string[] =>
  tensors
    .filter(
      ({ kind, tiedTo, trainable, frozen, optimizers }) =>
        kind === 'parameter' && tiedTo === null && !trainable && !frozen && optimizers.length === 0,
    )
    .map(({ name }) => name)

/** A gradient, and no move, while others are moved. Pure. */
export const unusedOf = (
  resting: readonly string[],
  records: readonly StepRecord[],
): readonly { readonly name: string; readonly gradient: number }[] => {
  if (!records.some(({ updates }) => updates.some(({ outcome }) => outcome === 'applied'))) return []
  const all = records.flatMap(({ parameters }) => Object.entries(parameters ?? {}))
  const whole = Math.hypot(...all.map(([, { gradient }]) => gradient ?? 0))
  return resting.flatMap((name) => {
    const seen = all.filter(([other]) => other === name).map(([, one]) => one)
    const gradient = Math.max(0, ...seen.map((one) => one.gradient ?? 0))
    return gradient > gradientRounding * whole && seen.every(({ change }) => change === 0) ? [{ name, gradient }] : []
  })
}
