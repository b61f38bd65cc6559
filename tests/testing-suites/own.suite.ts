// Run by tests/testing.test.ts in a Vitest of its own. Checks of gonogo are left out here: what is on trial are the project's.

import { preflight } from 'gonogo/testing'
import { type CheckCode, checkWords } from '../../src/contract/index.ts'

const codes = Object.keys(checkWords) as CheckCode[]
preflight(new URL('./own.run.yaml', import.meta.url), {
  own: ['own/learns-early', 'own/needs-a-gpu'],
  skip: Object.fromEntries(codes.map((code) => [code, 'on trial elsewhere'])),
})
