// D5: validation inputs have the scale of training inputs, and neither is scaled twice or not at all. Not single samples (D8).
//
// scales.ts says what makes a channel off, and what makes the two splits the same data in two scales. A NO-GO takes both in
// nine channels of ten, and more where that could come about by itself: a series that drifts has a part of another scale and
// the same shape, so inputs without the axes of a picture and of fewer than four channels, or whose channels all change by one factor,
// must differ tenfold, or be pixels on one side and standardised on the other. Whole-number types hold codes, or bytes that the model scales, and are left alone.
import type { Cause, Evidence, Survey } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import { surveyOf } from './data.ts'
import {
  type Apart,
  apartOf,
  changeAsOne,
  hasOwnStatistics,
  isDividedTwice,
  isPixels,
  isStandard,
  isStandardisedTwice,
} from './scales.ts'

const fewest = 8

export const d5 = define({
  code: 'D5',
  needs: ['survey', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const [train, val] = [await surveyOf(context, 'train'), await surveyOf(context, 'val')]
    const input = train.fields.find(({ role }) => role === 'input')
    const stranger = newcomers(val, placeOf(context.facts, 'data', 'datasets', 'setup'))
    if (stranger) return stranger
    if (train.channels.length === 0 || train.channels.length !== val.channels.length)
      return skipped('the inputs are no numbers of one shape in both splits')
    if (!input || !/float|double|half/.test(input.dtype)) return unscaled(train, val)
    if (Math.min(train.samples, val.samples) < fewest)
      return skipped(`${Math.min(train.samples, val.samples)} samples are too few to compare splits`)
    const where = placeOf(context.facts, 'data', 'datasets', 'setup')
    const whole = val.samples === context.facts.samples.val
    return (
      between(train, val, where) ??
      twice(train, where) ??
      (whole ? byItself(train, val, where) : null) ??
      unusual(train, where) ??
      held(train, val)
    )
  },
})

/** Less than this of validation's samples is let pass, as are codes that hardly repeat: numbers of rows. */
const [strange, repeated, several] = [0.9, 3, 8]

/** Nearly all of validation holds codes that training never has: their rows of the table stay as they were drawn. */
export const newcomers = ({ unseen, samples }: Survey, where: string | null): Outcome | null => {
  if (!unseen || unseen.share < strange || samples < fewest || unseen.codes < several) return null
  if (unseen.samples < repeated * unseen.codes) return null
  return warn('splits-differ', 'validation holds codes that training never has', {
    seen: `${number(100 * unseen.share)} % of validation’s samples have a ${unseen.field} (column ${unseen.column}) that is none of the ${unseen.codes} of training`,
    expected: 'codes whose rows of the table training can move, unless newcomers are what is to be judged',
    where,
    evidence: { ...unseen },
    alternatives: ['class-runs', 'inputs-and-labels-misaligned'],
    advice: 'shuffle before the split, or split within each of them',
  })
}

const isPicture = ({ fields }: Survey): boolean => (fields.find(({ role }) => role === 'input')?.shape.length ?? 0) >= 3

const apart = (train: Survey, val: Survey): Apart[] =>
  train.channels.map((channel, i) =>
    apartOf(channel, val.channels[i] as Survey['channels'][number], { train: train.samples, val: val.samples }),
  )

const evidenceOf = (train: Survey, val: Survey): Evidence => ({
  'train mean': train.channels.slice(0, 16).map(({ mean }) => mean),
  'train std': train.channels.slice(0, 16).map(({ std }) => std),
  'val mean': val.channels.slice(0, 16).map(({ mean }) => mean),
  'val std': val.channels.slice(0, 16).map(({ std }) => std),
  'train range': [Math.min(...train.channels.map(({ min }) => min)), Math.max(...train.channels.map(({ max }) => max))],
  'val range': [Math.min(...val.channels.map(({ min }) => min)), Math.max(...val.channels.map(({ max }) => max))],
})

const between = (train: Survey, val: Survey, where: string | null): Outcome | null => {
  const all = apart(train, val)
  const off = all.filter((one) => one.off)
  if (off.length === 0) return null
  const worst = off.reduce((a, b) => (Math.abs(Math.log(b.ratio)) > Math.abs(Math.log(a.ratio)) ? b : a))
  const at = all.indexOf(worst)
  const [own, other] = [train.channels[at], val.channels[at]]
  const found = {
    seen: `channel ${at}: train ${number(own?.mean ?? 0)} ± ${number(own?.std ?? 0)}, val ${number(other?.mean ?? 0)} ± ${number(other?.std ?? 0)}; ${off.length} of ${all.length} channels differ so`,
    expected: 'the same scale within a factor of 2, and means within 3 deviations',
    where,
    evidence: { ...evidenceOf(train, val), ratio: worst.ratio, shift: worst.shift, off: off.length },
  }
  const everywhere = off.length >= 0.9 * all.length
  const sameData = off.filter(({ alike }) => alike).length >= 0.9 * off.length
  const picture = isPicture(train)
  const [raw, standard] = [isPixels(val.channels), isStandard(train.channels)]
  const tenfold = off.every(({ ratio }) => ratio > 10 || ratio < 0.1)
  // four features that follow one another, prices of a day, drift as one: then they are one feature
  const several = all.length >= 4 && !changeAsOne(off)
  const sure = everywhere && ((sameData && (picture || several || tenfold)) || (raw && standard))
  if (!sure)
    return warn('splits-differ', 'training and validation inputs have different statistics', {
      ...found,
      alternatives: ['validation-not-normalised'],
      advice: 'look whether both splits go through the same transforms',
    })
  const cause = causeOf(train, val)
  return noGo(cause, titles[cause] ?? 'training and validation are scaled differently', {
    ...found,
    alternatives: (['validation-not-normalised', 'normalised-twice', 'splits-differ'] as const).filter(
      (one) => one !== cause,
    ),
    advice: 'give both splits the same normalisation, with the statistics of training',
  })
}

