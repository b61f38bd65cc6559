// Masks and boxes go where their picture goes, and the answer does not stand among the inputs: a part of D4, for any task.
// Not labels that belong to another sample (d4-alignment.ts).
//
// The same sample is decoded again and again. Where its picture comes out flipped or turned, and its mask or boxes come out as they
// were though turning would have changed them, they no longer belong together; so where the mask is turned alone. Labels and boxes
// that stay are the bug's own signature; a map of numbers that stays may be meant (the canonical picture is to be restored).
import type { Survey } from '../contract/index.ts'
import { go, noGo, type Outcome, placeOf, plural, warn } from './check.ts'
import type { Context } from './context.ts'
import { surveyOf } from './data.ts'

export const placement = async (context: Context): Promise<Outcome | null> => {
  const survey = await surveyOf(context, 'train')
  const where = placeOf(context.facts, 'data', 'datasets', 'setup')
  return turnedApart(survey, where) ?? answerAmongInputs(survey, where)
}

/** What is known to go with its picture. */
export const turnsAlong = async (context: Context): Promise<Outcome | null> => {
  const { places } = await surveyOf(context, 'train')
  if (!places || places.followed < least || places.stayed + places.alone + places.otherwise > 0) return null
  return go('what belongs to a picture turns with it', {
    seen: `${plural(places.followed, 'time')} an input was turned, and what belongs to it too`,
    expected: 'never one without the other',
    evidence: { followed: places.followed },
  })
}

/** A pair that comes apart once may be a picture that looks turned by chance. */
const least = 2

export const turnedApart = ({ places }: Survey, where: string | null): Outcome | null => {
  if (!places || places.stayed + places.alone + places.otherwise < least) return null
  const { followed, stayed, alone, otherwise, field, turn, whole } = places
  const words = [
    ...(stayed > 0 ? [`${plural(stayed, 'time')} the input was turned (${turn}) and ${field} was not`] : []),
    ...(alone > 0 ? [`${plural(alone, 'time')} ${field} was turned and the input was not`] : []),
    ...(otherwise > 0 ? [`${plural(otherwise, 'time')} the input was turned (${turn}) and ${field} another way`] : []),
    ...(followed > 0 ? [`${plural(followed, 'time')} both were`] : []),
  ]
  return (whole ? noGo : warn)('inputs-and-labels-misaligned', `${field} does not go where its input goes`, {
    seen: words.join('; '),
    expected: 'what belongs to places of the input is turned with it',
    where,
    evidence: { followed, stayed, alone, otherwise, field, turn },
    advice: 'draw once for a sample, and do the same to the input and to what belongs to it',
  })
}

export const answerAmongInputs = ({ answer }: Survey, where: string | null): Outcome | null =>
  answer
    ? warn('target-among-inputs', 'an input is the target itself', {
        seen: `element ${answer.at} of ${answer.of} of the input is the target, up to a scale and an offset, in all of ${answer.samples} samples`,
        expected: 'a target that is not given',
        where,
        evidence: { at: answer.at, of: answer.of, samples: answer.samples },
        alternatives: ['targets-misplaced'],
        advice: 'leave the target’s column, or the last step of the window, out of the inputs',
      })
    : null
