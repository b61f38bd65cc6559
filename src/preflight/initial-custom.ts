// The first loss of a custom task against what the experiment itself declares for each term.
// Nothing is assumed about a term without a declaration.
import type { Evidence, Task } from '../contract/index.ts'
import { go, noGo, number, type Outcome, skipped, warn } from './check.ts'
import { type Initial, lossPlace } from './initial.ts'

type Custom = Extract<Task, { kind: 'custom' }>

/** How many numbers the fields of one sample hold. */
const placesOf = ({ facts }: Initial['context']): number[] =>
  (facts.data.find(({ split }) => split === 'train')?.fields ?? []).map(({ shape }) => shape.reduce((a, b) => a * b, 1))

/** `kept`: where the loss is a mean over all places of a masked one, the share of places that the mask leaves. */
export const customLevel = ({ context, first }: Initial, task: Custom, kept: number | null = null): Outcome => {
  const declared = Object.entries(task.expect.initial)
  if (declared.length === 0) return skipped('a custom task that declares no initial loss has no chance level')
  const terms = new Map([...Object.entries(first.terms), ['loss', first.loss] as const])
  const scale = Math.max(...declared.map(([, value]) => Math.abs(value)))
  const worst = declared
    .map(([name, expected]) => {
      const seen = terms.get(name)
      // a term declared as 0 is judged on the scale of the largest one
      const distance =
        seen === undefined ? null : Math.abs(seen - expected) / Math.max(Math.abs(expected), 0.2 * scale, 0.01)
      return { name, expected, seen, distance }
    })
    .sort((a, b) => (b.distance ?? Number.POSITIVE_INFINITY) - (a.distance ?? Number.POSITIVE_INFINITY))[0]
  if (!worst) return skipped('a custom task that declares no initial loss has no chance level')
  const evidence: Evidence = Object.fromEntries(
    declared.flatMap(([name, expected]) => [
      [`declared ${name}`, expected],
      [`seen ${name}`, terms.get(name) ?? null],
    ]),
  )
  const holds = {
    seen: declared.map(([name]) => `${name} ${number(terms.get(name) ?? Number.NaN)}`).join(', '),
    expected:
      declared.map(([name, value]) => `${name} ${number(value)}`).join(', ') + ', as task.expect.initial declares',
    evidence,
    where: lossPlace(context),
    advice: 'mend the term, or correct task.expect.initial',
  }
  if (worst.seen === undefined || worst.distance === null)
    return warn('initial-loss-too-high', `the declared loss term ${worst.name} is never reported`, {
      ...holds,
      seen: `terms ${[...terms.keys()].join(', ')}`,
    })
  const cause = worst.seen > worst.expected ? 'initial-loss-too-high' : 'initial-loss-too-low'
  const title = `${worst.name} starts at ${number(worst.seen)}, declared ${number(worst.expected)}`
  const { count } = first.samples
  const each = worst.expected > 0 ? worst.seen / worst.expected / count : 0
  // over samples, or over the places of each as well
  if (count >= 8 && [1, ...placesOf(context)].some((places) => Math.abs(each / places - 1) < 0.25))
    return noGo('sum-reduction', title, { ...holds, advice: 'take the mean over the batch, not the sum' })
  if (kept !== null && Math.abs(worst.seen / worst.expected / kept - 1) < 0.1 && worst.distance > 0.05)
    return noGo('wrong-divisor', `${title}: it is divided by all places, padding too`, {
      ...holds,
      seen: `${holds.seen}; the mask leaves ${number(100 * kept)} % of places, and the mean is over all`,
      alternatives: [cause],
      advice: 'loss.mul(mask).sum().div(mask.sum())',
    })
  if (worst.distance > 2) return noGo(cause, title, holds)
  if (worst.distance > 0.25) return warn(cause, title, holds)
  return go(`first loss as declared: ${holds.seen}`, { seen: holds.seen, expected: holds.expected, evidence })
}
