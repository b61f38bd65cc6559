// What the graphs of two training steps show, asked for once in a poll: they are made from the start, and their updates suppressed.
// Nothing is judged here.
import type { Trace } from '../contract/index.ts'
import type { Context } from './context.ts'

const known = new WeakMap<Context, Promise<readonly Trace[]>>()

/** The first of them; null where the engine shows no graph. */
export const tracedStep = async (context: Context): Promise<Trace | null> => (await tracedSteps(context))[0] ?? null

/** Two steps, one after the other, on the run's own batches. */
export const tracedSteps = (context: Context): Promise<readonly Trace[]> => {
  const asked = known.get(context) ?? look(context)
  known.set(context, asked)
  return asked
}

const look = async (context: Context): Promise<readonly Trace[]> => {
  const trial = await context.at('initial')
  const records = await trial.steps({ steps: 2, updates: 'suppressed', observe: true, trace: true })
  return records.flatMap(({ trace }) => (trace ? [trace] : []))
}
