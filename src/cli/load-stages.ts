// Loads what runs experiments, once it is sure to be needed: a fault in the run file is told before that.
// Not a stage itself.
import { readRunFile } from '../config/index.ts'

export type Stages = {
  readonly run: typeof import('../run.ts')
  readonly withSignals: typeof import('./interrupt.ts')['withSignals']
}

/** Whether a run file asks for several runs; a fault in it is thrown. */
export const asksForSeveral = async (file: string): Promise<boolean> => {
  const { run } = await readRunFile(file)
  const { isSweep } = await import('../plan/index.ts')
  return isSweep(run)
}

/** `file`: the run file to read first; null where there is none. run.ts reads it again, in a few milliseconds. */
export const loadStages = async (file: string | null): Promise<Stages> => {
  if (file !== null) await readRunFile(file)
  const [run, { withSignals }] = await Promise.all([import('../run.ts'), import('./interrupt.ts')])
  return { run, withSignals }
}
