// D2: where outputs must not see what comes later, they do not: one time position of an input is changed, and no output before it
// may change. Not the other samples of the batch (D1).
//
// Only causal programs are held to it: those that say so (causal), and those whose target is the next input, which any view of
// the future gives away. A prefix that sees itself is healthy, and its targets are left out of the loss; where some targets are,
// only the last position of all is changed, which no prefix holds.
import type { Perturbation, Survey } from '../contract/index.ts'
import { define, go, noGo, number, placeOf, skipped } from './check.ts'
import type { Context } from './context.ts'
import { surveyOf } from './data.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'

export const d2 = define({
  code: 'D2',
  needs: ['perturb', 'survey', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const survey = await surveyOf(context, 'val')
    const why = reasonOf(context, survey)
    if (why === null)
      return skipped(
        'nothing says that outputs may not see later inputs: neither causal, nor targets that are the next input',
      )
    const length = survey.fields.find(({ role }) => role === 'input')?.shape[0] ?? 0
    if (length < 2) return skipped('inputs have no axis of time')
    const partly = (survey.fields.find(({ role }) => role === 'target')?.ignored ?? 0) > 0
    const places = partly ? [length - 1] : [...new Set([length - 1, Math.floor(length / 2), 1])]
    for (const slot of ['initial', 'trained'] as const) {
      const seen: Seen[] = []
      for (const position of places) {
        const trial = await context.at(slot)
        const count = Math.min(4, Math.max(2, survey.samples))
        const found = await trial.perturb({ samples: count, sample: 0, position, seed: position })
        if (found.positions === null) return skipped('outputs have no axis of time as long as that of the inputs')
        seen.push(seenAt(found, found.positions, position, limitOf(context)))
      }
      // a head of zeros answers to nothing before it is trained
      if (!seen.some(({ after, floor }) => after > floor)) continue
      return judged(context, seen, why, length)
    }
    return skipped('outputs do not answer to a change of one time position')
  },
})

type Seen = {
  readonly position: number
  /** Largest change before the position, and where; from it on. */
  readonly before: number
  readonly at: number
  readonly after: number
  readonly floor: number
}

const limitOf = ({ facts }: Context): number => roundingOf(arithmeticOf(facts)).output / 100

export const seenAt = (
  { noise, scale }: Pick<Perturbation, 'noise' | 'scale'>,
  positions: readonly number[],
  position: number,
  limit: number,
): Seen => {
  const earlier = positions.slice(0, position)
  // NaN is no number that rounding explains
  const before = earlier.reduce((most, value) => (value <= most ? most : value), 0)
  return {
    position,
    before,
    at: earlier.findIndex((value) => Object.is(value, before)),
    after: Math.max(0, ...positions.slice(position)),
    floor: 10 * Math.max(0, ...noise) + limit * scale,
  }
}

const reasonOf = ({ facts }: Context, { shifted }: Survey): string | null => {
  const declared = facts.declared?.causal ?? null
  if (declared === false) return null
  if (declared) return 'the experiment is causal'
  // a series that hardly moves is its own next value
  return shifted && shifted.next >= 0.99 && shifted.still < 0.9 ? 'each target is the next input' : null
}

const judged = (context: Context, seen: readonly Seen[], why: string, length: number) => {
  const worst = seen.find(({ before, floor }) => !(before <= floor))
  const evidence = {
    length,
    positions: seen.map(({ position }) => position),
    before: seen.map(({ before }) => before),
    after: seen.map(({ after }) => after),
    floor: seen[0]?.floor ?? 0,
  }
  const expected = `no change above ${number(seen[0]?.floor ?? 0)} before the changed position, as ${why}`
  if (!worst)
    return go(`no output changes before the input that does, at ${seen.length} of ${seen.length} positions`, {
      seen: `changes of ${number(Math.max(...seen.map(({ after }) => after)))} from the changed position on, none before`,
      expected,
      evidence,
    })
  return noGo('sees-the-future', 'outputs depend on later inputs', {
    seen: `a change of the input at position ${worst.position} of ${length} changes the output at position ${worst.at} by ${number(worst.before)}`,
    expected,
    where: placeOf(context.facts, 'model', 'loss', 'setup'),
    evidence,
    alternatives: [],
    advice:
      'mask attention from later positions (is_causal=True), pad convolutions on the left, and normalise within a position',
  })
}
