// Public example programs that nobody here wrote, unchanged but for the cut into functions: the whole preflight, no NO-GO, in time.
// They are not in this repository. GONOGO_EXAMPLES names their folder (see each experiment.py); without it they are skipped.
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { verdictOf } from '../../src/contract/index.ts'
import { findingsOf, summary } from '../preflight/polled.ts'

const folder = process.env.GONOGO_EXAMPLES
if (!folder) console.log('GONOGO_EXAMPLES is not set: the public example programs are skipped')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
  process.env.HF_DATASETS_CACHE ??= path.join(folder ?? '', 'hf')
})

test.skipIf(!folder).each(['mnist', 'nlp', 'peft'])('%s: no NO-GO', async (name) => {
  const found = await findingsOf(path.join(import.meta.dirname, 'examples', name, 'run.yaml'))
  expect(verdictOf(found), summary(found)).toBe('GO')
})
