// Runs a training program for tests: first values, a step, states fed back.
// Only tests and the speed measurement import it.
import { initialise, type Layer, openSession, type Program, type Session, seedWords, type Values } from '../compile.ts'

export interface Trainer {
  readonly session: Session
  /** State values by feed name; replaced after each step. */
  readonly feeds: Map<string, Values>
  /** One step; returns all outputs. */
  step(
    fields: Record<string, Values>,
    at: { step: number; rate: number; sampleIds?: Uint32Array },
  ): Promise<Map<string, Values>>
}

export async function trainer(program: Program, model: Layer, seed = 0, threads = 1): Promise<Trainer> {
  const session = await openSession(program, { threads })
  const first = initialise(model, seed)
  const feeds = new Map<string, Values>()
  for (const { name, feed, shape } of program.state) {
    feeds.set(feed, first.get(name) ?? new Float32Array(shape.reduce((a, b) => a * b, 1)))
  }
  return {
    session,
    feeds,
    step: async (fields, { step, rate, sampleIds }) => {
      for (const [name, values] of Object.entries(fields)) feeds.set(name, values)
      feeds.set('seed', Uint32Array.of(...seedWords(seed)))
      feeds.set('sample_ids', sampleIds ?? Uint32Array.from({ length: program.batch }, (_, i) => i))
      feeds.set('step', Uint32Array.of(step)).set('learning_rate', Float32Array.of(rate))
      const out = await session.run(feeds)
      for (const { feed, fetch } of program.state) if (fetch) feeds.set(feed, out.get(fetch)!)
      return out
    },
  }
}
