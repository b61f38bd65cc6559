// Programs of the corpus for these tests: a twin as a run file, removed at the end. A few of them run here; all do in `npm run corpus`.
// What the checks should say of each is the test's own.
import { afterAll, beforeAll } from 'vitest'
import { programsOf } from '../../corpus/programs.ts'
import { removeTwins, type Twin, writeTwin } from '../../corpus/twins.ts'

/** To be called once a file: the run file of a program, `CK01/manual`, written for this process alone. */
export const corpusTwins = () => {
  beforeAll(() => {
    const python = process.env.GONOGO_TEST_PYTHON
    if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
    process.env.GONOGO_PYTHON = python
  })
  afterAll(removeTwins)
  const programs = programsOf()
  return async (name: string, twin: Twin, seed = 0): Promise<{ file: string; causes: readonly string[] }> => {
    const program = (await programs).find((one) => one.name === name && one.engine === 'torch')
    if (!program) throw new Error(`the corpus has no ${name}`)
    return { file: await writeTwin(program, twin, seed), causes: program.expected?.causes ?? [] }
  }
}