const titles: Partial<Record<Cause, string>> = {
  'validation-not-normalised': 'training inputs are normalised, validation inputs are not',
  'normalised-twice': 'one split is normalised twice',
  'splits-differ': 'training and validation are scaled differently',
}

/** Which of the two is as it should be: the one nearer to mean 0 and deviation 1. */
const causeOf = (train: Survey, val: Survey): Cause => {
  const distance = ({ channels }: Survey) =>
    channels.reduce(
      (sum, { mean, std }) => sum + Math.abs(mean) / Math.max(std, 1e-12) + Math.abs(Math.log(Math.max(std, 1e-12))),
      0,
    )
  const [right, wrong] = distance(train) <= distance(val) ? [train, val] : [val, train]
  if (wrong.channels.some(isStandardisedTwice)) return 'normalised-twice'
  // what was normalised twice lies below zero where the right one does, only further out
  const below = ({ channels }: Survey) => channels.some(({ min, mean, std }) => min < 0 && mean < -std / 8)
  const stretched = wrong.channels.every(({ std }, i) => std > (right.channels[i]?.std ?? 0))
  if (below(right) || (below(wrong) && stretched)) return 'normalised-twice'
  return wrong === val ? 'validation-not-normalised' : 'splits-differ'
}

const twice = (train: Survey, where: string | null): Outcome | null => {
  const { channels } = train
  // in a single feature the two could come about by chance
  const standardised = (isPicture(train) || channels.length > 1) && channels.every(isStandardisedTwice)
  if (!standardised && !channels.every(isDividedTwice)) return null
  const [first] = channels
  if (!first) return null
  return noGo('normalised-twice', 'inputs are normalised twice', {
    seen: `channel 0: ${number(first.mean)} ± ${number(first.std)}, ${number(first.min)} to ${number(first.max)}: ${
      standardised
        ? 'what (x − mean)/std leaves when it is applied twice to values of 0 to 1'
        : 'bytes divided by 255 twice'
    }`,
    expected: standardised ? 'mean 0 and deviation 1' : 'values of 0 to 1',
    where,
    evidence: evidenceOf(train, train),
    advice: 'normalise in one place: in the data set, or in the model',
  })
}

/** A shift of a tenth of a deviation costs little, and test data of another source are meant to be treated so: it only warns. */
const byItself = (train: Survey, val: Survey, where: string | null): Outcome | null => {
  if (!isStandard(train.channels) || !hasOwnStatistics(train.channels, val.channels, val.samples)) return null
  const worst = Math.max(...val.channels.map(({ mean }) => Math.abs(mean)))
  return warn('splits-differ', 'validation inputs are normalised by statistics of their own', {
    seen: `means of all ${val.channels.length} channels of validation within ${number(worst)} of 0, where ${val.samples} samples by training’s statistics would differ by ${number(1 / Math.sqrt(val.samples))} or so`,
    expected: 'the statistics of training in both splits',
    where,
    evidence: evidenceOf(train, val),
    alternatives: ['validation-not-normalised'],
    advice: 'take means and deviations of training, and use them for validation too',
  })
}

const unusual = (train: Survey, where: string | null): Outcome | null => {
  const picture = isPicture(train)
  const far = train.channels.findIndex(
    ({ mean, std, min, max }) =>
      std > 0 &&
      // what has been centred and is that wide was centred by something else, or twice
      ((picture && min < 0 && (std > 3 || Math.abs(mean) > 3)) ||
        std > 10 ||
        Math.abs(mean) > 10 ||
        // a feature that is nearly always zero, a pixel at the edge, is rare rather than small
        (std < 0.01 && Math.max(Math.abs(min), Math.abs(max)) < 0.1 && !(min === 0 && mean < std / 2))),
  )
  const channel = train.channels[far]
  if (!channel) return null
  return warn('inputs-not-normalised', 'inputs are not normalised', {
    seen: `channel ${far}: ${number(channel.mean)} ± ${number(channel.std)}, ${number(channel.min)} to ${number(channel.max)}`,
    expected: 'means and deviations of the order of 1, unless the model normalises',
    where,
    evidence: evidenceOf(train, train),
    alternatives: channel.min < 0 && picture ? ['normalised-twice'] : [],
    advice: 'subtract the mean of training and divide by its deviation, in both splits',
  })
}

const unscaled = (train: Survey, val: Survey): Outcome =>
  go('inputs are whole numbers: codes or counts, which have no scale to compare', {
    seen: `${train.samples} samples of train, ${val.samples} of val`,
    expected: 'measured inputs of one scale in both splits',
    evidence: evidenceOf(train, val),
  })

const held = (train: Survey, val: Survey): Outcome => {
  const all = apart(train, val)
  const ratio = Math.max(...all.map(({ ratio }) => Math.max(ratio, 1 / ratio)))
  const shift = Math.max(...all.map(({ shift }) => Math.abs(shift)))
  return go(`training and validation inputs agree in scale, ${all.length} of ${all.length} channels`, {
    seen: `deviations within a factor of ${number(ratio)}, means within ${number(shift)} deviations`,
    expected: 'a factor of 2, or what sampling explains; 3 deviations',
    evidence: evidenceOf(train, val),
  })
}
