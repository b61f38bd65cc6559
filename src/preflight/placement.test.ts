// What is made of pictures and masks that come apart, and of a target among the inputs.
// Not how they are told: tests/torch/test_placement.py.
import { expect, test } from 'vitest'
import type { Survey } from '../contract/index.ts'
import { answerAmongInputs, turnedApart } from './placement.ts'

const survey = (given: Partial<Survey>): Survey => ({
  samples: 8,
  channels: [],
  fields: [],
  tried: 8,
  changing: 8,
  ...given,
})
const places = { followed: 0, stayed: 0, alone: 0, otherwise: 0, field: 'target', turn: 'left to right', whole: true }

test.each([
  [{ ...places, followed: 9 }, undefined],
  [{ ...places, stayed: 1, followed: 5 }, undefined],
  [{ ...places, stayed: 4 }, 'NO-GO'],
  [{ ...places, stayed: 2, alone: 2, followed: 2 }, 'NO-GO'],
  [{ ...places, otherwise: 2, followed: 2 }, 'NO-GO'],
  [{ ...places, stayed: 4, whole: false }, 'WARN'],
])('%o', (given, status) => {
  const outcome = turnedApart(survey({ places: given }), 'data.py:3')
  expect(outcome?.status).toBe(status)
  if (outcome) expect(outcome).toMatchObject({ cause: 'inputs-and-labels-misaligned', where: 'data.py:3' })
})

test('nothing seen is nothing said; a target among the inputs is warned of', () => {
  expect(turnedApart(survey({}), null)).toBeNull()
  expect(answerAmongInputs(survey({ answer: null }), null)).toBeNull()
  expect(answerAmongInputs(survey({ answer: { at: 3, of: 9, samples: 64 } }), null)).toMatchObject({
    status: 'WARN',
    cause: 'target-among-inputs',
  })
})
