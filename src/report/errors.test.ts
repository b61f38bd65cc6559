// Error blocks as they are printed.
// Not when they are thrown.
import { expect, test } from 'vitest'
import { GonogoError } from '../contract/index.ts'
import { documentText, errorDocument } from './documents.ts'
import { errorLines } from './errors.ts'
import { plain } from './look.ts'

const error = new GonogoError('CONFIG_UNKNOWN_KEY', 'this key is not known', {
  where: 'mnist.run.yaml:11:3',
  excerpt: '11 |   lerning_rate: 2e-3\n   |   ^^^^^^^^^^^^',
  seen: 'lerning_rate',
  expected: 'width, activation, dropout, optimizer, learning_rate or weight_decay',
  try: 'learning_rate',
  also: [{ code: 'CONFIG_TYPE', message: 'a number belongs here', seen: '2e-5' }],
})

test('a config error, and what else the same pass found', () => {
  expect(errorLines(error.report(), plain).join('\n')).toMatchInlineSnapshot(`
    "CONFIG_UNKNOWN_KEY  mnist.run.yaml:11:3
      this key is not known
      11 |   lerning_rate: 2e-3
         |   ^^^^^^^^^^^^
      seen      lerning_rate
      expected  width, activation, dropout, optimizer, learning_rate or weight_decay
      try       learning_rate

    CONFIG_TYPE
      a number belongs here
      seen      2e-5"
  `)
})

test("the user's own trace comes last, and cannot move the cursor", () => {
  const thrown = new GonogoError('EXPERIMENT_THREW', 'experiment.ts threw', {
    trace: 'TypeError: x is not a function\n    at model (experiment.ts:12:5)\u001b[1A\n',
    try: 'gonogo runs',
  })
  expect(errorLines(thrown.report(), { ...plain, command: 'npx gonogo' })).toEqual([
    'EXPERIMENT_THREW',
    '  experiment.ts threw',
    '  try       npx gonogo runs',
    '  TypeError: x is not a function',
    '      at model (experiment.ts:12:5)\\x1b[1A',
  ])
})

test('as a document', () => {
  expect(JSON.parse(documentText(errorDocument(error.report())))).toEqual({
    error: {
      code: 'CONFIG_UNKNOWN_KEY',
      message: 'this key is not known',
      where: 'mnist.run.yaml:11:3',
      excerpt: '11 |   lerning_rate: 2e-3\n   |   ^^^^^^^^^^^^',
      seen: 'lerning_rate',
      expected: 'width, activation, dropout, optimizer, learning_rate or weight_decay',
      try: 'learning_rate',
      also: [{ code: 'CONFIG_TYPE', message: 'a number belongs here', seen: '2e-5' }],
    },
  })
})
