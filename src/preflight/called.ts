// What the model's own calls answer to, after a few steps at a rate that moves what starts at zero. Asked for once in a poll.
// Nothing is judged here.
import type { ModelCall } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'
import { baseRate, frozenSize } from './cycle.ts'

/** Gates and heads of zeros open one after the other. */
const steps = 6

const known = new WeakMap<Context, Promise<readonly ModelCall[] | null>>()

/** Null where no call can be made again. */
export const callsOf = (context: Context): Promise<readonly ModelCall[] | null> => {
  const asked = known.get(context) ?? look(context)
  known.set(context, asked)
  return asked
}

const look = async (context: Context): Promise<readonly ModelCall[] | null> => {
  if (!context.can('perturbTraining') || !context.can('frozenBatch')) return null
  const trial = await context.at('initial')
  const frozen = frozenSize(context)
  if (frozen < 2) return null
  try {
    await trial.steps({
      steps: steps * context.plan.run.train.accumulate,
      batch: { frozen },
      learningRate: Math.max(1e-3, baseRate(context)),
    })
    const { calls } = await trial.perturb({ mode: 'training', samples: frozen, calls: true })
    return calls && calls.length > 0 ? calls : null
  } catch (error) {
    // a batch of a size that the program never gets
    if (!(error instanceof Crash) || endsProcess(error)) throw error
    return null
  }
}
