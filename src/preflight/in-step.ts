// What two steps show of their inside: a constant in the loss, gradients of two places in one update, an average that follows at once. A part of O1.
// Not what takes no part in training (asleep.ts).
//
// A number that hangs on the model and has no gradient is added to the loss: for the record, perhaps. An optimizer uses the sum of two gradients
// between which another optimizer has moved: the generator's, say, of the discriminator's loss and of its own. A copy that no gradient moves is
// within a twentieth of a step of the network that it follows, step after step, without being equal: an average over many steps is many
// steps behind, so its decay stands on the wrong side. Each can be meant, so each only warns.
import type { Evidence, Facts, StepRecord, Trace } from '../contract/index.ts'
import { list, noGo, number, type Outcome, placeOf, plural, warn } from './check.ts'

type Known = Pick<Facts, 'where'>

/** How near, in lengths of the network's last step, is no average; and what rounding leaves of a plain copy. */
const [near, copied] = [0.05, 1e-6]

const tracesOf = (records: readonly StepRecord[]): readonly Trace[] =>
  records.flatMap(({ trace }) => (trace ? [trace] : []))

/** Lines at which every traced step adds a constant to its loss. */
export const constantsIn = (
  records: readonly StepRecord[],
  of: 'constants' | 'derivatives' = 'constants',
): string[] => {
  const seen = tracesOf(records).flatMap(({ [of]: places }) => (places ? [places] : []))
  return seen.length > 0 && seen.every((one) => one.length > 0) ? [...new Set(seen.flat())] : []
}

/** Optimizers each of whose traced updates used such a sum. */
export const mixedIn = (records: readonly StepRecord[]): string[] => {
  const seen = tracesOf(records).flatMap(({ mixed }) => (mixed ? [new Map(Object.entries(mixed))] : []))
  const [first] = seen
  return seen.length > 1 && first
    ? [...first.keys()].filter((name) => seen.every((one) => (one.get(name) ?? 0) > 0))
    : []
}

/** Copies that are near in every traced step, and the farthest that each of them was. */
export const followersIn = (records: readonly StepRecord[]): (readonly [string, number])[] => {
  const seen = tracesOf(records).flatMap(({ behind }) => (behind ? [new Map(Object.entries(behind))] : []))
  const [first] = seen
  if (seen.length < 2 || !first) return []
  const ways = [...first.keys()].map((name) => [name, seen.map((one) => one.get(name) ?? Number.NaN)] as const)
  return ways
    .filter(([, all]) => all.every((one) => one > copied && one < near))
    .map(([name, all]) => [name, Math.max(...all)])
}

const constant = (facts: Known, places: readonly string[], evidence: Evidence): Outcome | null =>
  places.length === 0
    ? null
    : warn('loss-term-without-gradient', 'a term of the loss is a constant: no parameter is behind it', {
        seen: `in every step a number that hangs on the model, and has no gradient, is added to the loss${places[0] ? ` at ${list(places)}` : ''}`,
        expected: 'every term of the loss reaches a parameter that trains',
        where: places[0] || placeOf(facts, 'train_step', 'training_step', 'loss', 'model', 'setup'),
        evidence: { ...evidence, constants: [...places] },
        alternatives: ['parameter-without-gradient'],
        advice: 'make the term outside no_grad and without detach() or argmax; or leave it out of the sum',
      })

const derivative = (facts: Known, places: readonly string[], evidence: Evidence): Outcome | null =>
  places.length === 0
    ? null
    : noGo('loss-term-without-gradient', 'a derivative in the loss has no graph: no parameter is behind it', {
        seen: `in every step a term made of a derivative, which was taken without create_graph, is added to the loss${places[0] ? ` at ${list(places)}` : ''}: a constant`,
        expected: 'every term of the loss reaches a parameter that trains',
        where: places[0] || placeOf(facts, 'train_step', 'training_step', 'loss', 'model', 'setup'),
        evidence: { ...evidence, derivatives: [...places] },
        advice: 'torch.autograd.grad(…, create_graph=True); or leave the term out of the sum',
      })

const mixed = (facts: Known, names: readonly string[], evidence: Evidence): Outcome | null =>
  names.length === 0
    ? null
    : warn('gradients-not-zeroed', `${list(names)} uses gradients from before and after another optimizer’s update`, {
        seen: `in every step gradients that ${list(names)} uses are sums of two: between them another optimizer has moved`,
        expected: 'one update, from gradients of one place',
        where: placeOf(facts, 'train_step', 'training_step', 'setup'),
        evidence: { ...evidence, mixed: [...names] },
        alternatives: ['loss-sign-flipped'],
        advice:
          'clear the gradients right before the backward pass that belongs to the update, and detach what the other loss should not reach',
      })

const follower = (facts: Known, found: readonly (readonly [string, number])[], evidence: Evidence): Outcome | null => {
  const [first] = found
  if (!first) return null
  return warn('average-follows-at-once', 'an average of the weights is no average: it follows them at once', {
    seen: `after each of ${plural(2, 'step')} ${list(found.map(([name]) => name))} is within ${number(first[1])} of that step’s length of the weights`,
    expected: 'an average of many steps, many steps behind; or a plain copy',
    where: placeOf(facts, 'train_step', 'training_step', 'setup'),
    evidence: { ...evidence, followers: found.map(([name]) => name), behind: found.map(([, way]) => way) },
    advice: 'average.lerp_(weights, 1 - decay): the decay multiplies the average, what is left of 1 the weights',
  })
}

/** The first that is there. */
export const inStep = (facts: Known, records: readonly StepRecord[], evidence: Evidence): Outcome | null =>
  derivative(facts, constantsIn(records, 'derivatives'), evidence) ??
  constant(facts, constantsIn(records), evidence) ??
  mixed(facts, mixedIn(records), evidence) ??
  follower(facts, followersIn(records), evidence)
