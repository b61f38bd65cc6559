// What does not take part in training though it should: layers that stay zero, and dropout or batch norm in evaluation mode. A part of O1.
// Not parameters without any gradient, nor frozen ones (o1-trainable-set.ts).
//
// A product of two matrices of zeros gives each of them a gradient of exactly zero, for ever: an adapter whose both halves start at zero.
// One of them alone gets a gradient at once. Dropout and batch norm of layers that train, all of them in evaluation mode while a step
// calls them: a model that was loaded that way, or evaluated, and never put back. Weights that no step reaches belong to a layer that
// nobody calls. Each of these can be meant, so they only warn. A step that begins in training mode and leaves the next one of its epoch in
// evaluation mode has evaluated on its way, and never put the model back: nobody means to train one step with dropout, and all others without.
import type { Evidence, Facts, StepRecord, TensorFact } from '../contract/index.ts'
import { list, noGo, type Outcome, placeOf, placeOfTensor, plural, warn } from './check.ts'

type Known = Pick<Facts, 'tensors' | 'optimizers' | 'where'>

export const asleepIn = (records: readonly StepRecord[]): string[] => {
  const names = new Set(records.flatMap(({ parameters }) => Object.keys(parameters ?? {})))
  return [...names].filter((name) =>
    records.every(({ parameters }) => {
      const one = new Map(Object.entries(parameters ?? {})).get(name)
      return one !== undefined && one.gradient === 0 && one.norm === 0 && one.change === 0
    }),
  )
}

export const restingIn = (records: readonly StepRecord[]): string[] => {
  const modes = records.flatMap(({ trace }) => (trace?.modes ? [trace.modes] : []))
  return modes.length > 0 && modes.every(({ training }) => training === 0)
    ? [...new Set(modes.flatMap((one) => one.resting))]
    : []
}

/** What the first step called in training mode alone, and the next one of its epoch in evaluation mode alone. Pure. */
export const lapsedIn = (records: readonly StepRecord[]): string[] => {
  const [first, second] = records.filter(({ trace }) => trace?.modes)
  const [before, after] = [first?.trace?.modes, second?.trace?.modes]
  if (!before || !after || first?.epoch !== second?.epoch) return []
  return before.training > 0 && before.resting.length === 0 && after.training === 0 ? after.resting : []
}

export const spectatorsIn = (records: readonly StepRecord[]): string[] => {
  const [first, ...others] = records.flatMap(({ trace }) => (trace?.modes ? [trace.modes.spectators ?? []] : []))
  return (first ?? []).filter((name) => others.every((one) => one.includes(name)))
}

/** Two at least: one alone is a layer that nothing reaches yet. */
export const asleep = (
  facts: Known,
  owned: readonly TensorFact[],
  names: readonly string[],
  forced: string,
  evidence: Evidence,
): Outcome | null => {
  const found = owned.filter(({ name, shape }) => names.includes(name) && shape.length >= 2)
  if (found.length < 2) return null
  return warn(
    'parameter-does-not-move',
    `${plural(found.length, 'matrix').replace('matrixs', 'matrices')} of zeros never move`,
    {
      seen: `${list(found.map(({ name }) => name))}: zero, and a gradient of exactly zero in ${forced}`,
      expected: 'a gradient: of two factors at most one starts at zero',
      where: placeOfTensor(facts, found[0]?.name),
      evidence: { ...evidence, asleep: found.map(({ name }) => name) },
      alternatives: ['parameter-without-gradient', 'symmetric-units'],
      advice: 'draw one of the factors at random: their product is zero all the same',
    },
  )
}

/** A step that leaves the model in evaluation mode for the next. */
export const lapsed = (facts: Known, names: readonly string[], evidence: Evidence): Outcome | null =>
  names.length === 0
    ? null
    : noGo('not-in-training-mode', 'the first step leaves the model in evaluation mode, and the next trains in it', {
        seen: `${list(names)}: in training mode in the first step, in evaluation mode in the second`,
        expected: 'the same mode in each step of an epoch',
        where: placeOf(facts, 'train_step', 'training_step', 'model', 'setup'),
        evidence: { ...evidence, lapsed: [...names] },
        alternatives: ['evaluation-changes-mode'],
        advice: 'call model.train() after what the step evaluates, or at its beginning',
      })

/** Weights, not biases, that no step reaches. */
export const unreached = (
  facts: Known,
  blind: readonly TensorFact[],
  forced: string,
  evidence: Evidence,
): Outcome | null => {
  const found = blind.filter(({ shape }) => shape.length >= 2)
  if (found.length === 0) return null
  return warn('parameter-without-gradient', `${plural(found.length, 'weight')} never reached by the loss`, {
    seen: `${list(found.map(({ name }) => name))}: no gradient in ${forced}`,
    expected: 'a gradient for each weight that an optimizer holds',
    where: placeOfTensor(facts, found[0]?.name),
    evidence,
    advice:
      'fine for heads, experts and poolers that wait or rest; else its layer is made and never called: call it, or delete it',
  })
}

export const resting = (facts: Known, names: readonly string[], evidence: Evidence): Outcome | null =>
  names.length === 0
    ? null
    : warn('not-in-training-mode', 'training runs in evaluation mode', {
        seen: `${list(names)}: in evaluation mode whenever a step called ${names.length === 1 ? 'it' : 'them'}, and no other is in training mode`,
        expected: 'dropout and batch norm of layers that train in training mode',
        where: placeOf(facts, 'train_step', 'training_step', 'model', 'setup'),
        evidence: { ...evidence, resting: [...names] },
        alternatives: ['evaluation-changes-mode'],
        advice: 'call model.train() before each step, or once after each evaluation',
      })
