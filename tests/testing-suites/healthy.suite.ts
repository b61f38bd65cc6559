// Run by tests/testing.test.ts in a Vitest of its own.
import { preflight } from 'gonogo/testing'

preflight(new URL('./healthy.run.yaml', import.meta.url), {
  only: ['C1', 'I1', 'K5'],
  skip: { K5: 'the suite shows how a skip reads' },
})
