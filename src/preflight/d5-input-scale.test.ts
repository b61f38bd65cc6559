// Codes of validation that training lacks: nearly all of them warn, and numbers of rows do not.
// Scales are in scales.test.ts.
import { expect, test } from 'vitest'
import type { Survey } from '../contract/index.ts'
import { newcomers } from './d5-input-scale.ts'

const survey = (unseen: Partial<NonNullable<Survey['unseen']>>) =>
  ({
    samples: 100,
    unseen: { field: 'input', column: 0, share: 0.97, codes: 50, samples: 900, ...unseen },
  }) as unknown as Survey

test('newcomers are told', () =>
  expect(newcomers(survey({}), 'data.ts:3')).toMatchObject({
    status: 'WARN',
    cause: 'splits-differ',
    where: 'data.ts:3',
  }))

test.each([
  ['some are', { share: 0.5 }],
  ['numbers of rows', { codes: 900 }],
  ['a flag', { codes: 2 }],
])('%s: nothing', (_, unseen) => expect(newcomers(survey(unseen), null)).toBeNull())
