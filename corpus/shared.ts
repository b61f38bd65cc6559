// One engine for all programs that ask for the same: their processes are forked from one import of PyTorch, not from one each.
// What is judged is the same; how long it takes is not what a user waits for.
import { extname } from 'node:path'
import type { Engine } from '../src/engine/index.ts'
import { engineFor } from '../src/engine/index.ts'

/** In place of `engineFor`; `close` ends what it has made. */
export const sharedEngines = () => {
  const made = new Map<string, Engine>()
  const get: typeof engineFor = (experiment, run, settings) => {
    // what is imported once has the environment of that moment
    const key = JSON.stringify([extname(experiment), run.engine, run.device, run.world, process.env])
    const known = made.get(key) ?? engineFor(experiment, run, { ...settings, log: null })
    made.set(key, known)
    // whoever polls one program is done with it then; the others are not
    return { ...known, settle: () => {}, [Symbol.asyncDispose]: async () => {} }
  }
  const close = async (): Promise<void> => {
    for (const engine of made.values()) await engine[Symbol.asyncDispose]()
    made.clear()
  }
  return { engineFor: get, close }
}
