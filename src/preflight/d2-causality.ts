// D2: where outputs must not see what comes later, they do not: one time position of an input is changed, and no output before it
// may change. Not the other samples of the batch (D1).
//
// Only causal programs are held to it: those that say so (causal), and those whose target is the next input, which any view of
// the future gives away. A prefix that sees itself is healthy, and its targets are left out of the loss; where some targets are,
// only the last position of all is changed, which no prefix holds.
//
// And where targets are the inputs themselves, an output that answers to its own position has been told the answer; where they are the
// inputs after the next, a shift was made twice. A decoder's sequence is no input of the batch as it comes: decoder.ts looks at it.
import type { Perturbation, Survey } from '../contract/index.ts'
import { type Asked, askedInTraining, askedOf, isNext, misplaced, type Shares } from './asked.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped } from './check.ts'
import type { Context } from './context.ts'
import { surveyOf } from './data.ts'
import { decoderOf } from './decoder.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'

export const d2 = define({
  code: 'D2',
  needs: ['perturb', 'survey', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const survey = await surveyOf(context, 'val')
    if (context.facts.declared?.causal === false)
      return skipped('the experiment says that outputs may see later inputs')
    const asked = context.task.kind === 'regression' ? null : await askedOf(context, survey)
    const inTraining = asked && (await askedInTraining(context, asked.samples))
    const astray = [asked, inTraining].find((one) => one && misplaced(one)) ?? null
    const why = reasonOf(context, survey, asked)
    if (why === null && !astray)
      return (
        (await decoderOf(context)) ??
        skipped(
          'nothing says that outputs may not see later inputs: neither causal, nor targets that are the next input',
        )
      )
    const length = asked?.length ?? survey.fields.find(({ role }) => role === 'input')?.shape[0] ?? 0
    if (length < 2) return skipped('inputs have no axis of time')
    const filled = asked !== null && !survey.shifted
    const left = filled ? asked.scored < 0.99 : (survey.fields.find(({ role }) => role === 'target')?.ignored ?? 0) > 0
    for (const slot of ['initial', 'trained'] as const) {
      const seen: Seen[] = []
      for (const [sample, position] of placesOf(length, left, filled)) {
        const trial = await context.at(slot)
        const samples = asked?.samples ?? Math.min(4, Math.max(2, survey.samples))
        const found = await trial.perturb({ samples, sample, position, seed: position })
        if (found.positions === null) return skipped('outputs have no axis of time as long as that of the inputs')
        seen.push(seenAt(found, found.positions, position, limitOf(context)))
      }
      // a head of zeros answers to nothing before it is trained
      if (!seen.some(({ after, floor }) => after > floor)) continue
      const wrong = astray && misplacedTargets(context, seen, astray, astray === asked ? 'evaluation' : 'training')
      if (wrong) return wrong
      return why === null
        ? skipped('outputs see later inputs, and nothing says that they may not')
        : judged(context, seen, why, length, asked)
    }
    return skipped('outputs do not answer to a change of one time position')
  },
})

/** Sample and position of each change. Samples of a batch that was filled up may end early, so there several are tried. */
const placesOf = (length: number, partly: boolean, filled: boolean): readonly (readonly [number, number])[] => {
  const [last, middle] = [length - 1, Math.floor(length / 2)]
  if (partly) return (filled ? [0, 1, 2, 3] : [0]).map((sample) => [sample, last])
  if (filled) return [1, 2, 3, middle].map((position, sample) => [sample, Math.min(position, last)])
  return [...new Set([last, middle, 1])].map((position) => [0, position])
}

type Seen = {
  readonly position: number
  /** Largest change before the position, and where; from it on. */
  readonly before: number
  readonly at: number
  readonly after: number
  /** The change at the position itself. */
  readonly own: number
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
    own: positions[position] ?? 0,
    floor: 10 * Math.max(0, ...noise) + limit * scale,
  }
}

const reasonOf = ({ facts }: Context, { shifted }: Survey, asked: Asked | null): string | null => {
  if (facts.declared?.causal) return 'the experiment is causal'
  if (asked && isNext(asked)) return 'the loss asks for the next input'
  // a series that hardly moves is its own next value
  return shifted && isNext(shifted) ? 'each target is the next input' : null
}

/** Null where it is no fault: an output that sees only what came before may well be asked for the input at its own position. */
const misplacedTargets = (
  context: Context,
  seen: readonly Seen[],
  shares: Shares,
  mode: 'training' | 'evaluation',
): Outcome | null => {
  const which = misplaced(shares)
  const causal = seen.every(({ before, floor }) => before <= floor)
  const seesItself = seen.every(({ own, floor }) => own > floor)
  if (which === null || !causal || !seesItself) return null
  const fault = {
    seen: `in ${mode} the target is the input at the same position in ${number(100 * shares.same)} % of places, at the next in ${number(100 * shares.next)} %, at the one after in ${number(100 * shares.second)} %`,
    expected: 'the next input as the target of an output that sees those up to its own',
    where: placeOf(context.facts, mode === 'training' ? 'train_step' : 'evaluate', 'loss', 'data', 'setup'),
    evidence: { mode, next: shares.next, same: shares.same, second: shares.second, scored: shares.scored },
    alternatives: [],
  }
  return which === 'same'
    ? noGo('targets-misplaced', 'the model is asked for the very input that it sees', {
        ...fault,
        advice: 'shift the targets by one: logits[:, :-1] against inputs[:, 1:]',
      })
    : noGo('targets-misplaced', 'the model is asked for the input after the next, and never for the next', {
        ...fault,
        advice: 'shift the targets once: in the data, or in the model’s own loss, not in both',
      })
}

const judged = (context: Context, seen: readonly Seen[], why: string, length: number, asked: Asked | null) => {
  const worst = seen.find(({ before, floor }) => !(before <= floor))
  const evidence = {
    length,
    positions: seen.map(({ position }) => position),
    before: seen.map(({ before }) => before),
    after: seen.map(({ after }) => after),
    floor: seen[0]?.floor ?? 0,
    ...(asked ? { next: asked.next, same: asked.same, second: asked.second } : {}),
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
